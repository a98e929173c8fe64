/**
 * @file Protocol buffers on the wire: a message as its fields, one after the other, unread.
 *
 * https://protobuf.dev/programming-guides/encoding. A message holds tags (number << 3 | type), each
 * followed by a varint (type 0), 8 bytes (1), a length and that many bytes (2) or 4 bytes (5). The
 * groups of old (3, 4) are refused. Nothing is copied: a field of 100 MB of floats is a view.
 */

import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { ByteReader } from "./byte-reader.js";

/** One field of a message: a number, or bytes that mean what the schema says. */
interface ProtobufField {
  readonly id: number;
  readonly value: number | Uint8Array;
}

/** Most fields of one message; each takes more memory here than in the file. */
const fieldLimit = 2 ** 20;

/** A message's fields in the order of the file; `what` names it in messages. Throws `ModelError`. */
function* protobufFields(
  message: Uint8Array,
  what: string,
  failure: Failure,
): Generator<ProtobufField> {
  const fail = () =>
    failure("WEIGHTS_FORMAT", `expected ${what} as a protocol buffer, got bytes that are none`);
  const reader = new ByteReader(message, fail);
  for (let count = 0; !reader.isDone; count++) {
    if (count === fieldLimit) {
      throw failure("WEIGHTS_FORMAT", `expected at most ${fieldLimit} fields in ${what}, got more`);
    }
    const tag = reader.varint();
    if (!(tag >= 8 && tag < 2 ** 32)) throw fail();
    const id = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { id, value: reader.varint() };
        break;
      case 1:
        yield { id, value: reader.take(8) };
        break;
      case 2:
        yield { id, value: reader.take(reader.varint()) };
        break;
      case 5:
        yield { id, value: reader.take(4) };
        break;
      default:
        throw fail();
    }
  }
}

/**
 * A message's fields by number. Each read says which kind it must be, so that a field of another
 * kind is an error and not a surprise. Throws `ModelError`.
 */
export class ProtobufMessage {
  readonly #fields = new Map<number, (number | Uint8Array)[]>();
  readonly #wrong: (id: number) => Error;

  constructor(message: Uint8Array, what: string, failure: Failure) {
    this.#wrong = (id) =>
      failure(
        "WEIGHTS_FORMAT",
        `expected ${what} as TensorFlow writes it, got another field ${id}`,
      );
    for (const { id, value } of protobufFields(message, what, failure)) {
      const list = this.#fields.get(id);
      if (list) list.push(value);
      else this.#fields.set(id, [value]);
    }
  }

  /** A number; 0 where the message leaves it out, as protocol buffers do. The last one counts. */
  number(id: number): number {
    const value = this.#fields.get(id)?.at(-1) ?? 0;
    if (typeof value !== "number") throw this.#wrong(id);
    return value;
  }

  /** Bytes, a text or a message, of which there is one at most. */
  bytes(id: number): Uint8Array | undefined {
    const all = this.allBytes(id);
    if (all.length > 1) throw this.#wrong(id);
    return all[0];
  }

  /** All bytes, texts or messages of a repeated field. */
  allBytes(id: number): readonly Uint8Array[] {
    const all = this.#fields.get(id) ?? [];
    if (all.some((one) => typeof one === "number")) throw this.#wrong(id);
    return all as Uint8Array[];
  }

  has(id: number): boolean {
    return this.#fields.has(id);
  }
}
