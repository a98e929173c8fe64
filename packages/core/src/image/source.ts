/**
 * @file What an image may be given as, and what messages call it.
 */
import { InputError } from "../errors.js";
import { formatOf, isRead } from "./formats.js";
import type { RawPixels } from "./pixels.js";

/**
 * An image: a string is the path of a file, or a `data:` URL; a `URL` is fetched (`file:`, `data:`,
 * `http:`, `https:`); bytes (a `Buffer`, an `ArrayBuffer`, a `Blob` or `File`) are an encoded file; an
 * object with width, height and data is uncompressed pixels, such as the `ImageData` of a canvas.
 */
export type ImageSource = string | URL | EncodedBytes | Blob | RawPixels;

/** The bytes of an encoded file, in memory. */
export type EncodedBytes = Uint8Array | Uint8ClampedArray | DataView | ArrayBufferLike;

/** Whether an image is given as uncompressed pixels. */
export function isRawPixels(source: unknown): source is RawPixels {
  return typeof source === "object" && source !== null && "width" in source && "data" in source;
}

/** Whether an image is given as the bytes of a file. */
export function isEncodedBytes(source: unknown): source is EncodedBytes {
  return [Uint8Array, Uint8ClampedArray, DataView, ArrayBuffer, SharedArrayBuffer].some(
    (kind) => source instanceof kind,
  );
}

/** The bytes, without copying them. */
export function viewOf(bytes: EncodedBytes): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (!ArrayBuffer.isView(bytes)) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws `InputError` when a value that claims to be an image is none of the accepted kinds. */
export function checkSource(source: unknown): asserts source is ImageSource {
  const isKnown =
    typeof source === "string" ||
    source instanceof URL ||
    source instanceof Blob ||
    isEncodedBytes(source) ||
    isRawPixels(source);
  if (isKnown) return;
  throw new InputError(
    "IMAGE_SOURCE",
    `Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got ${describe(source)}`,
  );
}

const longestName = 1024;

/** What a message calls an image: its path or address in quotes, or its size. */
export function nameOf(source: ImageSource): string {
  if (source instanceof URL) return addressOf(source.href);
  if (typeof source === "string") {
    if (/^data:/i.test(source)) return addressOf(source);
    return `"${source.length > longestName ? `${source.slice(0, 60)}...` : source}"`;
  }
  if (source instanceof Blob) return `of ${source.size} bytes`;
  if (isEncodedBytes(source)) return `of ${source.byteLength} bytes`;
  return `of ${source.width}x${source.height}`;
}

/**
 * What a text that is no path was likely meant as, as the end of a sentence; undefined where nothing
 * suggests itself.
 */
export function likelyMeaning(text: string): string | undefined {
  if (/^(https?|file):/i.test(text)) return `an address, which is given as new URL("${text}")`;
  if (/^blob:/i.test(text)) return "the address of a Blob, which is given itself";
  if (isBase64Image(text)) {
    return 'base64, which is given as Buffer.from(text, "base64")';
  }
  return undefined;
}

function isBase64Image(text: string): boolean {
  const start = text.slice(0, 64);
  if (!/^[A-Za-z0-9+/]{64}$/.test(start)) return false;
  return isRead(formatOf(Uint8Array.from(atob(start), (letter) => letter.charCodeAt(0))));
}

function addressOf(href: string): string {
  return `"${href.length > 100 ? `${href.slice(0, 60)}...` : href}"`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Promise) return "a promise, which is to be awaited";
  return typeof value === "object" ? Object.prototype.toString.call(value) : typeof value;
}
