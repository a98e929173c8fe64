/**
 * @file Class folders: one folder a class, with photos at any depth.
 *
 * Names are composed (NFC), so that a letter is the same letter whichever system wrote it. Folders
 * that hold no photo but runs of trainings are no classes.
 */
import { stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { formatList } from "@inception-resnet-v2/core/internal/image/formats.js";
import { readablePath } from "../files/byte-path.js";
import { foldersIn, imagesUnder } from "../image/find-images.js";
import { LeftOutList } from "../image/left-out.js";
import { entriesOf } from "../image/walk.js";

/** A class and its images: paths inside the root, with slashes, sorted by code unit. */
export interface ClassFolder {
  readonly name: string;
  readonly images: readonly string[];
}

/** How to look for classes. */
export interface FindClassesOptions {
  /** Where to count what is passed over. */
  readonly leftOut?: LeftOutList;
  /** Whether a class may be empty, and is then as if it were not there; false. */
  readonly dropEmpty?: boolean;
}

/**
 * The classes of a folder and their images, sorted by name. Throws `InputError` when there are no
 * classes, or one of them has no image.
 */
export async function findClasses(
  root: string,
  { leftOut = new LeftOutList(), dropEmpty = false }: FindClassesOptions = {},
): Promise<ClassFolder[]> {
  const found = new Map<string, string[]>();
  for (const { name: folder, kind } of await entriesOf(root, leftOut)) {
    if (kind === "file") {
      leftOut.add("file in no class folder", folder);
      continue;
    }
    const images = await imagesOf(root, folder, leftOut);
    if (!images) continue;
    const name = readablePath(folder).normalize("NFC");
    const known = found.get(name) ?? [];
    found.set(name, [...known, ...images.map((image) => `${folder}/${image}`)]);
  }
  const classes = [...found].map(([name, images]) => ({ name, images: images.sort() }));
  classes.sort((a, b) => (a.name < b.name ? -1 : 1));
  const empty = classes.flatMap(({ name, images }) => (images.length === 0 ? [name] : []));
  if (empty.length === classes.length) {
    const got = empty.length === 0 ? "no folders" : `no images in ${quoted(empty)}`;
    throw new InputError(
      "CLASSES_MISSING",
      `Cannot find classes in "${root}": expected a folder of ${formatList} files for each class, got ${got}`,
    );
  }
  if (empty.length === 0) return classes;
  if (dropEmpty) {
    for (const name of empty) leftOut.add("class folder without photos", name);
    return classes.filter(({ images }) => images.length > 0);
  }
  throw new InputError(
    "CLASS_EMPTY",
    `Cannot use the classes in "${root}": expected ${formatList} files in each, got none in ${quoted(empty)}`,
  );
}

/** The images of a class folder; undefined where it is none. */
async function imagesOf(
  root: string,
  folder: string,
  leftOut: LeftOutList,
): Promise<string[] | undefined> {
  const path = join(root, folder);
  try {
    const passed = new LeftOutList();
    const images = await imagesUnder(path, passed, `${folder}/`);
    if (images.length === 0 && (await holdsRuns(path))) {
      leftOut.add("folder of runs", folder);
      return undefined;
    }
    leftOut.addAll(passed);
    return images;
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== "FOLDER_UNREADABLE") throw error;
    const { code } = error.cause as NodeJS.ErrnoException;
    leftOut.fail("folder", folder, code);
    return undefined;
  }
}

/** Whether a folder is a run, or has one right inside it. */
export async function holdsRuns(folder: string): Promise<boolean> {
  if (await isRun(folder)) return true;
  for (const name of await foldersIn(folder).catch(() => [])) {
    if (await isRun(join(folder, name))) return true;
  }
  return false;
}

async function isRun(folder: string): Promise<boolean> {
  const parts = ["config.json", "weights"].map((name) => stat(join(folder, name)));
  return Promise.all(parts).then(
    ([config, weights]) => config?.isFile() === true && weights?.isDirectory() === true,
    () => false,
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
