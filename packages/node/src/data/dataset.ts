/**
 * @file A folder of photos as lists of samples to learn from and to measure with.
 *
 * `DIR/train/<class>` and `DIR/val/<class>`, or `DIR/<class>` alone, of which a fraction becomes
 * the validation photos. Which side a photo falls to is decided by the SHA-256 of its bytes and
 * nothing else: renaming it, adding others or copying it changes nothing, and copies stay together.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { readBytes } from "../image/read-node.js";
import { type ClassFolder, findClasses, findSplit, pathInside, quoted } from "./folders.js";
import { forEachConcurrently } from "./for-each-concurrently.js";

/** A photo and the place of its class in the list of classes. */
export interface Sample {
  /** The folder of the data joined with the path inside it. */
  readonly file: string;
  readonly label: number;
}

/** Photos in two parts; the samples of each are sorted by path, by code unit. */
export interface Dataset {
  readonly folder: string;
  /** The names of the class folders, sorted by code unit. */
  readonly classes: readonly string[];
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
}

/** Photos with labels among the given classes. */
export interface LabelledPhotos {
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
}

const defaultValFraction = 0.2;

/**
 * Finds the photos of a folder and splits them. `valFraction`, between 0 and 1, is the part that
 * becomes validation photos where there is no folder of them (0.2). Throws `UsageError` when the
 * fraction does not fit, `InputError` when the folder cannot be learned from.
 */
export async function findDataset(
  folder: string,
  { valFraction }: { readonly valFraction?: number } = {},
): Promise<Dataset> {
  if (valFraction !== undefined && !(valFraction > 0 && valFraction < 1)) {
    throw new UsageError(
      "OPTION_RANGE",
      `Cannot split the data: expected a validation fraction between 0 and 1, got ${valFraction}`,
      { option: "valFraction" },
    );
  }
  const { train, validation } = await findSplit(folder);
  if (validation === undefined) {
    return splitByContent(folder, await findClasses(train ?? folder), valFraction);
  }
  if (train === undefined) {
    throw new InputError(
      "SPLIT_MISSING",
      `Cannot use data in "${folder}": expected a folder "train", got only "${pathInside(folder, validation)}"`,
    );
  }
  if (valFraction !== undefined) {
    throw new UsageError(
      "OPTION_UNUSED",
      `Cannot split the data: expected no validation fraction beside the folder "${validation}", got ${valFraction}`,
      { option: "valFraction" },
    );
  }
  const learned = await findClasses(train);
  const measured = await findClasses(validation);
  const classes = namesOf(learned);
  checkSameClasses(folder, { train, validation, learned: classes, measured: namesOf(measured) });
  checkSeveral(train, classes);
  return {
    folder,
    classes,
    train: samplesOf(learned, classes),
    validation: samplesOf(measured, classes),
  };
}

/**
 * Finds labelled photos to measure a model with: `DIR/val/<class>` where there is such a folder,
 * else `DIR/<class>`. Labels are places in `classes`, the model's names (by default the folders').
 * Throws `InputError` when a folder is not one of them or there is nothing to measure with.
 */
export async function findLabelled(
  folder: string,
  classes?: readonly string[],
): Promise<LabelledPhotos> {
  const { train, validation } = await findSplit(folder);
  if (train !== undefined && validation === undefined) {
    throw new InputError(
      "SPLIT_MISSING",
      `Cannot evaluate on "${folder}": expected a folder "val" beside "train", got none`,
    );
  }
  const root = validation ?? folder;
  const found = await findClasses(root);
  if (classes === undefined) {
    const names = namesOf(found);
    return { classes: names, samples: samplesOf(found, names) };
  }
  const unknown = namesOf(found).filter((name) => !classes.includes(name));
  if (unknown.length > 0) {
    throw new InputError(
      "CLASS_UNKNOWN",
      `Cannot label photos in "${root}": expected folders named as the model's ${classes.length} classes (${quoted(classes, 3)}), got ${quoted(unknown)}`,
    );
  }
  const twice = namesOf(found).find((name) => classes.indexOf(name) !== classes.lastIndexOf(name));
  if (twice !== undefined) {
    throw new InputError(
      "CLASS_AMBIGUOUS",
      `Cannot label photos in "${root}": expected folders that name one class of the model, got "${twice}", the name of several`,
    );
  }
  return { classes, samples: samplesOf(found, classes) };
}

async function splitByContent(
  folder: string,
  found: readonly ClassFolder[],
  valFraction = defaultValFraction,
): Promise<Dataset> {
  const classes = namesOf(found);
  checkSeveral(found[0]?.root ?? folder, classes);
  const samples = samplesOf(found, classes);
  const isValidation: boolean[] = [];
  await forEachConcurrently(samples, async ({ file }, index) => {
    isValidation[index] = (await placeOf(folder, file)) < valFraction;
  });
  const train = samples.filter((_, index) => !isValidation[index]);
  const validation = samples.filter((_, index) => isValidation[index]);
  for (const [label, name] of classes.entries()) {
    const missing = [train, validation].findIndex(
      (part) => !part.some((sample) => sample.label === label),
    );
    if (missing < 0) continue;
    const count = found[label]?.images.length;
    throw new InputError(
      "CLASS_NOT_SPLIT",
      `Cannot split class "${name}" in "${folder}" by validation fraction ${valFraction}: expected photos on both sides, got ${missing === 0 ? "no training photo" : "no validation photo"} of ${count}`,
    );
  }
  return { folder, classes, train, validation };
}

/** A number from 0 up to 1 by the bytes of a file, or by its path where it cannot be read. */
async function placeOf(folder: string, file: string): Promise<number> {
  const bytes = await readBytes(file).catch(() => pathInside(folder, file));
  return createHash("sha256").update(bytes).digest().readUIntBE(0, 6) / 2 ** 48;
}

function namesOf(found: readonly ClassFolder[]): string[] {
  return found.map(({ name }) => name);
}

/** Sorted by the path with slashes, so that the order is the same on every system. */
function samplesOf(found: readonly ClassFolder[], classes: readonly string[]): Sample[] {
  const labels = new Map(classes.map((name, label) => [name, label]));
  const all = found.flatMap(({ name, root, images }) =>
    images.map((path) => ({ path, file: join(root, path), label: labels.get(name) as number })),
  );
  all.sort((a, b) => (a.path < b.path ? -1 : 1));
  return all.map(({ file, label }) => ({ file, label }));
}

function checkSeveral(root: string, classes: readonly string[]): void {
  if (classes.length > 1) return;
  throw new InputError(
    "CLASSES_TOO_FEW",
    `Cannot train on "${root}": expected folders of at least two classes, got only ${quoted(classes)}`,
  );
}

/** Classes without validation photos are well (the report names them), without training photos not. */
function checkSameClasses(
  folder: string,
  names: {
    readonly train: string;
    readonly validation: string;
    readonly learned: readonly string[];
    readonly measured: readonly string[];
  },
): void {
  const { learned, measured } = names;
  const only = (list: readonly string[], other: readonly string[], place: string) => {
    const extra = list.filter((name) => !other.includes(name));
    return extra.length > 0 ? [`${quoted(extra)} only in ${pathInside(folder, place)}`] : [];
  };
  const unlearned = only(measured, learned, names.validation);
  if (unlearned.length === 0) return;
  const extra = [...only(learned, measured, names.train), ...unlearned];
  throw new InputError(
    "CLASSES_DIFFER",
    `Cannot use data in "${folder}": expected the same classes in ${pathInside(folder, names.train)} and ${pathInside(folder, names.validation)}, got ${extra.join(" and ")}`,
  );
}
