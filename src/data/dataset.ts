/**
 * @file A folder of photos as samples: a file and the number of its class.
 *
 * Two layouts: `train/<class>` beside `val/<class>` (or `validation`), or the class folders alone, of
 * which a share is kept for validation. That share is chosen by the hash of each file's bytes, so
 * that a photo stays on its side whatever it is called, and its exact copies with it.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, UsageError } from "../errors.js";
import { findImages } from "../image/find-images.js";
import { formatList } from "../image/formats.js";

/** A photo and its class. */
export interface Sample {
  /** Its path: the folder as given, and the path inside. */
  readonly file: string;
  /** Index into the classes. */
  readonly label: number;
}

/** Photos to train on and to validate with. */
export interface Dataset {
  readonly folder: string;
  /** Names of the classes, sorted by code unit. */
  readonly classes: readonly string[];
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
}

/** Share of photos that is kept for validation where there is no folder of them. */
const defaultFraction = 0.2;

/**
 * Finds the photos of a folder; samples come sorted by class and path. Throws `InputError` on a
 * folder that cannot be used and `UsageError` on a fraction that cannot.
 */
export async function findDataset(
  folder: string,
  { valFraction }: { readonly valFraction?: number } = {},
): Promise<Dataset> {
  if (valFraction !== undefined && !(valFraction > 0 && valFraction < 1)) {
    throw new UsageError(
      "VAL_FRACTION",
      `Cannot divide "${folder}": expected a share above 0 and below 1 to validate with, got ${valFraction}`,
    );
  }
  const inside = await foldersIn(folder);
  const val = ["val", "validation"].find((name) => inside.includes(name));
  if (inside.includes("train") && val) {
    if (valFraction !== undefined) {
      throw new UsageError(
        "VAL_FRACTION",
        `Cannot divide "${folder}": expected no share where there is a folder to validate with, got ${valFraction} and "${val}"`,
      );
    }
    return readDivided(folder, val);
  }
  const root = inside.includes("train") ? join(folder, "train") : folder;
  const { classes, samples } = await readClasses(root);
  requireTwo(root, classes);
  return {
    folder,
    classes,
    ...(await divide(folder, classes, samples, valFraction ?? defaultFraction)),
  };
}

/**
 * The photos of one folder of classes, or of its `val`, for an evaluation; `known` are the classes of
 * a model, in its order. Throws `InputError` when a class is none of them.
 */
export async function findLabelled(
  folder: string,
  known?: readonly string[],
): Promise<{ readonly classes: readonly string[]; readonly samples: readonly Sample[] }> {
  const inside = await foldersIn(folder);
  const val = ["val", "validation"].find((name) => inside.includes(name));
  const isDivided = val !== undefined && !known?.includes(val);
  const root = isDivided ? join(folder, val) : folder;
  const { classes, samples } = await readClasses(root);
  if (!known) return { classes, samples };
  const unknown = classes.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new InputError(
      "CLASSES_DIFFER",
      `Cannot evaluate on "${root}": expected classes of the model (${listed(known)}), got ${listed(unknown)} too`,
    );
  }
  const index = classes.map((name) => known.indexOf(name));
  return {
    classes: known,
    samples: samples.map(({ file, label }) => ({ file, label: index[label] as number })),
  };
}

async function readDivided(folder: string, val: string): Promise<Dataset> {
  const [train, validation] = await Promise.all([
    readClasses(join(folder, "train")),
    readClasses(join(folder, val)),
  ]);
  const { classes } = train;
  const missing = classes.filter((name) => !validation.classes.includes(name));
  const extra = validation.classes.filter((name) => !classes.includes(name));
  if (missing.length > 0 || extra.length > 0) {
    const only = [
      ...(missing.length > 0 ? [`${listed(missing)} only in "train"`] : []),
      ...(extra.length > 0 ? [`${listed(extra)} only in "${val}"`] : []),
    ];
    throw new InputError(
      "CLASSES_DIFFER",
      `Cannot train on "${folder}": expected the same classes in "train" and "${val}", got ${only.join(" and ")}`,
    );
  }
  requireTwo(join(folder, "train"), classes);
  return { folder, classes, train: train.samples, validation: validation.samples };
}

async function readClasses(
  root: string,
): Promise<{ readonly classes: readonly string[]; readonly samples: readonly Sample[] }> {
  const classes = await foldersIn(root);
  if (classes.length === 0) {
    throw new InputError(
      "NO_CLASSES",
      `Cannot find classes in "${root}": expected a folder for each class, got none`,
    );
  }
  const files = await Promise.all(classes.map((name) => imagesOf(root, name)));
  const samples = files.flatMap((list, label) => list.map((file) => ({ file, label })));
  return { classes, samples };
}

async function imagesOf(root: string, name: string): Promise<readonly string[]> {
  try {
    return await findImages([join(root, name)]);
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== "NO_IMAGES") throw error;
    throw new InputError(
      "EMPTY_CLASS",
      `Cannot use class "${name}" in "${root}": expected ${formatList} files, found none`,
    );
  }
}

/** Names of the folders in a folder, sorted; hidden ones left out. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory()) {
    throw new InputError(
      "NO_FOLDER",
      `Cannot read photos from "${folder}": expected a folder, got ${stats ? "a file" : "nothing of that name"}`,
    );
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  return folders.map(({ name }) => name).sort();
}

function requireTwo(root: string, classes: readonly string[]): void {
  if (classes.length >= 2) return;
  throw new InputError(
    "ONE_CLASS",
    `Cannot train on "${root}": expected two classes at least, got ${listed(classes)} alone`,
  );
}

async function divide(
  folder: string,
  classes: readonly string[],
  samples: readonly Sample[],
  fraction: number,
): Promise<Pick<Dataset, "train" | "validation">> {
  const [train, validation]: [Sample[], Sample[]] = [[], []];
  for (const sample of samples) {
    const hash = createHash("sha256")
      .update(await readFile(sample.file))
      .digest();
    const place = hash.readUInt32LE(0) / 2 ** 32;
    (place < fraction ? validation : train).push(sample);
  }
  for (const [side, list] of [
    ["train on", train],
    ["validate with", validation],
  ] as const) {
    const there = new Set(list.map(({ label }) => label));
    const lacking = classes.filter((_, label) => !there.has(label));
    if (lacking.length === 0) continue;
    throw new InputError(
      "SPLIT_EMPTY",
      `Cannot divide "${folder}" by ${fraction}: expected photos of each class to ${side}, got none of ${listed(lacking)}`,
    );
  }
  return { train, validation };
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 5)
    .map((name) => `"${name}"`)
    .join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
