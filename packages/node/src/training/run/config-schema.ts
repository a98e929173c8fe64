/**
 * @file What `config.json` of a run holds, in version 1.
 *
 * The first runs named no network and no number type: there was one of each. What core defines is
 * described here once more, since core has no schemas; the compiler compares both.
 */

import {
  architectureNames,
  defaultArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { precisions } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Augmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import { colorDistortions } from "@inception-resnet-v2/core/internal/image/augment-color.js";
import {
  filters,
  type Preprocessing,
  resizeModes,
} from "@inception-resnet-v2/core/internal/image/presets.js";
import { numbers } from "@inception-resnet-v2/core/internal/ranges.js";
import type { Optimizer } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { type Recipe, recipeNames } from "@inception-resnet-v2/core/internal/training/recipes.js";
import type { Schedule } from "@inception-resnet-v2/core/internal/training/schedule.js";
import { splitRules } from "../../data/split.js";
import { engineNames } from "../../executors/index.js";
import {
  either,
  holding,
  type Infer,
  list,
  number,
  oneOf,
  only,
  optional,
  orElse,
  orNull,
  pair,
  record,
  type Schema,
  text,
  triple,
  truth,
  variants,
} from "../../json/schema.js";
import { phaseRanges, recipeRanges, settingRanges } from "../ranges.js";

const { positive, notNegative, upTo1, count, countFrom1 } = numbers;

const preprocessing: Schema<Preprocessing> = record({
  resize: oneOf(resizeModes),
  filter: oneOf(filters),
  cropFraction: number({
    expected: "a number above 0 and at most 1",
    holds: (value) => value > 0 && value <= 1,
  }),
  mean: triple(number(), "three numbers"),
  std: triple(number(positive), "three numbers above 0"),
});

const range = pair(number(positive), "two numbers above 0");

const augmentation: Schema<Augmentation> = record({
  crop: either(
    only("none"),
    record({ area: range, aspect: range, covered: number(upTo1), tries: number(count) }),
    '"none" or a crop',
  ),
  flip: truth(),
  color: either(
    only("none"),
    oneOf(Object.keys(colorDistortions) as readonly (keyof typeof colorDistortions)[]),
    `one of none, ${Object.keys(colorDistortions).join(", ")}`,
  ),
  randAugment: optional(record({ operations: number(count), magnitude: number(notNegative) })),
  erasing: optional(
    record({
      probability: number(upTo1),
      area: range,
      aspect: range,
      fill: either(only("noise"), number(), '"noise" or a number'),
    }),
  ),
});

const optimizer: Schema<Optimizer> = variants("kind", [
  record({
    kind: only("rmsprop"),
    decay: number(upTo1),
    momentum: number(upTo1),
    epsilon: number(notNegative),
  }),
  record({ kind: only("sgd"), momentum: number(upTo1), nesterov: truth() }),
  record({
    kind: only("adamw"),
    beta1: number(upTo1),
    beta2: number(upTo1),
    epsilon: number(notNegative),
  }),
]);

const schedule: Schema<Schedule> = variants("kind", [
  record({ kind: only("constant") }),
  record({ kind: only("exponential"), factor: number(positive), epochs: number(positive) }),
  record({ kind: only("cosine"), end: number(upTo1) }),
  record({ kind: only("step"), factor: number(positive), at: list(number(notNegative)) }),
  record({ kind: only("plateau"), factor: number(positive), patience: number(countFrom1) }),
]);

/** The fields of a recipe that are the same in all phases. */
const recipe = {
  optimizer,
  schedule,
  weightDecay: number(recipeRanges.weightDecay),
  clipNorm: orNull(number(recipeRanges.clipNorm)),
  ema: orNull(number(recipeRanges.ema)),
  statisticsDecay: number(recipeRanges.statisticsDecay),
  freezeNorms: truth(),
  dropout: number(recipeRanges.dropout),
  labelSmoothing: number(recipeRanges.labelSmoothing),
  mixup: number(recipeRanges.mixup),
  cutmix: number(recipeRanges.cutmix),
  auxiliary: truth(),
  auxiliaryWeight: number(recipeRanges.auxiliaryWeight),
  augmentation,
} satisfies { readonly [K in keyof Omit<Recipe, keyof typeof phaseRanges>]: Schema<Recipe[K]> };

/** A stretch of epochs in which the same part of the network is trained. */
export const phaseSchema = holding(
  record({
    /** `head`: the classifier alone; `tune`: what follows; `train`: the only phase. */
    name: oneOf(["head", "train", "tune"]),
    /** Part of the network that stays as it is. */
    freeze: text(),
    /** Times through the photos. */
    epochs: number(phaseRanges.epochs),
    /** Highest learning rate. */
    learningRate: number(phaseRanges.learningRate),
    /** Epochs in which the rate rises from 0. */
    warmupEpochs: number(phaseRanges.warmupEpochs),
    /** Photos a step. */
    batch: number(phaseRanges.batch),
    /** Parts that a step is computed in. */
    parts: number(phaseRanges.parts),
  }),
  "parts",
  "a divisor of the batch",
  ({ batch, parts }) => batch % parts === 0,
);

/** What is settled before a run starts, beside its recipe. */
const own = {
  /** Version of this layout. */
  version: only(1),
  /** Recipe that settled what was left open. */
  recipe: oneOf(recipeNames),
  /** Folder of photos. */
  data: text(),
  /** Table of photos; null: folders say the classes. */
  annotations: orElse(orNull(text()), null),
  /** Where the weights are that the run started from; null: untrained. */
  weights: orNull(text()),
  /** Name of the network. */
  arch: orElse(oneOf(architectureNames), defaultArchitecture),
  /** Factor of the channels of every convolution. */
  width: number(settingRanges.width),
  /** Input height and width in pixels. */
  inputSize: pair(number(countFrom1), "two whole numbers from 1"),
  /** How photos become tensors. */
  preprocessing,
  /** The phases, in order. */
  phases: holding(list(phaseSchema), "0", "a phase", ({ length }) => length > 0),
  /** Factor of the learning rate from each stage to the one before it. */
  stageRate: number(settingRanges.stageRate),
  /** Memory that a step may take, in bytes; null: the machine's. */
  memory: orNull(number(settingRanges.memory)),
  /** Fraction kept for validation; null: the default. */
  valFraction: orNull(number(settingRanges.valFraction)),
  /** Parts for cross-validation; null: none. */
  folds: orElse(orNull(number(settingRanges.folds)), null),
  /** Part that is kept for validation, from 1; null: none. */
  fold: orElse(orNull(number(settingRanges.fold)), null),
  /** How photos are split; `threshold` in runs from before there was `rank`. */
  splitRule: orElse(oneOf(splitRules), "threshold"),
  /** Whether each class is drawn equally often. */
  balanced: truth(),
  /** Whether the loss of each class is weighed by its rarity. */
  classWeights: truth(),
  /** Where decoded photos are kept between epochs. */
  cache: oneOf(["none", "memory", "disk"]),
  /** Seed of all randomness. */
  seed: number(settingRanges.seed),
  /** Where it computes. */
  engine: oneOf(engineNames),
  /** Threads to compute with; null: one a core. */
  threads: orNull(number(settingRanges.threads)),
  /** Number type of products and activations. */
  precision: orElse(oneOf(precisions), "fp32"),
};

/** Settings without their recipe, for their type. */
export const ownSettingsSchema = record(own);

/** The whole file. */
export const runConfigSchema = record({
  settings: record({ ...own, ...recipe }),
  /** Names of the classes by index. */
  classes: list(text()),
  /** Hash over the photos that the run was started with. */
  fingerprint: text(),
});

/** What `config.json` holds. */
export type RunConfig = Infer<typeof runConfigSchema>;
