/**
 * @file Files, folders and globs to a list of image files.
 *
 * Folders are searched through; the order is that of the paths by code unit, the same on every
 * machine. Left out are names that start with a dot and, in folders, names without an image's
 * extension. Links to files count; links to folders are not followed, so a search ends.
 */
import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { formatList, hasImageExtension } from "@inception-resnet-v2/core/internal/image/formats.js";

/**
 * The files that arguments stand for: a folder stands for the images in it, at any depth; a pattern
 * with `*` (any part of a name), `?` (one character) or `**` (any folders) for the files it
 * matches; anything else for itself, whether it exists or not. Throws `InputError` when a folder
 * holds no image or a pattern matches none.
 */
export async function findImages(patterns: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of patterns) {
    const stats = await stat(pattern).catch(() => undefined);
    if (stats?.isDirectory()) found.push(...(await imagesIn(pattern)));
    else if (!stats && /[*?]/.test(pattern)) found.push(...(await filesLike(pattern)));
    else found.push(pattern);
  }
  return found;
}

/**
 * The images in a folder at any depth, relative to it, with slashes, sorted by code unit. Throws
 * `InputError` when the folder cannot be read.
 */
export async function imagesUnder(folder: string): Promise<string[]> {
  return (await walk(folder)).filter(hasImageExtension);
}

/**
 * The names of the folders right inside a folder, sorted by code unit; links to folders count.
 * Throws `InputError` when the folder cannot be read.
 */
export async function foldersIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entries(folder)) {
    if (entry.name.startsWith(".")) continue;
    const isLinked = () => stat(join(folder, entry.name)).then((stats) => stats.isDirectory());
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await isLinked().catch(() => false)));
    if (isFolder) names.push(entry.name);
  }
  return names.sort();
}

async function imagesIn(folder: string): Promise<string[]> {
  const files = await imagesUnder(folder);
  if (files.length > 0) return files.map((file) => join(folder, file));
  throw new InputError(
    "IMAGE_MISSING",
    `Cannot find images in "${folder}": expected ${formatList} files, found none`,
  );
}

async function filesLike(pattern: string): Promise<string[]> {
  const parts = pattern.split(sep === "/" ? "/" : /[\\/]/);
  const fixed = parts.findIndex((part) => /[*?]/.test(part));
  const folder = parts.slice(0, fixed).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const matching = matcher(parts.slice(fixed));
  const files = (await walk(folder)).filter((file) => matching.test(file));
  if (files.length > 0) return files.map((file) => join(folder, file));
  throw new InputError(
    "IMAGE_MISSING",
    `Cannot find images: expected files like "${pattern}", found none`,
  );
}

/** All files under a folder that are not hidden, relative to it, with slashes, sorted. */
async function walk(root: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entries(join(root, folder))) {
      if (entry.name.startsWith(".")) continue;
      const path = folder + entry.name;
      if (entry.isDirectory()) folders.push(`${path}/`);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, path))))) {
        files.push(path);
      }
    }
  }
  return files.sort();
}

async function entries(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new InputError(
      "FOLDER_UNREADABLE",
      `Cannot search "${folder}": expected a readable folder, got ${code}`,
      { cause },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}

/** The pattern of a relative path with slashes. */
function matcher(parts: readonly string[]): RegExp {
  const last = parts.length - 1;
  const sources = parts.map((part, index) => {
    if (part === "**") return index === last ? ".*" : "(?:[^/]+/)*";
    const name = part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]");
    return index === last ? name : `${name}/`;
  });
  return new RegExp(`^${sources.join("")}$`, "u");
}
