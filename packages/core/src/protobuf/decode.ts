/**
 * @file Protocol buffers, from bytes to messages by their tables.
 *
 * Fields that a table does not have are skipped; what comes twice counts as the format prescribes:
 * the last number or text, messages merged. Bytes of a message are views of the file.
 */
import { ByteReader } from "./byte-reader.js";
import { type ProtobufField, type ProtobufSource, protobufFields, wireTypes } from "./fields.js";
import type { Field, Kind, Message, MessageType } from "./schema.js";

/** A message that is not complete yet. */
type Draft = Record<string, unknown>;

/** The message in some bytes. Throws what `fail` makes from "expected A, got B". */
export function decodeMessage<T extends MessageType>(
  type: T,
  bytes: Uint8Array,
  fail: (problem: string) => Error,
): Message<T> {
  return decodeInto(empty(type), type, bytes, fail) as Message<T>;
}

function empty({ fields }: MessageType): Draft {
  return Object.fromEntries(
    Object.entries(fields).map(([key, { kind, isList }]) => [key, isList ? [] : emptyValue(kind)]),
  );
}

function emptyValue(kind: Kind): unknown {
  if (typeof kind === "object") return null;
  if (kind === "bytes") return new Uint8Array();
  return kind === "text" ? "" : 0;
}

function decodeInto(
  draft: Draft,
  type: MessageType,
  bytes: Uint8Array,
  fail: ProtobufSource["fail"],
): Draft {
  for (const found of protobufFields(bytes, { what: type.name, fail })) {
    const known = type.byId.get(found.id);
    if (!known) continue;
    const [key, { kind, isList }] = known;
    const wrong = () => fail(`expected ${type.name} with another kind of field ${found.id}`);
    if (typeof kind === "object") {
      const earlier = isList ? null : (draft[key] as Draft | null);
      const message = decodeInto(earlier ?? empty(kind), kind, lengthy(found, wrong), fail);
      store(draft, key, isList, message);
    } else if (isList && isNumeric(kind) && found.wire === wireTypes.bytes) {
      const list = draft[key] as number[];
      const packed = new ByteReader(found.value as Uint8Array, wrong);
      while (!packed.isDone) list.push(readPacked(packed, kind));
    } else store(draft, key, isList, readScalar(kind, found, wrong));
  }
  return draft;
}

function store(draft: Draft, key: string, isList: boolean, value: unknown): void {
  if (isList) (draft[key] as unknown[]).push(value);
  else draft[key] = value;
}

const numeric = ["int", "float", "double"] as const;
type Numeric = (typeof numeric)[number];

function isNumeric(kind: Field["kind"]): kind is Numeric {
  return (numeric as readonly unknown[]).includes(kind);
}

function readPacked(reader: ByteReader, kind: Numeric): number {
  if (kind === "int") return reader.varint();
  return kind === "float" ? float(reader.take(4)) : double(reader.take(8));
}

function readScalar(
  kind: Exclude<Kind, MessageType>,
  found: ProtobufField,
  wrong: () => Error,
): number | string | Uint8Array {
  const { wire, value } = found;
  if (kind === "bytes") return lengthy(found, wrong);
  if (kind === "text") return new TextDecoder().decode(lengthy(found, wrong));
  if (kind === "int" && typeof value === "number") return value;
  if (kind === "float" && wire === wireTypes.fourBytes) return float(value as Uint8Array);
  if (kind === "double" && wire === wireTypes.eightBytes) return double(value as Uint8Array);
  throw wrong();
}

function lengthy({ wire, value }: ProtobufField, wrong: () => Error): Uint8Array {
  if (wire !== wireTypes.bytes) throw wrong();
  return value as Uint8Array;
}

function float(bytes: Uint8Array): number {
  return viewOf(bytes).getFloat32(0, true);
}

function double(bytes: Uint8Array): number {
  return viewOf(bytes).getFloat64(0, true);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
