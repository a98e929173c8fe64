/**
 * @file From what a caller asks for to everything that a training needs to know, as plain data.
 *
 * The result is written to the run folder first; a resumed run reads nothing else.
 */
import {
  type ArchitectureName,
  defaultArchitecture,
  findArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Executor, Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import {
  type Preprocessing,
  type PresetName,
  presets,
} from "@inception-resnet-v2/core/internal/image/presets.js";
import type { Freeze } from "@inception-resnet-v2/core/internal/training/freeze.js";
import {
  type Recipe,
  type RecipeName,
  recipeNames,
  recipes,
} from "@inception-resnet-v2/core/internal/training/recipes.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { createExecutor, type EngineName, isEngineName } from "../executors/index.js";
import type { WeightSource } from "../weights/place.js";

/** What a caller may ask for; all of a recipe can be overridden. */
export interface TrainOptions extends Partial<Recipe> {
  /** Folder with `train/<class>` and `val/<class>`, or with a folder for each class. */
  readonly data: string;
  /** Where decoded choices come from; by default `fine-tune` with weights, else `from-scratch-small`. */
  readonly recipe?: RecipeName | undefined;
  /**
   * Weights to start from: where they are, or weights that were loaded before; by default the network
   * starts untrained.
   */
  readonly weights?: WeightSource | LoadedWeights | undefined;
  /** Which network of the family; that of the weights, else `inception_resnet_v2`. */
  readonly arch?: ArchitectureName | undefined;
  /** Multiplies the channels of every convolution; 1. Weights bring their own. */
  readonly width?: number | undefined;
  /** Input height and width in pixels; what the weights say, else 299. */
  readonly inputSize?: number | readonly [height: number, width: number] | undefined;
  /** How photos become tensors; what the weights say, else `timm`. */
  readonly preprocessing?: PresetName | Preprocessing | undefined;
  /** Part of the network that stays as it is; `none`. `body` trains the classifier on kept features. */
  readonly freeze?: Freeze | undefined;
  /**
   * Two phases: the classifier alone, then for `epochs` (5) everything after `freeze` (the network's
   * freeze point, `block17_20` of Inception-ResNet-v2) at a lower rate; false.
   */
  readonly fineTune?: boolean | undefined;
  /** Epochs of the first of the two phases; 20. */
  readonly headEpochs?: number | undefined;
  /** Learning rates fall by this factor from each stage to the one before it; 1. */
  readonly stageRate?: number | undefined;
  /**
   * Photos computed at once, to save memory: a divisor of the batch, whose gradients are the mean over
   * its parts. Batch norm takes the statistics of a part. The whole batch.
   */
  readonly microBatch?: number | undefined;
  /** Memory that a step may take, in bytes: activations are computed again where it needs that. */
  readonly memory?: number | undefined;
  /** Share of photos kept for validation where there is no `val` folder; 0.2. */
  readonly valFraction?: number | undefined;
  /** Draws each class equally often; false. */
  readonly balanced?: boolean | undefined;
  /** Weighs the loss of each class by its rarity; false. */
  readonly classWeights?: boolean | undefined;
  /** Where decoded photos are kept between epochs; `none`. */
  readonly cache?: "none" | "memory" | "disk" | undefined;
  /** Two runs of one seed are equal; 0. */
  readonly seed?: number | undefined;
  readonly engine?: EngineName | undefined;
  /** Threads to compute with; one a core. */
  readonly threads?: number | undefined;
  /** Number type of products and activations; fp32. */
  readonly precision?: Precision | undefined;
  /** Folder of the run; by default the first of `runs/train`, `runs/train2`, ... that is free. */
  readonly out?: string | undefined;
}

/** A stretch of epochs in which the same part of the network is trained. */
export interface Phase {
  readonly name: "head" | "train" | "tune";
  readonly freeze: Freeze;
  readonly epochs: number;
  readonly learningRate: number;
  readonly warmupEpochs: number;
  /** Photos a step. */
  readonly batch: number;
  /** Parts that a step is computed in: the batch divided by the micro-batch. */
  readonly parts: number;
}

/** Everything that is settled before a run starts. */
export interface Settings
  extends Omit<Recipe, "epochs" | "batch" | "learningRate" | "warmupEpochs"> {
  readonly version: 1;
  readonly recipe: RecipeName;
  readonly data: string;
  readonly weights: string | null;
  readonly arch: ArchitectureName;
  readonly width: number;
  readonly inputSize: readonly [height: number, width: number];
  readonly preprocessing: Preprocessing;
  readonly phases: readonly Phase[];
  readonly stageRate: number;
  readonly memory: number | null;
  readonly valFraction: number | null;
  readonly balanced: boolean;
  readonly classWeights: boolean;
  readonly cache: "none" | "memory" | "disk";
  readonly seed: number;
  readonly engine: EngineName;
  readonly threads: number | null;
  readonly precision: Precision;
}

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
  const { dropout, labelSmoothing, ema, statisticsDecay, seed, engine, width } = settings;
  const share = (value: number) => value >= 0 && value < 1;
  require("ema", ema, ema === null || share(ema), "a number from 0 and below 1");
  require("dropout", dropout, share(dropout), "a number from 0 and below 1");
  require("labelSmoothing", labelSmoothing, share(labelSmoothing), "a number from 0 and below 1");
  require("statisticsDecay", statisticsDecay, share(
    statisticsDecay,
  ), "a number from 0 and below 1");
  require("seed", seed, Number.isSafeInteger(seed) && seed >= 0, "a whole number from 0");
  require("engine", engine, isEngineName(engine), "the name of an engine");
  for (const phase of settings.phases) {
    const { epochs, batch, parts, learningRate: rate } = phase;
    require("epochs", epochs, Number.isInteger(epochs) && epochs > 0, "a whole number from 1");
    require("batch", batch, Number.isInteger(batch) && batch > 0, "a whole number from 1");
    require("learningRate", rate, Number.isFinite(rate) && rate > 0, "a number above 0");
    require("microBatch", options.microBatch, Number.isInteger(parts) &&
      parts > 0, `a divisor of the batch ${batch}`);
  }
  const { memory } = settings;
  require("memory", memory, memory === null || memory > 0, "a number of bytes above 0");
  const own = loaded?.network.width;
  const asked = options.width ?? own;
  require("width", asked, own === undefined || asked === own, `${own}, as in the weights`);
  require("width", width, width > 0 && width <= 8, "a number above 0 and at most 8");
  if (options.headEpochs !== undefined && settings.phases.length < 2) {
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
