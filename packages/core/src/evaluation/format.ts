/**
 * @file Formats the figures of an evaluation, for the page and the terminal.
 */
import type { ClassFigures, Evaluation } from "./metrics.js";

/** What stands where a figure has no meaning. */
const none = "–";

/** A share as `84.2%`. */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)}%` : none;
}

/** A loss or another number without a unit, to four digits: `0.5321`, `12.35`, `4.500e-5`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return none;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(3);
  return value.toFixed(size < 10 ? 4 : size < 100 ? 2 : 1);
}

/** A count as `55,873`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 image`, `2 images`. */
export function formatCounted(count: number, thing: string): string {
  const ending = count === 1 ? "" : /s$/.test(thing) ? "es" : "s";
  return `${formatCount(count)} ${thing}${ending}`;
}

/** The figures of the whole set, by name. */
export function headlines(evaluation: Evaluation): readonly (readonly [string, string])[] {
  return [
    ["top-1", formatShare(evaluation.top1)],
    ["top-5", formatShare(evaluation.top5)],
    ["loss", formatNumber(evaluation.loss)],
    ["calibration error", formatShare(evaluation.calibrationError)],
    ["macro F1", formatShare(evaluation.macroF1)],
  ];
}

/** Images, precision, recall and F1 of a class; a dash where there is nothing to divide by. */
export function classCells(one: ClassFigures): [string, string, string, string] {
  return [
    formatCount(one.images),
    one.predicted === 0 ? none : formatShare(one.precision),
    one.images === 0 ? none : formatShare(one.recall),
    one.images + one.predicted === 0 ? none : formatShare(one.f1),
  ];
}

/** The classes with the lowest F1 first; those that were never met last. */
export function weakestFirst(perClass: readonly ClassFigures[]): ClassFigures[] {
  const rank = (one: ClassFigures) => (one.images + one.predicted === 0 ? 2 : one.f1);
  return perClass.toSorted((a, b) => rank(a) - rank(b) || b.images - a.images);
}
