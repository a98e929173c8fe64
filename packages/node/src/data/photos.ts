/**
 * @file Where labelled photos come from, folders or a table, in one form: by part, with class names.
 */
import { join } from "node:path";
import { readAnnotations } from "./annotations/annotations.js";
import { findClasses, findSplit, pathInside } from "./folders.js";
import type { SplitName } from "./split-names.js";

/** A photo with the names of its classes. */
export interface NamedPhoto {
  readonly file: string;
  /** The path that samples are sorted by, with slashes on every system. */
  readonly path: string;
  readonly labels: readonly string[];
}

/** A part of the photos, or all of them where they are not split. */
export type PartName = SplitName | "all";

/** The photos of one part, and what messages call it. */
export interface PhotoPart {
  readonly name: string;
  readonly photos: readonly NamedPhoto[];
}

/** All labelled photos of a place. */
export interface FoundPhotos {
  /** Where they are: a folder, or a table. */
  readonly place: string;
  readonly parts: { readonly [K in PartName]?: PhotoPart };
  /** Whether a photo can have several classes, or none. */
  readonly isMultiLabel: boolean;
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
}

/** Finds photos by class folder. Throws `InputError` when a folder cannot be used. */
export async function photosInFolders(
  folder: string,
  wanted: readonly SplitName[],
): Promise<FoundPhotos> {
  const split = await findSplit(folder);
  const parts: { [K in PartName]?: PhotoPart } = {};
  const add = async (part: PartName, root: string) => {
    const classes = await findClasses(root);
    const photos = classes.flatMap(({ name, images }) =>
      images.map((path) => ({ path, file: join(root, path), labels: [name] })),
    );
    parts[part] = { name: part === "all" ? root : pathInside(folder, root), photos };
  };
  for (const part of wanted) {
    const root = split[part];
    if (root !== undefined) await add(part, root);
  }
  if (Object.keys(split).length === 0) await add("all", folder);
  return { place: folder, parts, isMultiLabel: false, notes: [] };
}

/** Finds photos by a table. Throws `InputError` when it cannot be used. */
export async function photosInTable(table: string, folder: string): Promise<FoundPhotos> {
  const found = await readAnnotations(table, folder, { needsLabels: true });
  const parts: { [K in PartName]?: { name: string; photos: NamedPhoto[] } } = {};
  for (const { file, labels, split = "all" } of found.photos) {
    parts[split] ??= { name: split, photos: [] };
    parts[split]?.photos.push({ file, labels, path: pathInside(folder, file) });
  }
  const { isMultiLabel, missing, notes } = found;
  const lost =
    missing.length > 0
      ? [`warning: ${missing.length} of the files in "${table}" are not there: ${missing[0]}`]
      : [];
  return { place: table, parts, isMultiLabel, notes: [...notes, ...lost] };
}
