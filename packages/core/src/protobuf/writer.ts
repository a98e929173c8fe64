/**
 * @file Bytes of protocol buffers while they are written.
 *
 * Long runs of bytes that are given, such as those of a tensor, stay where they are until the end:
 * the whole is then allocated once, at its size.
 */

/** A run of given bytes, and before which of the writer's own bytes it belongs. */
interface Given {
  at: number;
  readonly bytes: Uint8Array;
}

/** Where a message begins whose length is not known yet. */
export interface Opened {
  readonly at: number;
  readonly given: number;
  readonly givenBytes: number;
}

/** Given bytes shorter than this are copied at once. */
const shortest = 256;

const textEncoder = new TextEncoder();

/** Bytes of a varint that is not negative. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes values one after the other. */
export class ProtobufWriter {
  #own = new Uint8Array(1024);
  #view = new DataView(this.#own.buffer);
  #at = 0;
  readonly #given: Given[] = [];
  #givenBytes = 0;

  /** A whole number as a varint; a negative one takes ten bytes. Throws `RangeError` for another. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`Expected a whole number, got ${value}`);
    this.#reserve(10);
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 127n; rest >>= 7n) this.#own[this.#at++] = Number(rest & 127n) | 128;
      this.#own[this.#at++] = Number(rest);
      return;
    }
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#own[this.#at++] = (rest % 128) | 128;
    this.#own[this.#at++] = rest;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** A length, and as many bytes. */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    if (value.length >= shortest) {
      this.#given.push({ at: this.#at, bytes: value });
      this.#givenBytes += value.length;
    } else {
      this.#reserve(value.length);
      this.#own.set(value, this.#at);
      this.#at += value.length;
    }
  }

  /** A text in UTF-8, with its length in bytes in front. */
  text(value: string): void {
    const opened = this.open();
    this.#reserve(value.length * 3);
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 127) {
        this.#at = opened.at;
        this.#at += textEncoder.encodeInto(value, this.#own.subarray(this.#at)).written;
        break;
      }
      this.#own[this.#at++] = code;
    }
    this.close(opened);
  }

  /** Begins what has its length in front; what is written until it is closed belongs to it. */
  open(): Opened {
    return { at: this.#at, given: this.#given.length, givenBytes: this.#givenBytes };
  }

  /** Puts the length in front of what was written since. */
  close({ at, given, givenBytes }: Opened): void {
    const own = this.#at - at;
    const length = own + this.#givenBytes - givenBytes;
    const size = varintSize(length);
    this.#reserve(size);
    this.#own.copyWithin(at + size, at, this.#at);
    this.#at = at;
    this.varint(length);
    this.#at += own;
    for (let index = given; index < this.#given.length; index++) {
      (this.#given[index] as Given).at += size;
    }
  }

  /** All that was written. */
  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#at + this.#givenBytes);
    let [from, to] = [0, 0];
    for (const { at, bytes } of [...this.#given, { at: this.#at, bytes: new Uint8Array() }]) {
      whole.set(this.#own.subarray(from, at), to);
      whole.set(bytes, to + at - from);
      to += at - from + bytes.length;
      from = at;
    }
    return whole;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#own.length) return;
    const larger = new Uint8Array(2 * (this.#at + bytes));
    larger.set(this.#own);
    this.#own = larger;
    this.#view = new DataView(larger.buffer);
  }
}
