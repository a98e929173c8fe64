/**
 * @file Logits to named classes, ranked.
 */
import { ModelError } from "../errors.js";
import { numbers, requireRange } from "../ranges.js";

/** What can turn logits into scores. */
export const activations = ["softmax", "sigmoid"] as const;

/**
 * What turns logits into scores: `softmax` shares 1 among the classes, of which one is right; `sigmoid`
 * scores each class for itself, as of several that may be right.
 */
export type Activation = (typeof activations)[number];

/** What a head of so many classes has where nothing says it: of one class the softmax is always 1. */
export function usualActivation(classes: number): Activation {
  return classes === 1 ? "sigmoid" : "softmax";
}

/** A class with its probability. */
export interface Prediction {
  /** Index of the class, from 0. */
  readonly index: number;
  /** Name of the class; `class 7` where nobody knows it. */
  readonly label: string;
  /** 0 to 1: the share that softmax gives, or the class's own sigmoid. */
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

/** 1 / (1 + exp(-x)), in double precision. */
export function sigmoid(logits: ArrayLike<number>): Float64Array {
  return Float64Array.from(logits, (value) => 1 / (1 + Math.exp(-value)));
}

/**
 * The score of each class, 0 to 1, from logits divided by a temperature. Throws `ModelError` where a
 * logit is not finite: the weights are damaged, or too large for float32.
 */
export function scoresOf(
  logits: ArrayLike<number>,
  temperature: number,
  activation: Activation,
): Float64Array {
  const cooled = Float64Array.from(logits, (logit) => logit / temperature);
  const bad = cooled.findIndex((logit) => !Number.isFinite(logit));
  if (bad >= 0) {
    throw new ModelError(
      "LOGITS_NOT_FINITE",
      `Cannot score an image: expected weights that give finite logits, got ${logits[bad]} for class ${bad}`,
    );
  }
  return activation === "sigmoid" ? sigmoid(cooled) : softmax(cooled);
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
  activation: Activation = "softmax",
): Prediction[] {
  requireRange("count", count, numbers.limit);
  requireRange("temperature", temperature, numbers.positive);
  const scores = scoresOf(logits, temperature, activation);
  return Array.from(scores, (score, index) => ({ score, index }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, count)
    .map(({ index, score }) => ({ index, label: labels[index] ?? `class ${index}`, score }));
}
