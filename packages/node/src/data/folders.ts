/**
 * @file Folders of photos as people lay them out: one folder a class, with or without a split.
 *
 * A folder is split when it holds `train` and `val` (or `validation`, or `valid`; upper or lower
 * case), whatever else stands beside them, or when it holds nothing but such folders and `test`.
 * Any other folder holds the classes itself, so that a class may be called "train". Hidden names
 * and files without an image's extension do not count; links to class folders do.
 */
import { stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { formatList } from "@inception-resnet-v2/core/internal/image/formats.js";
import { foldersIn, imagesUnder } from "../image/find-images.js";
import { type SplitName, splitOf } from "./split-names.js";

/** A class and its images: paths inside `root`, with slashes, sorted by code unit. */
export interface ClassFolder {
  readonly name: string;
  readonly root: string;
  readonly images: readonly string[];
}

/** The folders of a split that are there: none of them where the classes stand by themselves. */
export type SplitFolders = { readonly [K in SplitName]?: string };

/** Finds the folders of a split. Throws `InputError` when there is no such folder to look in. */
export async function findSplit(folder: string): Promise<SplitFolders> {
  await checkFolder(folder);
  const names = await foldersIn(folder);
  const has = (...parts: SplitName[]) =>
    parts.every((part) => names.some((name) => splitOf(name) === part));
  if (!names.every((name) => splitOf(name)) && !has("train", "validation")) return {};
  const found: { [K in SplitName]?: string } = {};
  for (const name of names) {
    const part = splitOf(name);
    if (part === undefined) continue;
    const before = found[part];
    if (before !== undefined) {
      const both = [pathInside(folder, before), name];
      throw new InputError(
        "SPLIT_AMBIGUOUS",
        `Cannot use data in "${folder}": expected one folder of ${part} photos, got ${quoted(both)}`,
      );
    }
    found[part] = join(folder, name);
  }
  return found;
}

/**
 * The classes of a folder and their images, sorted by name. Throws `InputError` when there are no
 * classes, or one of them has no image.
 */
export async function findClasses(root: string): Promise<ClassFolder[]> {
  const found: ClassFolder[] = [];
  for (const name of await foldersIn(root)) {
    const images = await imagesUnder(join(root, name));
    found.push({ name, root, images: images.map((image) => `${name}/${image}`) });
  }
  if (found.every(({ images }) => images.length === 0)) {
    const got =
      found.length === 0 ? "no folders" : `no images in ${quoted(found.map(({ name }) => name))}`;
    throw new InputError(
      "CLASSES_MISSING",
      `Cannot find classes in "${root}": expected a folder of ${formatList} files for each class, got ${got}`,
    );
  }
  const empty = found.filter(({ images }) => images.length === 0).map(({ name }) => name);
  if (empty.length === 0) return found;
  throw new InputError(
    "CLASS_EMPTY",
    `Cannot use the classes in "${root}": expected ${formatList} files in each, got none in ${quoted(empty)}`,
  );
}

/** The path of a file inside a folder, with slashes on every system. */
export function pathInside(folder: string, file: string): string {
  return relative(folder, file).split(sep).join("/");
}

/** Names in quotes, the first few of many. */
export function quoted(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

async function checkFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === "ENOENT" || cause.code === "ENOTDIR";
    throw new InputError(
      isMissing ? "FOLDER_MISSING" : "FOLDER_UNREADABLE",
      `Cannot use data in "${folder}": expected a folder, got ${isMissing ? "nothing of that name" : cause.code}`,
      { cause },
    );
  });
  if (stats.isDirectory()) return;
  throw new InputError(
    "FOLDER_INVALID",
    `Cannot use data in "${folder}": expected a folder, got a file`,
  );
}
