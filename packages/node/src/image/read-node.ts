/**
 * @file From an image source to pixels, in Node: files, addresses, bytes, raw pixels.
 *
 * Everything that is wrong with an image is an `InputError` with one of the codes IMAGE_SOURCE,
 * IMAGE_MISSING, IMAGE_CHANGED, IMAGE_EMPTY, IMAGE_UNREADABLE, IMAGE_FORMAT, IMAGE_CORRUPT, IMAGE_TOO_LARGE,
 * PIXELS_INVALID, and a sentence that names the image.
 */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  fromRawPixels,
  type Pixels,
  type RawPixels,
} from "@inception-resnet-v2/core/internal/image/pixels.js";
import {
  checkSource,
  type ImageSource,
  isEncodedBytes,
  isRawPixels,
  likelyMeaning,
  nameOf,
  viewOf,
} from "@inception-resnet-v2/core/internal/image/source.js";
import { systemPath } from "../files/byte-path.js";
import { type DecodeOptions, decodeImage } from "./decode-node.js";

/** Larger files are refused before they are read; 100 megapixels of raw RGBA fit. */
const maxFileBytes = 512 * 1024 * 1024;
const fetchTimeoutMs = 60_000;

/** Reads and decodes an image. Throws `InputError` when it cannot be had. */
export async function readImage(source: ImageSource, options: DecodeOptions): Promise<Pixels> {
  checkSource(source);
  if (isRawPixels(source)) return fromRawPixels(source, options);
  const bytes = await readBytes(source);
  return decodeImage(bytes, nameOf(source), options);
}

/** As `readImage` a file whose bytes have a known SHA-256, in hex. Throws `InputError` where they have not. */
export async function readKnownImage(
  path: string,
  sha256: string,
  options: DecodeOptions,
): Promise<Pixels> {
  const bytes = await readBytes(path);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw new InputError(
      "IMAGE_CHANGED",
      `Cannot use image ${nameOf(path)}: expected the bytes that were inspected, got others`,
    );
  }
  return decodeImage(bytes, nameOf(path), options);
}

/** The bytes of an image file. Throws `InputError` when they cannot be had. */
export async function readBytes(source: Exclude<ImageSource, RawPixels>): Promise<Uint8Array> {
  if (isEncodedBytes(source)) return viewOf(source);
  if (source instanceof Blob) return readBlob(source);
  if (typeof source === "string") {
    if (/^data:/i.test(source)) return fetchBytes(source, nameOf(source));
    return readPath(source, nameOf(source));
  }
  switch (source.protocol) {
    case "file:":
      return readPath(pathOf(source), nameOf(source));
    case "data:":
    case "http:":
    case "https:":
      return fetchBytes(source, nameOf(source));
    default:
      throw new InputError(
        "IMAGE_UNREADABLE",
        `Cannot read image ${nameOf(source)}: expected a file:, data:, http: or https: URL, got ${source.protocol}`,
      );
  }
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw unreadable(nameOf(url), "a URL of a file on this machine", cause);
  }
}

async function readPath(path: string, name: string): Promise<Uint8Array> {
  try {
    const stats = await stat(systemPath(path));
    const kind = stats.isDirectory() ? "a folder" : "a device";
    if (!stats.isFile() && !stats.isFIFO()) {
      throw new InputError(
        "IMAGE_UNREADABLE",
        `Cannot read image ${name}: expected a file, got ${kind}`,
      );
    }
    if (stats.size > maxFileBytes) throw tooLarge(name, `${stats.size}`);
    return await readFile(systemPath(path));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const meaning = code === "ENOENT" || code === "ENAMETOOLONG" ? likelyMeaning(path) : undefined;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    if (!isMissing && !meaning) throw unreadable(name, "a readable file", error);
    throw new InputError(
      "IMAGE_MISSING",
      `Cannot read image ${name}: expected a file, got ${meaning ?? "nothing of that name"}`,
      { cause: error },
    );
  }
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  if (blob.size > maxFileBytes) throw tooLarge(nameOf(blob), `${blob.size}`);
  return new Uint8Array(await blob.arrayBuffer());
}

async function fetchBytes(url: URL | string, name: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) });
    if (!response.ok) {
      throw new InputError(
        "IMAGE_UNREADABLE",
        `Cannot fetch image ${name}: expected status 200, got ${response.status}`,
      );
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxFileBytes) throw tooLarge(name, "more");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw unreadable(name, "an answer", error instanceof Error ? (error.cause ?? error) : error);
  }
}

function tooLarge(name: string, got: string): InputError {
  return new InputError(
    "IMAGE_TOO_LARGE",
    `Cannot read image ${name}: expected at most ${maxFileBytes} bytes, got ${got}`,
  );
}

function unreadable(name: string, expected: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InputError(
    "IMAGE_UNREADABLE",
    `Cannot read image ${name}: expected ${expected}, got ${code || `"${message}"`}`,
    { cause },
  );
}
