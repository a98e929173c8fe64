/**
 * @file Which numbers a training takes: the same for the options of a call and for the files of a run.
 */
import { numbers, type Range, whole } from "@inception-resnet-v2/core/internal/ranges.js";

const { positive, notNegative, share } = numbers;

/** Of each number of a phase. */
export const phaseRanges = {
  epochs: whole(1),
  learningRate: positive,
  warmupEpochs: notNegative,
  batch: whole(1),
  parts: whole(1),
} as const;

/** Of each number of a recipe that is the same in all phases; null stays where that has a meaning. */
export const recipeRanges = {
  weightDecay: notNegative,
  clipNorm: positive,
  ema: share,
  statisticsDecay: share,
  dropout: share,
  labelSmoothing: share,
  mixup: notNegative,
  cutmix: notNegative,
  auxiliaryWeight: notNegative,
} as const;

/** Of each other number of a run's settings. */
export const settingRanges = {
  width: {
    expected: "a number above 0 and at most 8",
    holds: (value) => value > 0 && value <= 8,
  },
  stageRate: positive,
  memory: {
    expected: "a number of bytes above 0",
    holds: positive.holds,
  },
  valFraction: share,
  folds: whole(2),
  fold: whole(1),
  seed: whole(0),
  threads: whole(1),
} as const satisfies Readonly<Record<string, Range>>;
