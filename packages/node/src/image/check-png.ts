/**
 * @file The checksums of a PNG up to its pixels, which libvips does not heed: a flipped bit in the
 * head is another picture. Those of the pixels are zlib's, and heeded. Pillow refuses the same.
 *
 * Source: Portable Network Graphics, ISO/IEC 15948, section 5.
 */
import { crc32 } from "node:zlib";

/** The part before the pixels whose checksum is wrong; undefined where none is. */
export function damageOfPng(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (name === "IDAT" || end + 4 > bytes.length) return undefined; // libvips sees what is cut off
    const found = crc32(bytes.subarray(at + 4, end));
    if (found !== view.getUint32(end))
      return `a wrong checksum of its part ${JSON.stringify(name)}`;
    at = end + 4;
  }
  return undefined;
}
