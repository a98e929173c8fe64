/**
 * @file Logits to named classes, ranked.
 */
import { numbers, requireRange } from "../ranges.js";

/** A class with its probability. */
export interface Prediction {
  /** Index of the class, from 0. */
  readonly index: number;
  /** Name of the class; `class 7` where nobody knows it. */
  readonly label: string;
  /** Softmax probability, 0 to 1. */
  readonly score: number;
}

/** exp(x) / sum of exp(x), in double precision, safe from overflow. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = values.map((value) => Math.exp(value - top));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/**
 * The likeliest `count` classes, best first; equals keep the order of their indices. The logits are
 * divided by `temperature` first, which changes the scores and not their order. Throws `UsageError`
 * where `count` is no whole number from 1 (or Infinity), or `temperature` not above 0.
 */
export function topK(
  logits: ArrayLike<number>,
  count: number,
  labels: readonly string[] = [],
  temperature = 1,
): Prediction[] {
  requireRange("count", count, numbers.limit);
  requireRange("temperature", temperature, numbers.positive);
  const scores = softmax(Array.from(logits, (logit) => logit / temperature));
  return Array.from(scores, (score, index) => ({ score, index }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, count)
    .map(({ index, score }) => ({ index, label: labels[index] ?? `class ${index}`, score }));
}
