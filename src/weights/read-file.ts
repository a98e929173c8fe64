/**
 * @file A weight file's bytes, from wherever they are.
 */
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ModelError, ResourceError } from "../errors.js";

/** Where weights come from: a path, a `file:` or `http(s):` URL, or the bytes themselves. */
export type WeightSource = string | URL | Uint8Array;

/** How messages call a source. */
export function sourceName(source: WeightSource): string {
  return source instanceof Uint8Array ? "bytes" : String(source);
}

/** All bytes of a source. Throws `ModelError` when there is no such file, `ResourceError` offline. */
export async function readWeightBytes(source: WeightSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (typeof source === "string") return readFile(source);
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
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause);
  });
  try {
    const { size } = await file.stat();
    const bytes = Buffer.allocUnsafeSlow(size); // an ArrayBuffer of its own, which can be transferred
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return at === size ? bytes : bytes.subarray(0, at);
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): ModelError {
  const [code, found] =
    cause.code === "ENOENT"
      ? ["WEIGHTS_MISSING", "no such file"]
      : cause.code === "EISDIR"
        ? ["WEIGHTS_UNREADABLE", "a folder"]
        : ["WEIGHTS_UNREADABLE", cause.message];
  return new ModelError(
    code,
    `Cannot read weights "${path}": expected a safetensors file, got ${found}`,
    { cause },
  );
}
