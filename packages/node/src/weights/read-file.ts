/**
 * @file A weight file's bytes, from wherever they are.
 */
import { open, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  ModelError,
  ResourceError,
  UsageError,
} from "@inception-resnet-v2/core/internal/errors.js";
import { publishedNames } from "@inception-resnet-v2/core/internal/weights/published.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { findWeights } from "./find.js";
import { isShipped, readShipped, shippedNames } from "./shipped.js";

/**
 * Where weights come from: a path, `everyday` for the model of this package, `imagenet` or another name
 * that `pull` knows, `owner/name` of the Hugging Face hub, a `file:` or `http(s):` URL, or the bytes
 * themselves. What must be downloaded is. A file called as a name is `./everyday`.
 */
export type WeightSource = string | URL | Uint8Array;

/** How messages call a source. */
export function sourceName(source: WeightSource): string {
  return source instanceof Uint8Array ? "bytes" : String(source);
}

/**
 * All bytes of a source, in an `ArrayBuffer` that nobody else holds: it can be transferred to an
 * executor's thread. Throws `ModelError` when there is no such file, `ResourceError` offline
 * or when memory does not suffice.
 */
export async function readWeightBytes(source: WeightSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return copyOf(source);
  if (typeof source === "string") {
    return isShipped(source) ? readShipped(source) : readFile(await findWeights(source));
  }
  if (source.protocol === "file:") return readFile(fileURLToPath(source));
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ResourceError(
      "WEIGHTS_UNREACHABLE",
      `Cannot fetch weights "${source}": expected an answer with the file, got ${reason}`,
      { cause },
    );
  }
}

async function readFile(path: string): Promise<Uint8Array> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" && /^[\w-]+$/.test(path)) throw unknownName(path);
    throw unreadable(path, cause.code === "ENOENT" ? "no such file" : reasonOf(cause), cause);
  });
  // Opening a pipe would wait for a writer, so this is asked first.
  if (!stats.isFile()) throw unreadable(path, stats.isDirectory() ? "a folder" : "a device");
  const bytes = allocate(stats.size, path);
  try {
    await using file = await open(path);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } catch (cause) {
    throw unreadable(path, reasonOf(cause), cause);
  }
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length, "bytes");
  copy.set(bytes);
  return copy;
}

function allocate(size: number, name: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new ResourceError(
      "OUT_OF_MEMORY",
      `Cannot read weights "${name}": expected a file that fits in memory, got ${size} bytes`,
      { cause },
    );
  }
}

/** A word without dots and slashes is a name more likely than a file. */
function unknownName(name: string): UsageError {
  return new UsageError(
    "WEIGHTS_UNKNOWN",
    `Unknown weights "${name}": expected a file, one of ${[...shippedNames, ...publishedNames].join(", ")}, or owner/name of the Hugging Face hub`,
  );
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? quote(message);
}

function unreadable(path: string, found: string, cause?: unknown): ModelError {
  return new ModelError(
    found === "no such file" ? "WEIGHTS_MISSING" : "WEIGHTS_UNREADABLE",
    `Cannot read weights "${path}": expected a weight file, got ${found}`,
    { cause },
  );
}
