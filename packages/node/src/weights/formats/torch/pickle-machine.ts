/**
 * @file The stack machine that reads a pickle: its bytes, stack, marks and memo, each checked.
 */

import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";

/** What a pickle may refer to outside itself. */
export interface PickleRules {
  /** The allowed globals as "module.name": functions of ours that are called, or plain data. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What a persistent id stands for; without it there may be none. */
  readonly persistent?: (id: unknown) => unknown;
}

/** Longest pickle; that of a training checkpoint of this network has less than 1 MB. */
const bytesLimit = 2 ** 25;
/** No function of a table takes more; a longer list would overflow the stack of a call. */
const argumentsLimit = 16;

/** What a value of a pickle is, in a few words, for messages; never walks into it. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  if (value instanceof Set) return `a set of ${value.size}`;
  if (typeof value === "bigint") return "a number out of range";
  if (typeof value === "function") return "a class or function";
  if (value === null) return "None";
  return typeof value === "object" ? "an object" : quote(value);
}

const newline = 10;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Stack, memo and place in the bytes. Every read and every pop is checked. */
export class PickleMachine {
  /** Place of the next byte. */
  at: number;
  readonly memo = new Map<number, unknown>();
  readonly #stack: unknown[] = [];
  /** Heights of the stack where marks are. */
  readonly #marks: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #latin1: Buffer;
  readonly #end: number;
  readonly #rules: PickleRules;
  readonly #failure: Failure;

  constructor(bytes: Uint8Array, from: number, rules: PickleRules, failure: Failure) {
    this.at = from;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = Math.min(bytes.length, from + bytesLimit);
    this.#rules = rules;
    this.#failure = failure;
  }

  failure(problem: string): Error {
    return this.#failure("WEIGHTS_PICKLE", problem);
  }

  /** Moves over some bytes, and says where they begin. */
  skip(size: number): number {
    const from = this.at;
    if (size > this.#end - from) {
      throw this.#end < this.#bytes.length
        ? this.failure(`expected a pickle of at most ${bytesLimit} bytes, got a longer one`)
        : this.#failure(
            "WEIGHTS_TRUNCATED",
            `expected ${size} more bytes of a pickle at byte ${from}, got ${this.#end - from}`,
          );
    }
    this.at = from + size;
    return from;
  }

  byte(): number {
    return this.#view.getUint8(this.skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** A length of 8 bytes; where it is not exact it is beyond any file. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  /** A double, big-endian: the only number of a pickle that is. */
  float64(): number {
    return this.#view.getFloat64(this.skip(8));
  }

  /** A copy: what is read must not change with the file's bytes. */
  bytes(size: number): Uint8Array {
    const from = this.skip(size);
    return new Uint8Array(this.#bytes.subarray(from, from + size));
  }

  text(size: number): string {
    const from = this.skip(size);
    try {
      return utf8.decode(this.#bytes.subarray(from, from + size));
    } catch {
      throw this.failure(`expected UTF-8 at byte ${from} of a pickle, got other bytes`);
    }
  }

  /** A line of Latin-1, without its end. */
  line(): string {
    const from = this.at;
    const end = this.#bytes.indexOf(newline, from);
    const size = (end < 0 ? this.#end : end) - from;
    this.skip(size + 1);
    return this.#latin1.toString("latin1", from, from + size);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#underflow();
    return this.#stack.pop();
  }

  /** The value on top, which stays there. */
  top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#underflow();
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** The values above the last mark, which goes with them. */
  popMark(): unknown[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.#underflow();
    return this.#stack.splice(height);
  }

  /** Removes the value on top, or the mark where there is none above it. */
  discard(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  #underflow(): Error {
    return this.failure(`expected a value on the stack before byte ${this.at}, got none`);
  }

  remember(key: number): void {
    this.memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.memo.has(key)) throw this.failure(`expected memo ${key} to be set, got nothing`);
    this.push(this.memo.get(key));
  }

  /** What the table says a global is. */
  global(module: string, name: string): unknown {
    const path = `${module}.${name}`;
    const { globals } = this.#rules;
    if (!globals.has(path)) {
      throw this.#failure(
        "WEIGHTS_PICKLE_GLOBAL",
        `expected tensors and plain data in the pickle, got the global ${quote(path)}`,
      );
    }
    return globals.get(path);
  }

  /** Calls a function of the table: no other function can be on the stack. */
  call(target: unknown, args: unknown): unknown {
    if (typeof target !== "function" || !Array.isArray(args)) {
      throw this.failure(
        `expected a call before byte ${this.at}, got ${describeValue(target)} with ${describeValue(args)}`,
      );
    }
    return (target as (...args: unknown[]) => unknown)(...args.slice(0, argumentsLimit));
  }

  persistent(id: unknown): unknown {
    const { persistent } = this.#rules;
    if (!persistent) throw this.failure("expected no storages in this pickle, got one");
    return persistent(id);
  }
}
