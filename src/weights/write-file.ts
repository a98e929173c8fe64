/**
 * @file A weight file written beside and renamed: no half of it is ever under its final name.
 */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { Irv2Error, ResourceError } from "../errors.js";
import { quote } from "./quote.js";

/**
 * Writes a file part by part. Passes on what `parts` throws, without a file left behind; throws
 * `ResourceError` when the file cannot be written.
 */
export async function writeParts(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, "wx");
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    if (cause instanceof Irv2Error) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new ResourceError(
      "WEIGHTS_UNWRITABLE",
      `Cannot write weights "${path}": expected a place for the file, got ${code ?? quote(message)}`,
      { cause },
    );
  }
}
