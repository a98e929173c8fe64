/**
 * @file Labelled photos as lists of samples to learn from and to measure with.
 *
 * Photos lie in `DIR/train/<class>` and `DIR/val/<class>`, or in `DIR/<class>` alone, or a table
 * says what they are; those that are not split already are split by content.
 */
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { LeftOut } from "../image/left-out.js";
import { isClass, type ModelClasses, matchClasses } from "./class-names.js";
import { quoted } from "./folders.js";
import {
  type FoundPhotos,
  type PhotoPart,
  photosInFolders,
  photosInTable,
  type Wanted,
} from "./photos.js";
import { checkSplitOptions, type SplitOptions, splitByContent } from "./split.js";

/** A photo and the place of its class in the list of classes. */
export interface Sample {
  /** The folder of the data joined with the path inside it. */
  readonly file: string;
  /** Place of its class; in a multi-label dataset of its first class, and -1 where it has none. */
  readonly label: number;
  /** Places of all its classes, ascending: there in a multi-label dataset, and only there. */
  readonly labels?: readonly number[];
  /** SHA-256 of its bytes in hex, once it was inspected. */
  readonly sha256?: string;
}

/** Places of all classes of a sample. */
export function labelsOf({ label, labels }: Sample): readonly number[] {
  return labels ?? [label];
}

/** Photos in two parts; the samples of each are sorted by path, by code unit. */
export interface Dataset {
  /** Where paths of files start; the table, where there is one, may name files elsewhere. */
  readonly folder: string;
  /** The names of the classes, sorted by code unit. */
  readonly classes: readonly string[];
  /** Whether a photo can have several classes, or none. */
  readonly isMultiLabel: boolean;
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  /** What there is to know of how the photos were found, a sentence each. */
  readonly notes: readonly string[];
  /** What was passed over in folders, by reason. */
  readonly leftOut: readonly LeftOut[];
}

/** Photos with labels among the given classes. */
export interface LabelledPhotos {
  readonly classes: readonly string[];
  /** Whether a photo can have several classes, or none. */
  readonly isMultiLabel: boolean;
  readonly samples: readonly Sample[];
  /** What there is to know of how the photos were found, a sentence each. */
  readonly notes: readonly string[];
  /** What was passed over in folders, by reason. */
  readonly leftOut: readonly LeftOut[];
}

/** How photos are found and split. */
export interface DataOptions extends SplitOptions {
  /** Table that says the classes of the photos; by default their folders do. */
  readonly annotations?: string | undefined;
}

/**
 * Finds the photos of a folder, or of a table with paths in it, and splits them. Throws
 * `UsageError` when the fraction does not fit, `InputError` when there is nothing to learn from.
 */
export async function findDataset(folder: string, options: DataOptions = {}): Promise<Dataset> {
  checkSplitOptions(options);
  const found = await findPhotos(folder, options, {
    parts: (names) => names.filter((name) => name !== "test"),
  });
  const { place, isMultiLabel, leftOut } = found;
  const { train, validation, all } = found.parts;
  const learned = train ?? all;
  if (!learned) throw splitMissing(`Cannot use data in "${place}"`, "train", found);
  const classes = classNames(learned);
  if (classes.length < 2) {
    throw new InputError(
      "CLASSES_TOO_FEW",
      `Cannot train on "${learned.name}" in "${place}": expected at least two classes, got only ${quoted(classes) || "none"}`,
    );
  }
  const notes = [...found.notes, ...aboutTest(found), ...nearlySame(classes)];
  const common = { folder, classes, isMultiLabel, notes, leftOut };
  const places = placesOf(classes);
  const samples = samplesOf(learned, places, found);
  if (!validation) {
    return { ...common, ...(await splitByContent(folder, samples, classes, options)) };
  }
  const unused = (["valFraction", "folds"] as const).find((name) => options[name] !== undefined);
  if (unused !== undefined) {
    throw new UsageError(
      "OPTION_UNUSED",
      `Cannot split the data: expected no ${unused} beside the photos of "${validation.name}", got ${options[unused]}`,
      { option: unused },
    );
  }
  checkSameClasses(place, learned, validation);
  return { ...common, train: samples, validation: samplesOf(validation, places, found) };
}

/**
 * Finds labelled photos to measure a model with: those of `val` where there are such, else all.
 * Labels are places among the classes of `model` (by default the photos'). Throws `InputError`
 * when a class is not one of them or there is nothing to measure with.
 */
