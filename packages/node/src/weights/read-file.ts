/**
 * @file A weight file's bytes, from wherever they are.
 */
import { open, stat } from "node:fs/promises";
import { ModelError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";

/**
 * All bytes of a file, in an `ArrayBuffer` that nobody else holds: it can be transferred to another
 * thread. Throws `ModelError` when there is no such file, `ResourceError` when memory does not suffice.
 */
export async function readWeightBytes(path: string): Promise<Uint8Array> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
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

/** Room for a file. Throws `ResourceError` when there is none. */
export function allocate(size: number, name: string): Uint8Array {
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
