/**
 * @file A weight file's bytes from an address, as they come.
 */
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import type { PullOptions } from "./pull.js";
import { allocate } from "./read-file.js";

/**
 * All bytes behind an address, in an `ArrayBuffer` of their own. Throws `ResourceError` where there is no
 * answer or memory does not suffice.
 */
export async function fetchWeights(
  url: string,
  { signal, onProgress }: PullOptions = {},
): Promise<Uint8Array> {
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) throw new Error(`status ${response.status}`);
    const length = response.headers.get("content-length");
    const isPacked = response.headers.has("content-encoding"); // then the length is another's
    const totalBytes = length === null || isPacked ? undefined : Number(length);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      bytes += chunk.length;
      onProgress?.({ bytes, totalBytes });
    }
    return join(chunks, bytes, url);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ResourceError) throw cause;
    const behind = cause instanceof Error ? (cause.cause ?? cause) : cause;
    const { message, code } = behind as NodeJS.ErrnoException;
    const reason = message || code || String(behind);
    throw new ResourceError(
      "WEIGHTS_UNREACHABLE",
      `Cannot fetch weights "${url}": expected the file, got ${reason}`,
      { cause },
    );
  }
}

function join(chunks: readonly Uint8Array[], bytes: number, url: string): Uint8Array {
  const all = allocate(bytes, url);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