export async function findLabelled(
  folder: string,
  model?: ModelClasses,
  options: Pick<DataOptions, "annotations"> = {},
): Promise<LabelledPhotos> {
  const found = await findPhotos(folder, options, {
    parts: (names) =>
      (["validation", "test", "all"] as const).filter((one) => names.includes(one)).slice(0, 1),
    isClass: (name) => model !== undefined && isClass(name, model),
  });
  const { place, parts, isMultiLabel, leftOut } = found;
  const part = parts.validation ?? parts.test ?? parts.all;
  if (!part) throw splitMissing(`Cannot evaluate on "${place}"`, "val", found);
  const names = classNames(part);
  const { notes: known } = found;
  const notes = parts.test ? [...known, `measured on the photos of "${part.name}"`] : known;
  if (model === undefined) {
    const samples = samplesOf(part, placesOf(names), found);
    return { classes: names, isMultiLabel, notes, leftOut, samples };
  }
  const matched = matchClasses(names, model, place);
  return {
    classes: matched.classes,
    isMultiLabel,
    notes: [...notes, ...matched.notes],
    leftOut,
    samples: samplesOf(part, matched.places, found),
  };
}

/** Throws `InputError` where photos have several classes, or none. */
export function refuseMultiLabel(
  { isMultiLabel, train, validation }: Pick<Dataset, "isMultiLabel" | "train" | "validation">,
  place: string,
): void {
  if (!isMultiLabel) return;
  const first = [...train, ...validation].find((sample) => labelsOf(sample).length !== 1);
  throw new InputError(
    "LABELS_SEVERAL",
    `Cannot use "${place}": expected one label for each photo, got ${first ? labelsOf(first).length : "several"} for "${first?.file}"`,
  );
}

function findPhotos(
  folder: string,
  { annotations }: DataOptions,
  wanted: Wanted,
): Promise<FoundPhotos> {
  return annotations === undefined
    ? photosInFolders(folder, wanted)
    : photosInTable(annotations, folder, wanted);
}

/** What becomes of test photos in a training. */
function aboutTest({ names }: FoundPhotos): string[] {
  if (names.test === undefined) return [];
  const use = names.validation === undefined ? "kept for evaluate" : "not used";
  return [`the photos of "${names.test}" are ${use}`];
}

/** A warning where two names of classes are the same but for case and spaces. */
function nearlySame(classes: readonly string[]): string[] {
  const plain = new Map<string, string>();
  for (const name of classes) {
    const key = name.toLowerCase().trim();
    const other = plain.get(key);
    if (other !== undefined) {
      return [`warning: the classes "${other}" and "${name}" differ in nothing but case or spaces`];
    }
    plain.set(key, name);
  }
  return [];
}

function splitMissing(action: string, expected: string, { names }: FoundPhotos): InputError {
  const got = Object.values(names);
  return new InputError(
    "SPLIT_MISSING",
    `${action}: expected photos of "${expected}", got only ${quoted(got) || "others"}`,
  );
}

/** Sorted by code unit. */
function classNames({ photos }: PhotoPart): string[] {
  return [...new Set(photos.flatMap(({ labels }) => labels))].sort();
}

function placesOf(classes: readonly string[]): Map<string, number> {
  return new Map(classes.map((name, place) => [name, place]));
}

/** Sorted by the path with slashes, so that the order is the same on every system. */
function samplesOf(
  { photos }: PhotoPart,
  places: ReadonlyMap<string, number>,
  { isMultiLabel }: FoundPhotos,
): Sample[] {
  return photos
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ file, labels: names }) => {
      const labels = names.map((name) => places.get(name) as number).sort((a, b) => a - b);
      return { file, label: labels[0] ?? -1, ...(isMultiLabel && { labels }) };
    });
}

/** Classes without validation photos are well (the report names them), without training photos not. */
function checkSameClasses(place: string, train: PhotoPart, validation: PhotoPart): void {
  const [learned, measured] = [classNames(train), classNames(validation)];
  const only = (list: readonly string[], other: readonly string[], part: string) => {
    const extra = list.filter((name) => !other.includes(name));
    return extra.length > 0 ? [`${quoted(extra)} only in ${part}`] : [];
  };
  const unlearned = only(measured, learned, validation.name);
  if (unlearned.length === 0) return;
  const extra = [...only(learned, measured, train.name), ...unlearned];
  throw new InputError(
    "CLASSES_DIFFER",
    `Cannot use data in "${place}": expected the same classes in ${train.name} and ${validation.name}, got ${extra.join(" and ")}`,
  );
}
