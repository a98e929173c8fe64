/**
 * @file Resolves the options of a training to complete settings, as plain data.
 *
 * The result is written to the run folder first; a resumed run reads nothing else.
 */

import {
  defaultArchitecture,
  findArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Executor } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import type { Range } from "@inception-resnet-v2/core/internal/ranges.js";
import {
  type Recipe,
  type RecipeName,
  recipeNames,
  recipes,
} from "@inception-resnet-v2/core/internal/training/recipes.js";
import { checkSchedule } from "@inception-resnet-v2/core/internal/training/schedule.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { createExecutor, isEngineName } from "../executors/index.js";
import type { Infer } from "../json/schema.js";
import { phaseRanges, recipeRanges, settingRanges } from "./ranges.js";
import type { ownSettingsSchema, phaseSchema } from "./run/config-schema.js";
import type { TrainOptions } from "./train-options.js";

/** A stretch of epochs in which the same part of the network is trained. */
export interface Phase extends Infer<typeof phaseSchema> {}

/** Everything that is settled before a run starts. */
export interface Settings
  extends Infer<typeof ownSettingsSchema>,
    Omit<Recipe, "epochs" | "batch" | "learningRate" | "warmupEpochs"> {}

/** The recipe that is asked for, or the one that fits. */
export function recipeNameOf({
  recipe,
  weights,
}: {
  readonly recipe?: RecipeName | undefined;
  readonly weights?: unknown;
}): RecipeName {
  return recipe ?? (weights === undefined ? "from-scratch-small" : "fine-tune");
}

/** What a caller asks for, with weights in words: a run folder keeps those. */
export type SettleOptions = Omit<TrainOptions, "weights"> & {
  readonly weights?: string | undefined;
};

/** Settles what was left open. Throws `UsageError` on a value out of range. */
export function settle(options: SettleOptions, loaded?: LoadedWeights): Settings {
  const name = recipeNameOf(options);
  if (!recipeNames.includes(name)) {
    throw new UsageError(
      "RECIPE_UNKNOWN",
      `Unknown recipe "${name}": expected one of ${recipeNames.join(", ")}`,
    );
  }
  const recipe: Recipe = { ...recipes[name], ...defined(options, Object.keys(recipes[name])) };
  const { epochs, batch, learningRate, warmupEpochs, ...rest } = recipe;
  const arch = loaded?.network.arch ?? options.arch ?? defaultArchitecture;
  const { freezePoint } = findArchitecture(arch);
  const phases = planPhases(
    { ...options, freeze: options.freeze ?? (options.fineTune ? freezePoint : "none") },
    { epochs, batch, learningRate, warmupEpochs },
  );
  const size = options.inputSize ?? loaded?.network.inputSize ?? 299;
  const preprocessing = options.preprocessing ?? loaded?.preprocessing ?? "timm";
  const settings: Settings = {
    version: 1,
    recipe: name,
    data: options.data,
    annotations: options.annotations ?? null,
    weights: options.weights ?? null,
    arch,
    width: loaded?.network.width ?? options.width ?? 1,
    inputSize: typeof size === "number" ? [size, size] : size,
    preprocessing: typeof preprocessing === "string" ? presets[preprocessing] : preprocessing,
    phases,
    ...rest,
    stageRate: options.stageRate ?? 1,
    memory: options.memory ?? null,
    valFraction: options.valFraction ?? null,
    folds: options.folds ?? null,
    fold: options.fold ?? null,
    splitRule: "rank",
    balanced: options.balanced ?? false,
    classWeights: options.classWeights ?? false,
    cache: options.cache ?? "none",
    seed: options.seed ?? 0,
    engine: options.engine ?? "auto",
    threads: options.threads ?? null,
    precision: options.precision ?? "fp32",
  };
  checkRanges(settings, options, loaded);
  return settings;
}

/** The executor that a run computes on. Throws `ResourceError` where it is missing. */
export function openExecutor({ engine, threads, precision }: Settings): Promise<Executor> {
  return createExecutor(engine, { precision, ...(threads !== null && { threads }) });
}

/** The later phase learns at a tenth of the rate, and not for long: its weights are good already. */
const tuneRate = 0.1;
const tuneEpochs = 5;
/** A classifier alone learns fast, and in large batches. */
const headRate = 10;
const headBatch = 64;

function planPhases(
  options: SettleOptions,
  recipe: Pick<Recipe, "epochs" | "batch" | "learningRate" | "warmupEpochs">,
): readonly Phase[] {
  const { freeze = "none", fineTune = false, headEpochs = 20, microBatch = recipe.batch } = options;
  const parts = recipe.batch / microBatch;
  const head: Phase = {
    ...recipe,
    name: "head",
    freeze: "body",
    learningRate: recipe.learningRate * (options.learningRate === undefined ? headRate : 1),
    batch: options.batch ?? headBatch,
    parts: 1,
  };
  if (freeze === "body") return [head];
  if (!fineTune) return [{ ...recipe, name: "train", freeze, parts }];
  const tune: Phase = {
    ...recipe,
    name: "tune",
    freeze,
    epochs: options.epochs ?? Math.min(recipe.epochs, tuneEpochs),
    learningRate: recipe.learningRate * tuneRate,
    parts,
  };
  return [{ ...head, epochs: headEpochs, learningRate: recipe.learningRate * headRate }, tune];
}

function checkRanges(settings: Settings, options: SettleOptions, loaded?: LoadedWeights): void {
  checkNumbers(settings, { ...recipeRanges, ...settingRanges });
  for (const phase of settings.phases) {
    const { parts, ...others } = phase;
    checkNumbers(others, phaseRanges);
    const divides = phaseRanges.parts.holds(parts);
    require("microBatch", options.microBatch, divides, `a divisor of the batch ${phase.batch}`);
  }
  checkSchedule(settings.schedule);
  const { engine } = settings;
  require("engine", engine, isEngineName(engine), "the name of an engine");
  const own = loaded?.network.width;
  const asked = options.width ?? own;
  require("width", asked, own === undefined || asked === own, `${own}, as in the weights`);
  if (options.headEpochs !== undefined && !options.fineTune) {
    throw new UsageError(
      "OPTION_UNUSED",
      `Cannot train the classifier for ${options.headEpochs} epochs first: expected fineTune beside headEpochs, got a run of one phase`,
      { option: "fineTune" },
    );
  }
  if (settings.weights === null && (options.fineTune || options.freeze === "body")) {
    throw new UsageError(
      "OPTION_MISSING",
      "Cannot train a classifier on an untrained body: expected weights, got none",
      { option: "weights" },
    );
  }
}

/** Every number that has a range lies in it; null stands for none. */
function checkNumbers(values: object, ranges: Readonly<Record<string, Range>>): void {
  for (const [option, value] of Object.entries(values)) {
    const range = ranges[option];
    if (range && value !== null) require(option, value, range.holds(value), range.expected);
  }
}

function require(option: string, value: unknown, holds: boolean, expected: string): void {
  if (holds) return;
  throw new UsageError(
    "OPTION_RANGE",
    `Option "${option}" is out of range: expected ${expected}, got ${value}`,
    { option },
  );
}

/** Fields of an object that are given, of those that are asked for. */
function defined<T extends object>(from: T, keys: readonly string[]): Partial<T> {
  return Object.fromEntries(
    Object.entries(from).filter(([key, value]) => keys.includes(key) && value !== undefined),
  ) as Partial<T>;
}
