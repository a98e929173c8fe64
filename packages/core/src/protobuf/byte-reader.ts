/**
 * @file Bytes from front to back: varints and runs, never past the end.
 */

const bits28 = 2 ** 28;
const bits56 = 2 ** 56;

/** A place in bytes that moves as they are read; `fail` makes the error of reading past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #fail: () => Error;
  #at = 0;

  constructor(bytes: Uint8Array, fail: () => Error) {
    this.#bytes = bytes;
    this.#fail = fail;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next byte. */
  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw this.#fail();
    return byte;
  }

  /** The next bytes, as a view. */
  take(length: number): Uint8Array {
    // The negation also refuses NaN.
    if (!(length >= 0 && length <= this.#bytes.length - this.#at)) throw this.#fail();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /**
   * A base-128 number of up to ten bytes, read as a signed 64-bit one, as protocol buffers have it.
   * Exact up to 2^53 on either side of zero, rounded beyond.
   */
  varint(): number {
    const first = this.byte();
    if (first < 128) return first;
    let low = first & 127;
    let middle = 0;
    let high = 0;
    for (let place = 1; place < 10; place++) {
      const byte = this.byte();
      const seven = byte & 127;
      if (place < 4) low |= seven << (7 * place);
      else if (place < 8) middle |= seven << (7 * (place - 4));
      else high |= seven << (7 * (place - 8));
      if (byte < 128) return fromParts(low, middle, high & 255);
    }
    throw this.#fail();
  }
}

/** 28, 28 and 8 bits as a signed number; small negative ones by their complement, to stay exact. */
function fromParts(low: number, middle: number, high: number): number {
  if (high < 128) return low + middle * bits28 + high * bits56;
  return -(bits28 - 1 - low + (bits28 - 1 - middle) * bits28 + (255 - high) * bits56 + 1);
}
