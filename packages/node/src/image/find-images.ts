/**
 * @file Files, folders and patterns to a list of image files.
 *
 * Folders are searched through; the order is that of the paths by code unit, the same on every
 * machine. A file is an image by its extension, or by its first bytes where that says nothing.
 */
import { open, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  formatList,
  formatOf,
  hasImageExtension,
  isRead,
} from "@inception-resnet-v2/core/internal/image/formats.js";
import { systemPath } from "../files/byte-path.js";
import { LeftOutList } from "./left-out.js";
import { filesLike } from "./pattern.js";
import { entriesOf, filesBelow } from "./walk.js";

/**
 * The files that arguments stand for: a folder stands for the images in it, at any depth; a pattern
 * with `*` (any part of a name), `?` (one character) or `**` (any folders) for the files it
 * matches; anything else for itself, whether it exists or not. What is passed over goes to
 * `leftOut`. Throws `InputError` when a folder holds no image or a pattern matches none.
 */
export async function findImages(
  patterns: readonly string[],
  leftOut = new LeftOutList(),
): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of patterns) {
    const stats = await stat(pattern).catch(() => undefined);
    if (stats?.isDirectory()) found.push(...(await imagesIn(pattern, leftOut)));
    else if (!stats && /[*?]/.test(pattern)) found.push(...(await matching(pattern, leftOut)));
    else found.push(pattern);
  }
  return found;
}

/**
 * The images in a folder at any depth, relative to it, with slashes, sorted by code unit; what is
 * passed over goes to `leftOut`, by its path after `prefix`. Throws `InputError` when the folder
 * cannot be read.
 */
export async function imagesUnder(
  folder: string,
  leftOut = new LeftOutList(),
  prefix = "",
): Promise<string[]> {
  const passed = leftOut.under(prefix);
  const files = await filesBelow(folder, passed);
  const images: string[] = [];
  for (let at = 0; at < files.length; at += openAtOnce) {
    const some = files.slice(at, at + openAtOnce);
    const reasons = await Promise.all(some.map((file) => reasonAgainst(join(folder, file), file)));
    for (const [index, file] of some.entries()) {
      const reason = reasons[index];
      if (reason === undefined) images.push(file);
      else if (typeof reason === "string") passed.add(reason, file);
      else passed.fail("file", file, reason.code);
    }
  }
  return images;
}

/** Files whose first bytes are read at once. */
const openAtOnce = 16;
/** Bytes that tell a format. */
const headBytes = 1024;

/**
 * The names of the folders right inside a folder, sorted by code unit; links to folders count.
 * Throws `InputError` when the folder cannot be read.
 */
export async function foldersIn(folder: string, leftOut = new LeftOutList()): Promise<string[]> {
  const entries = await entriesOf(folder, leftOut);
  return entries.flatMap(({ name, kind }) => (kind === "folder" ? [name] : []));
}

/** Why a file is no image, or the error of the system; undefined where it is one. */
async function reasonAgainst(
  path: string,
  name: string,
): Promise<string | NodeJS.ErrnoException | undefined> {
  if (hasImageExtension(name)) return undefined;
  try {
    await using file = await open(systemPath(path));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const format = formatOf(buffer.subarray(0, bytesRead));
    if (isRead(format)) return undefined;
    return format === "an unknown format" ? "no photo" : `no photo that is read (${format})`;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

async function imagesIn(folder: string, leftOut: LeftOutList): Promise<string[]> {
  const files = await imagesUnder(folder, leftOut, folder === "." ? "" : `${folder}/`);
  if (files.length > 0) return files.map((file) => join(folder, file));
  throw new InputError(
    "IMAGE_MISSING",
    `Cannot find images in "${folder}": expected ${formatList} files, found none`,
  );
}

async function matching(pattern: string, leftOut: LeftOutList): Promise<string[]> {
  const parts = pattern.split(sep === "/" ? "/" : /[\\/]/);
  const fixed = parts.findIndex((part) => /[*?]/.test(part));
  const folder = parts.slice(0, fixed).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const files = await filesLike(folder, parts.slice(fixed), leftOut);
  if (files.length > 0) return files.map((file) => join(folder, file));
  throw new InputError(
    "IMAGE_MISSING",
    `Cannot find images: expected files like "${pattern}", found none`,
  );
}
