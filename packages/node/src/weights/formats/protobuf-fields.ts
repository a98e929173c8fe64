/**
 * @file Messages of TensorFlow by the numbers of their fields, for readers that name each field where
 * they read it.
 */
import { protobufFields } from "@inception-resnet-v2/core/internal/protobuf/fields.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";

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
    const fail = (problem: string) => failure("WEIGHTS_FORMAT", problem);
    for (const { id, value } of protobufFields(message, { what, fail })) {
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
