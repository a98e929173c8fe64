/**
 * @file The file that a path in a table means.
 *
 * Tables travel: paths come with the slashes of Windows, composed or decomposed letters other than
 * those on the disk, or without the extension. The first of these that is a file is meant.
 */
import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageExtensions } from "@inception-resnet-v2/core/internal/image/formats.js";

/** The file of a path, relative to a folder unless it is whole; undefined where there is none. */
export async function findPhoto(folder: string, path: string): Promise<string | undefined> {
  for (const candidate of candidates(path)) {
    const file = isAbsolute(candidate) ? candidate : join(folder, candidate);
    const stats = await stat(file).catch(() => undefined);
    if (stats && !stats.isDirectory()) return file;
  }
  return undefined;
}

function* candidates(path: string): Generator<string> {
  const plain = path.startsWith("file:") ? fromUrl(path) : path;
  yield plain;
  const slashed = plain.replaceAll("\\", "/");
  const forms = new Set([slashed, slashed.normalize("NFC"), slashed.normalize("NFD")]);
  yield* forms;
  for (const extension of imageExtensions) yield `${slashed}.${extension}`;
}

function fromUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
