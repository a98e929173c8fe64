/**
 * @file The names that people give the parts of a dataset.
 */

/** A part of a dataset: what is learned from, what is measured while learning, what after it. */
export type SplitName = "train" | "validation" | "test";

const words = {
  train: "train(?:ing)?",
  validation: "val(?:id(?:ation)?)?|dev",
  test: "test(?:ing)?",
} as const;

const suffix = "(?:[ _-]?(?:set|data|dataset|images|imgs|photos|pics|pictures|split))?";

function patterns(prefix: string): [SplitName, RegExp][] {
  return Object.entries(words).map(([name, word]) => [
    name as SplitName,
    new RegExp(`^${prefix}(?:${word})${suffix}$`, "i"),
  ]);
}

const plain = patterns("");
const prefixed = patterns("(?:.*[ _-])?");

/** Which part a name such as `train`, `Training`, `val_set` or `TEST` means. */
export function splitOf(name: string): SplitName | undefined {
  return plain.find(([, pattern]) => pattern.test(name))?.[0];
}

/** The same of names with something before it, such as `seg_train`. */
export function prefixedSplitOf(name: string): SplitName | undefined {
  return prefixed.find(([, pattern]) => pattern.test(name))?.[0];
}
