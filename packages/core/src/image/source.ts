/**
 * @file What an image may be given as, and what messages call it.
 */
import { InputError } from "../errors.js";
import type { RawPixels } from "./pixels.js";

/**
 * An image: a string is always the path of a file; a `URL` is fetched (`file:`, `data:`, `http:`,
 * `https:`); bytes (a `Buffer` too) are an encoded file; an object with width, height and data is
 * uncompressed pixels, such as the `ImageData` of a canvas.
 */
export type ImageSource = string | URL | Uint8Array | RawPixels;

/** Whether an image is given as uncompressed pixels. */
export function isRawPixels(source: unknown): source is RawPixels {
  return typeof source === "object" && source !== null && "width" in source && "data" in source;
}

/** Throws `InputError` when a value that claims to be an image is none of the accepted kinds. */
export function checkSource(source: unknown): asserts source is ImageSource {
  const isKnown =
    typeof source === "string" ||
    source instanceof URL ||
    source instanceof Uint8Array ||
    isRawPixels(source);
  if (isKnown) return;
  throw new InputError(
    "IMAGE_SOURCE",
    `Cannot read an image: expected a path, a URL object, encoded bytes or raw pixels, got ${describe(source)}`,
  );
}

/** What a message calls an image: its path or address in quotes, or its size. */
export function nameOf(source: ImageSource): string {
  if (source instanceof URL) {
    const { href } = source;
    return `"${href.length > 100 ? `${href.slice(0, 60)}...` : href}"`;
  }
  if (typeof source === "string") return `"${source}"`;
  if (isRawPixels(source)) return `of ${source.width}x${source.height}`;
  return `of ${source.length} bytes`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === "object" ? Object.prototype.toString.call(value) : typeof value;
}
