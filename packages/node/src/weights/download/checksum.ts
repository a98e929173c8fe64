/**
 * @file Checksums of downloaded files.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** An expected hash. `git` is git's name of a blob: SHA-1 over its length and its bytes. */
export interface Checksum {
  readonly algorithm: "sha256" | "md5" | "git";
  /** In hexadecimal digits. */
  readonly value: string;
}

/** How messages call the algorithms. */
export const checksumNames = { sha256: "SHA-256", md5: "MD5", git: "git hash" } as const;

/** The hash of a file as it is on the disk. */
export async function hashFile(
  path: string,
  algorithm: Checksum["algorithm"],
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm === "git" ? "sha1" : algorithm);
  if (algorithm === "git") hash.update(`blob ${(await stat(path)).size}\0`);
  const chunks = createReadStream(path, { highWaterMark: 2 ** 20, signal });
  for await (const chunk of chunks) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
