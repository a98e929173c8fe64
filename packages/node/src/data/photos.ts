/**
 * @file Where labelled photos come from, folders or a table, in one form: by part, with class names.
 */
import { join } from "node:path";
import { type LeftOut, LeftOutList } from "../image/left-out.js";
import { missingNote, readAnnotations } from "./annotations/annotations.js";
import { findClasses, pathInside } from "./folders.js";
import { findLayout } from "./layout.js";
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
  /** Names of the parts that are there, used or not. */
  readonly names: { readonly [K in PartName]?: string };
  /** Whether a photo can have several classes, or none. */
  readonly isMultiLabel: boolean;
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
  /** What was passed over. */
  readonly leftOut: readonly LeftOut[];
}

/** Which photos are looked for. */
export interface Wanted {
  /** The parts, of those that are there. */
  readonly parts: (names: readonly PartName[]) => readonly PartName[];
  /** Names that are classes, of a model. */
  readonly isClass?: (name: string) => boolean;
}

/** Finds photos by class folder. Throws `InputError` when a folder cannot be used. */
export async function photosInFolders(folder: string, wanted: Wanted): Promise<FoundPhotos> {
  const layout = await findLayout(folder, wanted.isClass);
  const names: { [K in PartName]?: string } = {};
  const parts: { [K in PartName]?: PhotoPart } = {};
  const leftOut = new LeftOutList();
  const there = Object.keys(layout.parts) as PartName[];
  for (const part of there) {
    const root = layout.parts[part] ?? folder;
    names[part] = part === "all" ? root : pathInside(folder, root);
  }
  for (const part of wanted.parts(there)) {
    const root = layout.parts[part];
    if (root === undefined) continue;
    const inside = pathInside(folder, root);
    const classes = await findClasses(root, {
      leftOut: leftOut.under(inside === "" ? "" : `${inside}/`),
      dropEmpty: part === "validation" || part === "test",
    });
    const photos = classes.flatMap(({ name, images }) =>
      images.map((path) => ({ path, file: join(root, path), labels: [name] })),
    );
    parts[part] = { name: names[part] ?? part, photos };
  }
  const { notes } = layout;
  return { place: folder, parts, names, isMultiLabel: false, notes, leftOut: leftOut.list };
}

/** Finds photos by a table. Throws `InputError` when it cannot be used. */
export async function photosInTable(
  table: string,
  folder: string,
  wanted: Wanted,
): Promise<FoundPhotos> {
  const found = await readAnnotations(table, folder, { needsLabels: true });
  const all: { [K in PartName]?: { name: string; photos: NamedPhoto[] } } = {};
  for (const { file, labels, split = "all" } of found.photos) {
    all[split] ??= { name: split, photos: [] };
    all[split]?.photos.push({ file, labels, path: pathInside(folder, file) });
  }
  const there = Object.keys(all) as PartName[];
  const names = Object.fromEntries(there.map((part) => [part, part]));
  const parts = Object.fromEntries(wanted.parts(there).map((part) => [part, all[part]]));
  const { isMultiLabel } = found;
  const notes = [...found.notes, ...missingNote(table, found)];
  return { place: table, parts, names, isMultiLabel, notes, leftOut: [] };
}
