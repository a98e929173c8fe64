/**
 * @file Inspects a dataset before the first step: class counts, unreadable files, duplicates.
 *
 * Every file is read and decoded whole, by the decoder that training uses, since a photo that was
 * cut off shows only then. The report is plain data: paths are inside the folder, with slashes.
 */
import { createHash } from "node:crypto";
import {
  type ErrorCode,
  InputError,
  packError,
} from "@inception-resnet-v2/core/internal/errors.js";
import { nameOf } from "@inception-resnet-v2/core/internal/image/source.js";
import { type DecodeOptions, decodeImage } from "../image/decode-node.js";
import type { LeftOut } from "../image/left-out.js";
import { readBytes } from "../image/read-node.js";
import { type Dataset, labelsOf, type Sample } from "./dataset.js";
import { pathInside } from "./folders.js";
import { forEachConcurrently } from "./for-each-concurrently.js";

/** The two parts of a dataset. */
export type Split = "train" | "validation";

/** A photo of the report. */
export interface ReportedFile {
  readonly path: string;
  /** Name of its class; of several, with "; " between them. */
  readonly class: string;
  readonly split: Split;
}

/** A photo that cannot be used, and why. */
export interface UnreadableFile extends ReportedFile {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Files of the same bytes, in the order of the dataset, training photos first. */
export interface DuplicateGroup {
  readonly files: readonly ReportedFile[];
  /** Whether training and validation both have it. */
  readonly crossesSplits: boolean;
  /** Whether it stands under several classes. */
  readonly crossesClasses: boolean;
}

/** How many photos a class has. */
export interface ClassCount {
  readonly name: string;
  readonly train: number;
  readonly validation: number;
}

/** What was found. Counts include files that cannot be read. */
export interface DataReport {
  readonly folder: string;
  /** How the photos were found, a sentence each. */
  readonly notes: readonly string[];
  /** What was passed over in folders, by reason. */
  readonly leftOut: readonly LeftOut[];
  readonly train: number;
  readonly validation: number;
  readonly classes: readonly ClassCount[];
  /** Training photos of the largest class for each one of the smallest. */
  readonly imbalance: number;
  readonly unreadable: readonly UnreadableFile[];
  readonly duplicates: readonly DuplicateGroup[];
  /** SHA-256 over path, split, class and bytes of every photo: another one when the data changed. */
  readonly fingerprint: string;
}

/** How to inspect; the options of decoding should be those of training. */
export interface InspectOptions extends DecodeOptions {
  /** Told after each file. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the inspection, which then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Whether files are decoded, not only read; true. */
  readonly decode?: boolean;
}

/** A photo of a dataset by its content. */
export interface KnownPhoto extends ReportedFile {
  /** SHA-256 of its bytes in hex; `unreadable` where they could not be read. */
  readonly sha256: string;
}

/** What an inspection finds. */
export interface Inspection {
  readonly report: DataReport;
  /** All photos, training photos first, each part in the order of the dataset. */
  readonly photos: readonly KnownPhoto[];
}

interface Finding extends KnownPhoto {
  readonly labels: readonly number[];
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** Reads every photo of a dataset, for the report alone. Throws as `inspectPhotos` does. */
export async function inspectDataset(
  dataset: Dataset,
  options: InspectOptions = {},
): Promise<DataReport> {
  return (await inspectPhotos(dataset, options)).report;
}

/** Reads every photo of a dataset. Throws only what stops the decoder itself, or the signal. */
export async function inspectPhotos(
  dataset: Dataset,
  { onProgress, signal, decode = true, ...options }: InspectOptions = {},
): Promise<Inspection> {
  const all = [
    ...dataset.train.map((sample) => ({ sample, split: "train" as const })),
    ...dataset.validation.map((sample) => ({ sample, split: "validation" as const })),
  ];
  const findings: Finding[] = new Array(all.length);
  let done = 0;
  await forEachConcurrently(
    all,
    async ({ sample, split }, index) => {
      findings[index] = {
        path: pathInside(dataset.folder, sample.file),
        class: labelsOf(sample)
          .map((label) => dataset.classes[label])
          .join("; "),
        split,
        labels: labelsOf(sample),
        ...(await examine(sample.file, decode ? options : undefined)),
      };
      onProgress?.(++done, all.length);
    },
    { signal },
  );
  const classes = countClasses(dataset);
  const counts = classes.map(({ train }) => train);
  const report: DataReport = {
    folder: dataset.folder,
    notes: dataset.notes,
    leftOut: dataset.leftOut,
    train: dataset.train.length,
    validation: dataset.validation.length,
    classes,
    imbalance: Math.max(...counts) / Math.min(...counts),
    unreadable: findings.flatMap((one) => (one.error ? [{ ...fileOf(one), ...one.error }] : [])),
    duplicates: groupDuplicates(findings),
    fingerprint: fingerprintOf(findings),
  };
  const photos = findings.map((one) => ({ ...fileOf(one), sha256: one.sha256 }));
  return { report, photos };
}

/** The dataset whose samples know their content. */
export function withContent(dataset: Dataset, photos: readonly KnownPhoto[]): Dataset {
  const known = (samples: readonly Sample[], from: number) =>
    samples.map((sample, at) => {
      const { sha256 = "unreadable" } = photos[from + at] ?? {};
      return { ...sample, sha256 };
    });
  const { train, validation } = dataset;
  return { ...dataset, train: known(train, 0), validation: known(validation, train.length) };
}

/**
 * The dataset less the photos that the report calls unreadable. Throws `InputError` when nothing is
 * left, or a class loses its last training or validation photo.
 */
export function withoutUnreadable(dataset: Dataset, report: DataReport): Dataset {
  if (report.unreadable.length === 0) return dataset;
  const paths = new Set(report.unreadable.map(({ path }) => path));
  const keep = (samples: readonly Sample[]) =>
    samples.filter(({ file }) => !paths.has(pathInside(dataset.folder, file)));
  const left = { ...dataset, train: keep(dataset.train), validation: keep(dataset.validation) };
  if (left.train.length + left.validation.length === 0) {
    throw new InputError(
      "DATA_UNREADABLE",
      `Cannot use data in "${dataset.folder}": expected readable photos, got none of ${paths.size}, the first: ${report.unreadable[0]?.message}`,
    );
  }
  const counts = countClasses(left);
  for (const { name, train, validation } of countClasses(dataset)) {
    const now = counts.find((count) => count.name === name);
    const isLost = (split: Split, before: number) => before > 0 && now?.[split] === 0;
    const split = isLost("train", train) ? "train" : "validation";
    if (!isLost(split, split === "train" ? train : validation)) continue;
    const first = report.unreadable.find((file) => file.class === name && file.split === split);
    throw new InputError(
      "CLASS_UNREADABLE",
      `Cannot use class "${name}" in "${dataset.folder}": expected readable ${splitNames[split]} photos, got none, the first: ${first?.message}`,
    );
  }
  return left;
}

const splitNames = { train: "training", validation: "validation" } as const;

/** A file that cannot be read has a name for a hash, so that its coming back is noticed. */
async function examine(
  file: string,
  options: DecodeOptions | undefined,
): Promise<Pick<Finding, "sha256" | "error">> {
  let sha256 = "unreadable";
  try {
    const bytes = await readBytes(file);
    sha256 = createHash("sha256").update(bytes).digest("hex");
    if (options) await decodeImage(bytes, nameOf(file), options);
    return { sha256 };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, message } = packError(error);
    return { sha256, error: { code, message } };
  }
}

function fileOf({ path, class: name, split }: Finding): ReportedFile {
  return { path, class: name, split };
}

function countClasses({ classes, train, validation }: Dataset): ClassCount[] {
  const counts = classes.map((name) => ({ name, train: 0, validation: 0 }));
  const count = (split: Split, samples: readonly Sample[]) => {
    for (const label of samples.flatMap(labelsOf)) {
      const class_ = counts[label];
      if (class_) class_[split]++;
    }
  };
  count("train", train);
  count("validation", validation);
  return counts;
}

function groupDuplicates(findings: readonly Finding[]): DuplicateGroup[] {
  const byHash = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.sha256 === "unreadable") continue;
    const group = byHash.get(finding.sha256);
    if (group) group.push(finding);
    else byHash.set(finding.sha256, [finding]);
  }
  return [...byHash.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      files: group.map(fileOf),
      crossesSplits: new Set(group.map(({ split }) => split)).size > 1,
      crossesClasses: new Set(group.map(({ labels }) => labels.join())).size > 1,
    }));
}

function fingerprintOf(findings: readonly Finding[]): string {
  const hash = createHash("sha256");
  for (const { path, split, labels, class: name, sha256 } of findings) {
    const label = labels.length === 1 ? labels[0] : labels;
    hash.update(`${JSON.stringify([path, split, label, name, sha256])}\n`);
  }
  return hash.digest("hex");
}
