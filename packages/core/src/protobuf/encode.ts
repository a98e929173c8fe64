/**
 * @file Protocol buffers, from messages to bytes by their tables.
 */
import { wireTypes } from "./fields.js";
import type { Field, Kind, Message, MessageType, Written } from "./schema.js";
import { ProtobufWriter } from "./writer.js";

/** The bytes of a message; fields that are undefined or null are left out. */
export function encodeMessage<T extends MessageType>(
  type: T,
  message: Written<Message<T>>,
): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  writeMessage(writer, type, message);
  return writer.finish();
}

function writeMessage(writer: ProtobufWriter, { byId }: MessageType, message: object): void {
  for (const [key, field] of byId.values()) {
    const value = (message as Readonly<Record<string, unknown>>)[key];
    if (value === undefined || value === null) continue;
    if (field.isList) writeList(writer, field, value as readonly unknown[]);
    else writeField(writer, field, value);
  }
}

function writeList(writer: ProtobufWriter, field: Field, values: readonly unknown[]): void {
  const { id, kind } = field;
  const isPacked = kind === "int" || kind === "float" || kind === "double";
  if (!isPacked) {
    for (const value of values) writeField(writer, field, value);
  } else if (values.length > 0) {
    writer.varint(id * 8 + wireTypes.bytes);
    const opened = writer.open();
    for (const value of values) writeValue(writer, kind, value);
    writer.close(opened);
  }
}

function writeField(writer: ProtobufWriter, { id, kind }: Field, value: unknown): void {
  writer.varint(id * 8 + wireOf(kind));
  writeValue(writer, kind, value);
}

function wireOf(kind: Kind): number {
  if (kind === "int") return wireTypes.varint;
  if (kind === "float") return wireTypes.fourBytes;
  return kind === "double" ? wireTypes.eightBytes : wireTypes.bytes;
}

function writeValue(writer: ProtobufWriter, kind: Kind, value: unknown): void {
  if (typeof kind === "object") {
    const opened = writer.open();
    writeMessage(writer, kind, value as object);
    writer.close(opened);
  } else if (kind === "text") writer.text(value as string);
  else if (kind === "bytes") writer.bytes(value as Uint8Array);
  else if (kind === "int") writer.varint(value as number);
  else if (kind === "float") writer.float(value as number);
  else writer.double(value as number);
}
