/**
 * @file `photos.json` of a run: the photos that it was started with, by content, so that a resumed run
 * can name what changed.
 */
import { readFile } from "node:fs/promises";
import type { KnownPhoto } from "../../data/inspect.js";
import { readJson } from "../../json/read.js";

/** The text of the file: a line a photo. */
export function photoListText(photos: readonly KnownPhoto[]): string {
  const lines = photos.map((one) => JSON.stringify(one));
  return `{"version":1,"photos":[\n${lines.join(",\n")}\n]}\n`;
}

/** Reads the file; undefined where there is none that can be used, as in runs from before it. */
export async function readPhotoList(path: string): Promise<readonly KnownPhoto[] | undefined> {
  try {
    const { photoListSchema } = await import("./photo-list-schema.js");
    return readJson(photoListSchema, await readFile(path, "utf8")).photos;
  } catch {
    return undefined;
  }
}

/** Photos named for each kind of change. */
const named = 3;

/** What differs between two lists of photos, in words. */
export function photoChanges(before: readonly KnownPhoto[], now: readonly KnownPhoto[]): string {
  const [old, present] = [before, now].map(
    (photos) => new Map(photos.map((photo) => [photo.path, photo])),
  ) as [Map<string, KnownPhoto>, Map<string, KnownPhoto>];
  const both = before.flatMap((photo) => {
    const other = present.get(photo.path);
    return other ? [{ path: photo.path, photo, other }] : [];
  });
  const kinds: [string, readonly { readonly path: string }[]][] = [
    ["gone", before.filter(({ path }) => !present.has(path))],
    ["new", now.filter(({ path }) => !old.has(path))],
    ["edited", both.filter(({ photo, other }) => photo.sha256 !== other.sha256)],
    ["of another class", both.filter(({ photo, other }) => photo.class !== other.class)],
    ["in another split", both.filter(({ photo, other }) => photo.split !== other.split)],
  ];
  const found = kinds.filter(([, photos]) => photos.length > 0);
  return found.map(([kind, photos]) => `${photos.length} ${kind} (${names(photos)})`).join(", ");
}

function names(photos: readonly { readonly path: string }[]): string {
  const more = photos.length > named ? [`${photos.length - named} more`] : [];
  return [...photos.slice(0, named).map(({ path }) => path), ...more].join(", ");
}
