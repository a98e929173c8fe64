/**
 * @file Which photos are kept for validation where nothing else says it.
 *
 * The SHA-256 of its bytes decides where a photo stands in its class, neither its name nor its
 * place: the validation photos of a class are those of the lowest hashes, or, of K folds, the I-th
 * part of all in this order. Copies of one photo stay together, in several classes too.
 */
import { createHash } from "node:crypto";
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { readBytes } from "../image/read-node.js";
import type { Sample } from "./dataset.js";
import { pathInside } from "./folders.js";
import { forEachConcurrently } from "./for-each-concurrently.js";

/**
 * `rank`: in each class, the part asked for, and one photo at least on each side. `threshold`: every
 * photo whose hash is low, whatever its class; runs from before there was the other go on with it.
 */
export type SplitRule = "rank" | "threshold";

/** All rules. */
export const splitRules: readonly SplitRule[] = ["rank", "threshold"];

/** How to split. */
export interface SplitOptions {
  /** Part that becomes validation photos, from 0 (none) and below 1; 0.2. */
  readonly valFraction?: number | undefined;
  /** Into how many parts the photos fall, from 2, each of which can be the validation photos. */
  readonly folds?: number | undefined;
  /** Which of the parts it is, from 1. */
  readonly fold?: number | undefined;
  /** The rule; `rank`. */
  readonly splitRule?: SplitRule | undefined;
}

const defaultValFraction = 0.2;

/** Throws `UsageError` on options that do not fit. */
export function checkSplitOptions({ valFraction, folds, fold }: SplitOptions): void {
  const require = (option: string, holds: boolean, expected: string, got: unknown) => {
    if (holds) return;
    throw new UsageError(
      "OPTION_RANGE",
      `Cannot split the data: expected ${expected}, got ${got ?? "none"}`,
      { option },
    );
  };
  const isWhole = (value: number, most: number) =>
    Number.isInteger(value) && value >= 1 && value <= most;
  if (valFraction !== undefined) {
    const holds = valFraction >= 0 && valFraction < 1;
    require("valFraction", holds, "a validation fraction from 0 and below 1", valFraction);
    if (folds !== undefined || fold !== undefined) {
      throw new UsageError(
        "OPTION_UNUSED",
        `Cannot split the data: expected folds or a validation fraction, got both`,
        { option: "valFraction" },
      );
    }
  }
  if (folds === undefined && fold === undefined) return;
  require("folds", folds !== undefined &&
    folds > 1 &&
    isWhole(folds, 1000), "folds from 2 to 1000", folds);
  const most = folds ?? 0;
  require("fold", fold !== undefined && isWhole(fold, most), `a fold from 1 to ${most}`, fold);
}

/** Splits samples, whose order stays. Throws `InputError` where no class can be on both sides. */
export async function splitByContent(
  folder: string,
  samples: readonly Sample[],
  classes: readonly string[],
  options: SplitOptions,
): Promise<{ train: readonly Sample[]; validation: readonly Sample[] }> {
  const { valFraction = defaultValFraction, splitRule = "rank" } = options;
  if (valFraction === 0) return { train: samples, validation: [] };
  const hashes: string[] = [];
  await forEachConcurrently(samples, async ({ file }, index) => {
    hashes[index] = await hashOf(folder, file);
  });
  const chosen =
    splitRule === "rank"
      ? chooseByRank(samples, hashes, classes, { ...options, valFraction })
      : new Set(hashes.filter((hash) => placeOf(hash) < valFraction));
  const isValidation = (_: Sample, index: number) => chosen.has(hashes[index] ?? "");
  const validation = samples.filter(isValidation);
  if (validation.length > 0) {
    return { train: samples.filter((one, index) => !isValidation(one, index)), validation };
  }
  throw new InputError(
    "CLASS_NOT_SPLIT",
    `Cannot split the photos in "${folder}": expected a class with a photo for each side, got none (a validation fraction of 0 trains without validation photos)`,
  );
}

/** The hash of a file, or of its path where it cannot be read. */
async function hashOf(folder: string, file: string): Promise<string> {
  const bytes = await readBytes(file).catch(() => pathInside(folder, file));
  return createHash("sha256").update(bytes).digest("hex");
}

/** A number from 0 up to 1. */
function placeOf(hash: string): number {
  return Number.parseInt(hash.slice(0, 12), 16) / 2 ** 48;
}

/** Photos of one content in a class. */
interface Unit {
  readonly hash: string;
  count: number;
}

/** The hashes of the validation photos. What several classes have goes where the first puts it. */
function chooseByRank(
  samples: readonly Sample[],
  hashes: readonly string[],
  classes: readonly string[],
  options: SplitOptions & { readonly valFraction: number },
): Set<string> {
  const sides = new Map<string, boolean>();
  for (const [name, units] of groups(samples, hashes, classes)) {
    const count = units.reduce((sum, unit) => sum + unit.count, 0);
    const isChosen =
      options.folds === undefined ? byFraction(options, count) : byFold(options, count, name);
    let start = 0;
    const free = units.filter(({ hash }) => !sides.has(hash));
    for (const unit of units) {
      if (!sides.has(unit.hash)) sides.set(unit.hash, isChosen(start));
      start += unit.count;
    }
    const has = (side: boolean) => units.some(({ hash }) => sides.get(hash) === side);
    const [lowest, highest] = [free[0], free.at(-1)];
    if (!has(false) && highest) sides.set(highest.hash, false);
    else if (!has(true) && lowest && units.length > 1 && options.folds === undefined) {
      sides.set(lowest.hash, true);
    }
  }
  return new Set([...sides].flatMap(([hash, isChosen]) => (isChosen ? [hash] : [])));
}

/** The contents of each class, lowest hash first; of photos with several classes, of all together. */
function groups(
  samples: readonly Sample[],
  hashes: readonly string[],
  classes: readonly string[],
): Map<string, Unit[]> {
  const found = new Map<string, Map<string, Unit>>();
  for (const [index, { label, labels }] of samples.entries()) {
    const name = labels ? "" : (classes[label] ?? "");
    const hash = hashes[index] ?? "";
    const group = found.get(name) ?? new Map<string, Unit>();
    found.set(name, group);
    const unit = group.get(hash) ?? { hash, count: 0 };
    group.set(hash, unit);
    unit.count++;
  }
  const sorted = (group: Map<string, Unit>) =>
    [...group.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
  return new Map([...found].map(([name, group]) => [name, sorted(group)]));
}

function byFraction({ valFraction }: { readonly valFraction: number }, count: number) {
  const wanted = Math.min(Math.max(Math.round(count * valFraction), 1), count - 1);
  return (start: number) => start < wanted;
}

/** Where there are fewer photos than folds, the name of the class says which folds get them. */
function byFold({ folds = 2, fold = 1 }: SplitOptions, count: number, name: string) {
  const digest = createHash("sha256").update(name).digest();
  const offset = count < folds ? digest.readUInt32BE(0) : 0;
  return (start: number) =>
    (Math.floor(((start + 0.5) * folds) / count) + offset) % folds === fold - 1;
}
