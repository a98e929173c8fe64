/**
 * @file Files of weights written beside and renamed: no half of one is ever under its final name.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Irv2Error, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";

/**
 * Writes a file part by part. Passes on what `parts` throws, without a file left behind; throws
 * `ResourceError` when the file cannot be written.
 */
export async function writeParts(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    await write(beside, parts);
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw explain(cause, path, "a place for the file");
  }
}

/**
 * Writes files into a new folder, or in place of an empty one. Throws `ResourceError` when they cannot
 * be written; nothing is left behind then.
 */
export async function writeFolder(
  path: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
): Promise<void> {
  const beside = `${path.replace(/[/\\]+$/, "")}.${randomUUID()}.tmp`;
  try {
    await mkdir(beside);
    for (const [name, bytes] of files) await write(join(beside, name), [bytes]);
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true }).catch(() => {});
    throw explain(cause, path, "a place for a new folder");
  }
}

async function write(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

function explain(cause: unknown, path: string, place: string): unknown {
  if (cause instanceof Irv2Error) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new ResourceError(
    isFull(cause) ? "DISK_FULL" : "WEIGHTS_UNWRITABLE",
    `Cannot write weights "${path}": expected ${isFull(cause) ? "space on the disk" : place}, got ${code ?? quote(message)}`,
    { cause },
  );
}

/** Whether there was no space to write: on the disk, of a quota, or of a limit to files. */
export function isFull(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}
