/**
 * @file Pictures made from an integer hash, the same here and in the script that makes the goldens
 * (scripts/python/make-pixel-goldens.py), and the hash that results are compared by.
 */
import { createHash } from "node:crypto";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";

/** RGB noise; every third seed is black and white only, so that overshoot meets the clipping. */
export function hashPixels(width: number, height: number, seed: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    let h = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    const level = (h ^ (h >>> 16)) & 255;
    data[i] = seed % 3 !== 2 ? level : level > 127 ? 255 : 0;
  }
  return { width, height, data };
}

/** SHA-256 of the bytes of an array, in hexadecimal. */
export function sha256({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
}
