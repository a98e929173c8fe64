/**
 * @file How people lay out folders of photos: with or without a split, perhaps inside one another.
 *
 * A folder is split when it holds folders named as training and validation photos, whatever else
 * stands beside them, or nothing but folders named as parts. Any other folder holds the classes
 * itself, so that a class may be called "train". A folder that holds nothing but one folder of
 * folders is taken for that one, and a note says so.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { foldersIn } from "../image/find-images.js";
import { holdsRuns, pathInside, quoted } from "./folders.js";
import { prefixedSplitOf, type SplitName, splitOf } from "./split-names.js";

/** Where the class folders are: those of each part, or all in one folder. */
export interface Layout {
  readonly parts: { readonly [K in SplitName | "all"]?: string };
  /** What was taken for what, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Finds where the class folders are; `isClass` knows names that are classes, of a model. Throws
 * `InputError` when there is no such folder to look in, or two could be one part.
 */
export async function findLayout(
  folder: string,
  isClass: (name: string) => boolean = () => false,
): Promise<Layout> {
  await checkFolder(folder);
  const names: string[] = [];
  for (const name of await foldersIn(folder)) {
    if (name !== "runs" || !(await holdsRuns(join(folder, name)))) names.push(name);
  }
  const split = partsOf(folder, names);
  if (split) return unwrapParts(folder, split);
  const [only] = names;
  if (only === undefined || names.length > 1 || isClass(only)) {
    return { parts: { all: folder }, notes: await sameNames(folder, names) };
  }
  const inner = join(folder, only);
  if ((await foldersIn(inner)).length < 2) return { parts: { all: folder }, notes: [] };
  const { parts, notes } = await findLayout(inner, isClass);
  return {
    parts,
    notes: [`the only folder in "${folder}" is "${only}": its folders are taken`, ...notes],
  };
}

function partsOf(folder: string, names: readonly string[]): Map<SplitName, string> | undefined {
  const find = (partOf: (name: string) => SplitName | undefined) => {
    const found = new Map<SplitName, string>();
    for (const name of names) {
      const part = partOf(name);
      if (part === undefined) continue;
      const before = found.get(part);
      if (before !== undefined) {
        throw new InputError(
          "SPLIT_AMBIGUOUS",
          `Cannot use data in "${folder}": expected one folder of ${part} photos, got ${quoted([before, name])}`,
        );
      }
      found.set(part, name);
    }
    return found;
  };
  const isPart = (name: string) => splitOf(name) !== undefined;
  const parts = new Set(names.map(splitOf));
  if (parts.has("train") && parts.has("validation")) return find(splitOf);
  if (names.length > 0 && names.every(isPart)) return find(splitOf);
  const prefixed = names.map(prefixedSplitOf);
  const isSplit = prefixed.includes("train") && names.length > 1 && !prefixed.includes(undefined);
  return isSplit ? find(prefixedSplitOf) : undefined;
}

/** Parts that lie in a folder of the same name once more, as in `train/train`. */
async function unwrapParts(folder: string, found: ReadonlyMap<SplitName, string>): Promise<Layout> {
  const parts: { [K in SplitName]?: string } = {};
  const notes: string[] = [];
  for (const [part, name] of found) {
    let root = join(folder, name);
    for (;;) {
      const [only, ...others] = await foldersIn(root);
      if (only === undefined || others.length > 0 || prefixedSplitOf(only) !== part) break;
      notes.push(
        `the only folder in "${pathInside(folder, root)}" is "${only}": its folders are taken`,
      );
      root = join(root, only);
    }
    parts[part] = root;
  }
  return { parts, notes };
}

/** A warning where all class folders hold folders of the same names. */
async function sameNames(folder: string, names: readonly string[]): Promise<string[]> {
  if (names.length < 2) return [];
  let common: string | undefined;
  for (const name of names) {
    const inner = await foldersIn(join(folder, name)).catch(() => []);
    common ??= JSON.stringify(inner);
    if (inner.length < 2 || JSON.stringify(inner) !== common) return [];
  }
  const inner = JSON.parse(common ?? "[]") as string[];
  return [
    `warning: ${quoted(names)} are taken for the classes, but each holds the same folders, ${quoted(inner)}, which may be the classes`,
  ];
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
