/**
 * @file An HDF5 file as bytes that are checked before they are read, and a limit to how many.
 *
 * Structures refer to each other by addresses, so a damaged or hostile file may send a reader round
 * in circles. Every structure is opened through `Hdf5Bytes.open`, which counts what it hands out:
 * real files of this network need 3 MB.
 */
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { lookup3 } from "./lookup3.js";

/** Bytes of structures, names and texts, tensors apart, that are read of one file. */
const budget = 2 ** 26;
/** What opening a structure costs at least, in bytes: bounds their number. */
const leastCost = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a file; structures are opened by address. */
export class Hdf5Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly failure: Failure;
  #spent = 0;

  constructor(bytes: Uint8Array, failure: Failure) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.failure = failure;
  }

  /** A structure, `what` for messages. Throws when it is not in the file. */
  open(from: number | undefined, length: number, what: string): Cursor {
    this.spend(length);
    const start = this.check(from, length, what);
    return new Cursor(this, start, start + length, what);
  }

  /** A structure that starts with these letters, past them. */
  openSigned(from: number | undefined, length: number, sign: string): Cursor {
    const cursor = this.open(from, length, `a structure "${sign}"`);
    const found = cursor.take(sign.length);
    if (found.every((byte, at) => byte === sign.charCodeAt(at))) return cursor;
    throw this.damaged(`a structure "${sign}" at byte ${from}`, "other bytes");
  }

  /** A signed structure whose last four bytes are the checksum of all others, without those. */
  openSealed(from: number | undefined, length: number, sign: string): Cursor {
    const cursor = this.openSigned(from, length, sign);
    const inside = cursor.part(cursor.left - 4);
    if (cursor.u32() === lookup3(this.range(from, length - 4, sign))) return inside;
    throw this.damaged(`the checksum of structure "${sign}" at byte ${from}`, "another");
  }

  /** A view of bytes of tensors, which cost nothing. Throws when they are not in the file. */
  range(from: number | undefined, length: number, what: string): Uint8Array {
    const start = this.check(from, length, what);
    return this.bytes.subarray(start, start + length);
  }

  /** Where a run of bytes begins. Throws when it is not in the file. */
  check(from: number | undefined, length: number, what: string): number {
    if (from === undefined) throw this.damaged(`an address of ${what}`, "none");
    const end = from + length;
    // The negation also refuses NaN.
    if (!(from >= 0 && length >= 0 && end <= this.bytes.length)) {
      throw this.failure(
        "WEIGHTS_TRUNCATED",
        `expected ${what} in bytes ${from} to ${end}, got a file of ${this.bytes.length} bytes`,
      );
    }
    return from;
  }

  /** Counts work. Throws when it is too much for an honest file. */
  spend(bytes: number): void {
    this.#spent += Math.max(leastCost, bytes);
    if (this.#spent > budget) {
      throw this.damaged(`at most ${budget} bytes of tables and texts`, "more");
    }
  }

  /** The error of a structure that does not hold what it should. */
  damaged(expected: string, got: string): Error {
    return this.failure("WEIGHTS_FORMAT", `expected ${expected}, got ${got}`);
  }

  /** The error of a feature of HDF5 that this reader does not have. */
  unsupported(expected: string, got: string): Error {
    return this.failure("WEIGHTS_UNSUPPORTED", `expected ${expected}, got ${got}`);
  }
}

/** A place in a structure, which moves on as it is read and never leaves it. */
export class Cursor {
  readonly file: Hdf5Bytes;
  readonly #end: number;
  readonly #what: string;
  #at: number;

  /** From one place of the file to another, which have been checked. */
  constructor(file: Hdf5Bytes, from: number, end: number, what: string) {
    this.file = file;
    this.#at = from;
    this.#end = end;
    this.#what = what;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** The same place, which moves by itself. */
  fork(): Cursor {
    return new Cursor(this.file, this.#at, this.#end, this.#what);
  }

  /** Passes over bytes; gives where in the file they began. */
  skip(length: number): number {
    const from = this.#at;
    if (!(length >= 0 && length <= this.left)) {
      throw this.file.damaged(`${length} more bytes of ${this.#what}`, `${this.left}`);
    }
    this.#at += length;
    return from;
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    const from = this.skip(length);
    return this.file.bytes.subarray(from, from + length);
  }

  /** The next bytes as a structure of their own. */
  part(length: number, what: string = this.#what): Cursor {
    const from = this.skip(length);
    return new Cursor(this.file, from, from + length, what);
  }

  u8(): number {
    return this.file.view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.file.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.file.view.getUint32(this.skip(4), true);
  }

  /** An unsigned number of up to eight bytes. Throws where a double cannot hold it. */
  uint(size: number): number {
    const from = this.skip(size);
    let value = 0;
    for (let at = size - 1; at >= 0; at--) value = value * 256 + this.file.view.getUint8(from + at);
    return this.#exact(value);
  }

  u64(): number {
    const from = this.skip(8);
    const value =
      this.file.view.getUint32(from, true) + 2 ** 32 * this.file.view.getUint32(from + 4, true);
    return this.#exact(value);
  }

  /** An address, or nothing where all its bits are set. */
  address(): number | undefined {
    const from = this.skip(8);
    const [low, high] = [
      this.file.view.getUint32(from, true),
      this.file.view.getUint32(from + 4, true),
    ];
    const isUnset = low === 0xffffffff && high === 0xffffffff;
    return isUnset ? undefined : this.#exact(low + 2 ** 32 * high);
  }

  #exact(value: number): number {
    if (Number.isSafeInteger(value)) return value;
    throw this.file.damaged(`a number below 2^53 in ${this.#what}`, `about ${value}`);
  }

  /** The next bytes as UTF-8, to the first zero. */
  text(length: number): string {
    this.file.spend(length);
    const bytes = this.take(length);
    const end = bytes.indexOf(0);
    try {
      return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
    } catch {
      throw this.file.damaged(`text in UTF-8 in ${this.#what}`, "other bytes");
    }
  }

  /** The next byte, which must be one of these versions of the structure. */
  version(...known: readonly number[]): number {
    const found = this.u8();
    if (known.includes(found)) return found;
    throw this.file.unsupported(
      `version ${known.join(" or ")} of ${this.#what}`,
      `version ${found}`,
    );
  }
}
