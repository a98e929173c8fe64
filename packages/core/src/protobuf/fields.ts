/**
 * @file Protocol buffers on the wire: a message as its fields, one after the other, uninterpreted.
 *
 * https://protobuf.dev/programming-guides/encoding. A message holds tags (number << 3 | type), each
 * followed by a varint (type 0), 8 bytes (1), a length and that many bytes (2) or 4 bytes (5). The
 * deprecated groups (3, 4) are refused. Nothing is copied: a field of 100 MB of floats is a view.
 */
import { ByteReader } from "./byte-reader.js";

/** Types on the wire, by what they are for. */
export const wireTypes = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 } as const;

/** One field of a message: a number, or bytes that mean what the schema says. */
export interface ProtobufField {
  readonly id: number;
  /** One of `wireTypes`. */
  readonly wire: number;
  /** A number if the type is `varint`. */
  readonly value: number | Uint8Array;
}

/** How messages call what is read, and the error of a problem: "expected A, got B". */
export interface ProtobufSource {
  readonly what: string;
  readonly fail: (problem: string) => Error;
}

/** Most fields of one message; each takes more memory here than in the file. */
const fieldLimit = 2 ** 20;

/** A message's fields in the order of the file. Throws what `fail` makes. */
export function* protobufFields(
  message: Uint8Array,
  { what, fail }: ProtobufSource,
): Generator<ProtobufField> {
  const damaged = () => fail(`expected ${what} as a protocol buffer, got other bytes`);
  const reader = new ByteReader(message, damaged);
  for (let count = 0; !reader.isDone; count++) {
    if (count === fieldLimit) {
      throw fail(`expected at most ${fieldLimit} fields in ${what}, got more`);
    }
    const tag = reader.varint();
    if (!(tag >= 8 && tag < 2 ** 32)) throw damaged();
    const [id, wire] = [Math.floor(tag / 8), tag % 8];
    yield { id, wire, value: readValue(reader, wire, damaged) };
  }
}

function readValue(reader: ByteReader, wire: number, damaged: () => Error): number | Uint8Array {
  switch (wire) {
    case wireTypes.varint:
      return reader.varint();
    case wireTypes.eightBytes:
      return reader.take(8);
    case wireTypes.bytes:
      return reader.take(reader.varint());
    case wireTypes.fourBytes:
      return reader.take(4);
    default:
      throw damaged();
  }
}
