/**
 * @file Snappy, decoded: a length, then literals and copies of what was written before.
 *
 * https://github.com/google/snappy/blob/main/format_description.txt. The low two bits of a tag say
 * what follows: 0 a literal, 1 a copy of 4 to 11 bytes from up to 2 kB back, 2 and 3 copies of up to
 * 64 bytes with an offset of two and four bytes. A copy may reach into what it writes itself.
 */
import { ByteReader } from "@inception-resnet-v2/core/internal/protobuf/byte-reader.js";

/** No stream grows by more: three bytes make 64. */
const largestRatio = 22;

/** The bytes that a raw Snappy stream stands for; throws what `fail` makes when it is damaged. */
export function decodeSnappy(stream: Uint8Array, fail: () => Error): Uint8Array {
  const reader = new ByteReader(stream, fail);
  const size = reader.varint();
  if (!(size >= 0 && size <= stream.length * largestRatio)) throw fail();
  const out = new Uint8Array(size);
  let at = 0;
  while (!reader.isDone) {
    const tag = reader.byte();
    if ((tag & 3) === 0) {
      const length = literalLength(tag >>> 2, reader);
      if (length > size - at) throw fail();
      out.set(reader.take(length), at);
      at += length;
      continue;
    }
    const { length, offset } = readCopy(tag, reader);
    if (offset === 0 || offset > at || length > size - at) throw fail();
    for (const end = at + length; at < end; at++) out[at] = out[at - offset] as number;
  }
  if (at !== size) throw fail();
  return out;
}

/** Up to 60 in the tag itself; beyond, in one to four bytes after it. */
function literalLength(inTag: number, reader: ByteReader): number {
  return 1 + (inTag < 60 ? inTag : littleEndian(reader.take(inTag - 59)));
}

function readCopy(tag: number, reader: ByteReader): { length: number; offset: number } {
  if ((tag & 3) === 1) {
    const offset = (tag >>> 5) * 256 + reader.byte();
    return { length: 4 + ((tag >>> 2) & 7), offset };
  }
  return { length: 1 + (tag >>> 2), offset: littleEndian(reader.take((tag & 3) === 2 ? 2 : 4)) };
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((number, byte) => number * 256 + byte, 0);
}
