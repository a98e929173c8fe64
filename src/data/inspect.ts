/**
 * @file A look at every photo before the first step: can it be read, is it there twice, are the
 * classes of a size.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { InputError } from "../errors.js";
import { decodeImage } from "../image/decode-node.js";
import type { Dataset, Sample } from "./dataset.js";

/** What was found; plain data. */
export interface DataReport {
  readonly folder: string;
  readonly classes: readonly {
    readonly label: string;
    readonly train: number;
    readonly validation: number;
  }[];
  readonly train: number;
  readonly validation: number;
  /** Photos of the largest class to train on for each of the smallest. */
  readonly imbalance: number;
  /** Left out, with the reason. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
  /** Files of the same bytes, more than one of them. */
  readonly duplicates: readonly Duplicate[];
  /** Hash over paths, classes and bytes of all photos. */
  readonly fingerprint: string;
}

/** Files of the same bytes. */
export interface Duplicate {
  readonly files: readonly string[];
  /** Both to train on and to validate with: the figures look better than they are. */
  readonly acrossSplits: boolean;
  /** In more than one class: some of the labels are wrong. */
  readonly acrossClasses: boolean;
}

/** How to look. */
export interface InspectOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Photos read at once. */
const atOnce = 8;

/** Reads and decodes every photo. */
export async function inspectDataset(
  dataset: Dataset,
  { onProgress, signal }: InspectOptions = {},
): Promise<DataReport> {
  const { folder, classes, train, validation } = dataset;
  const all = [...train, ...validation];
  const found = new Array<{ hash: string; problem?: string }>(all.length);
  let [next, done] = [0, 0];
  const work = async () => {
    for (let at = next++; at < all.length; at = next++) {
      signal?.throwIfAborted();
      found[at] = await look((all[at] as Sample).file);
      onProgress?.(++done, all.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const count = (list: readonly Sample[], label: number) =>
    list.filter((one) => one.label === label).length;
  const rows = classes.map((name, label) => ({
    label: name,
    train: count(train, label),
    validation: count(validation, label),
  }));
  const sizes = rows.map((row) => row.train);
  return {
    folder,
    classes: rows,
    train: train.length,
    validation: validation.length,
    imbalance: Math.max(...sizes) / Math.max(Math.min(...sizes), 1),
    unreadable: all.flatMap(({ file }, at) => {
      const reason = found[at]?.problem;
      return reason === undefined ? [] : [{ file, reason }];
    }),
    duplicates: findDuplicates(all, train.length, (at) => found[at]?.hash ?? ""),
    fingerprint: fingerprintOf(folder, classes, all, (at) => found[at]?.hash ?? ""),
  };
}

/** The photos that can be read. Throws `InputError` when a side or a class is left with none. */
export function withoutUnreadable(dataset: Dataset, { unreadable }: DataReport): Dataset {
  const bad = new Set(unreadable.map(({ file }) => file));
  if (bad.size === 0) return dataset;
  const keep = (list: readonly Sample[]) => list.filter(({ file }) => !bad.has(file));
  const [train, validation] = [keep(dataset.train), keep(dataset.validation)];
  const lacking = dataset.classes.find(
    (_, label) => ![train, validation].every((list) => list.some((one) => one.label === label)),
  );
  if (lacking === undefined) return { ...dataset, train, validation };
  const total = dataset.train.length + dataset.validation.length;
  const isAll = bad.size === total;
  throw new InputError(
    "ALL_UNREADABLE",
    `Cannot train on "${dataset.folder}": expected photos${isAll ? "" : ` of class "${lacking}"`} that can be read on both sides, got ${bad.size} of ${total} that cannot: ${unreadable[0]?.reason}`,
  );
}

async function look(file: string): Promise<{ hash: string; problem?: string }> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
  if (bytes instanceof Error) {
    const problem = `Cannot read image "${file}": expected a readable file, got ${bytes.code}`;
    return { hash: "", problem };
  }
  const hash = createHash("sha256").update(bytes).digest("hex");
  try {
    await decodeImage(bytes, `"${file}"`);
    return { hash };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { hash, problem: error.message };
  }
}

function findDuplicates(
  all: readonly Sample[],
  trained: number,
  hashOf: (at: number) => string,
): Duplicate[] {
  const groups = new Map<string, number[]>();
  all.forEach((_, at) => {
    const hash = hashOf(at);
    if (hash === "") return;
    const group = groups.get(hash);
    if (group) group.push(at);
    else groups.set(hash, [at]);
  });
  return [...groups.values()].flatMap((group) => {
    if (group.length < 2) return [];
    const samples = group.map((at) => all[at] as Sample);
    const sides = new Set(group.map((at) => at < trained));
    const labels = new Set(samples.map(({ label }) => label));
    const files = samples.map(({ file }) => file);
    return [{ files, acrossSplits: sides.size > 1, acrossClasses: labels.size > 1 }];
  });
}

function fingerprintOf(
  folder: string,
  classes: readonly string[],
  all: readonly Sample[],
  hashOf: (at: number) => string,
): string {
  const hash = createHash("sha256");
  all.forEach(({ file, label }, at) => {
    const path = relative(folder, file).replaceAll("\\", "/");
    hash.update(JSON.stringify([path, classes[label], hashOf(at)]));
  });
  return hash.digest("hex");
}
