/**
 * @file The options that decide what a training computes; `train`, `lr-find` and `plan` share them.
 */

import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import {
  type Augmentation,
  noAugmentation,
  slimAugmentation,
  smallAugmentation,
} from "@inception-resnet-v2/core/internal/image/augment.js";
import { type PresetName, presetNames } from "@inception-resnet-v2/core/internal/image/presets.js";
import { defaultErasing } from "@inception-resnet-v2/core/internal/image/random-erasing.js";
import {
  defaultAdamW,
  defaultSgd,
  paperRmsProp,
} from "@inception-resnet-v2/core/internal/training/optimizer.js";
import {
  type Recipe,
  type RecipeName,
  recipeNames,
  recipes,
} from "@inception-resnet-v2/core/internal/training/recipes.js";
import { type Schedule, schedules } from "@inception-resnet-v2/core/internal/training/schedule.js";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { EngineName } from "../executors/index.js";
import { recipeNameOf } from "../training/settings.js";
import type { TrainOptions } from "../training/train-options.js";
import { trainOptionNames } from "../training/unused-options.js";
import {
  annotationsOption,
  archOption,
  byteSize,
  dataOf,
  engineOption,
  fraction,
  inputSize,
  positiveNumber,
  precisionOption,
  pulledWeights,
  threadsHelp,
  weightsHelp,
  wholeNumber,
} from "./options.js";

const optimizers = {
  rmsprop: paperRmsProp,
  sgd: defaultSgd,
  nesterov: { ...defaultSgd, nesterov: true },
  adamw: defaultAdamW,
} as const;

const augmentations = {
  none: noAugmentation,
  small: smallAugmentation,
  slim: slimAugmentation,
  rand: { ...smallAugmentation, color: "none", randAugment: { operations: 2, magnitude: 9 } },
} as const;

/** What the command line gives; names as commander makes them of the flags. */
export interface TrainFlags {
  readonly data?: string;
  readonly resume?: string;
  readonly extendEpochs?: number;
  readonly stopAfter?: number;
  readonly out?: string;
  readonly recipe?: RecipeName;
  readonly weights?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly microBatch?: number;
  readonly arch?: ArchitectureName;
  readonly width?: number;
  readonly inputSize?: number | [number, number];
  readonly optimizer?: keyof typeof optimizers;
  readonly schedule?: Schedule["kind"];
  readonly lr?: number;
  readonly lrFactor?: number;
  readonly lrEpochs?: readonly number[];
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly labelSmoothing?: number;
  readonly dropout?: number;
  readonly mixup?: number;
  readonly cutmix?: number;
  readonly augment?: keyof typeof augmentations;
  readonly erasing?: number;
  readonly aux?: boolean;
  readonly auxWeight?: number;
  readonly ema?: number;
  readonly freeze?: string;
  readonly freezeNorms?: boolean;
  readonly statisticsDecay?: number;
  readonly fineTune?: boolean;
  readonly headEpochs?: number;
  readonly stageRate?: number;
  readonly balanced?: boolean;
  readonly classWeights?: boolean;
  readonly valFraction?: number;
  readonly annotations?: string;
  readonly folds?: number;
  readonly fold?: number;
  readonly cache?: "none" | "memory" | "disk";
  readonly preprocess?: PresetName;
  readonly seed?: number;
  readonly engine?: EngineName;
  readonly threads?: number;
  readonly precision?: Precision;
  readonly memory?: number;
  readonly json?: boolean;
}

/** Adds the options. */
export function withTrainOptions(command: Command): Command {
  const named = (flags: string, text: string, names: readonly string[]) =>
    new Option(flags, text).choices([...names]);
  return command
    .option("-d, --data <dir>", "folder of photos")
    .addOption(annotationsOption())
    .option("-w, --weights <name>", `weights to start from: ${weightsHelp} (default: none)`)
    .addOption(
      named(
        "--recipe <name>",
        "default settings (default: fine-tune with --weights, else from-scratch-small)",
        recipeNames,
      ),
    )
    .option("-e, --epochs <n>", "passes over the photos", wholeNumber(1))
    .option("-b, --batch <n>", "photos per optimizer step", wholeNumber(1))
    .option(
      "--micro-batch <n>",
      "photos computed at a time, to save memory; must divide the batch (default: the batch)",
      wholeNumber(1),
    )
    .addOption(archOption())
    .option("--width <factor>", "multiplies the channels of every convolution", positiveNumber)
    .option("--input-size <pixels>", "299, or height x width", inputSize)
    .addOption(named("--optimizer <name>", "optimizer", Object.keys(optimizers)))
    .addOption(named("--schedule <name>", "learning-rate schedule", Object.keys(schedules)))
    .option("--lr <rate>", "peak learning rate", positiveNumber)
    .option(
      "--lr-factor <factor>",
      "factor of the schedules exponential, step and plateau",
      positiveNumber,
    )
    .option(
      "--lr-epochs <n,...>",
      "when --lr-factor applies: every n epochs (exponential), after each n (step), n epochs without a lower loss (plateau)",
      wholeNumbers,
    )
    .option("--warmup <epochs>", "epochs over which the learning rate rises from 0", notNegative)
    .option("--weight-decay <factor>", "L2 decay of weights, not of batch norm", notNegative)
    .option("--clip-norm <norm>", "largest L2 norm of all gradients; 0: no limit", notNegative)
    .option("--label-smoothing <fraction>", "label smoothing", fraction)
    .option("--dropout <probability>", "dropout probability before the classifier", fraction)
    .option("--mixup <alpha>", "mixup alpha; 0: off", notNegative)
    .option(
      "--cutmix <alpha>",
      "CutMix alpha; with mixup, one is picked per batch with probability 0.5; 0: off",
      notNegative,
    )
    .addOption(named("--augment <name>", "augmentation of photos", Object.keys(augmentations)))
    .option("--erasing <probability>", "random-erasing probability", fraction)
    .option("--aux", "train the auxiliary classifier too")
    .option("--no-aux", "leave the auxiliary classifier out")
    .option("--aux-weight <factor>", "weight of the auxiliary loss", notNegative)
    .option(
      "--ema <decay>",
      "evaluate and save an exponential moving average of the weights; 0: off",
      fraction,
    )
    .option("--freeze <block>", "freeze the network up to a block, or body: all but the classifier")
    .option("--freeze-norms", "freeze the running statistics of every batch norm")
    .option("--no-freeze-norms", "let trained batch norms use the statistics of the batch")
    .option("--statistics-decay <decay>", "decay of running statistics per step", fraction)
    .option(
      "--fine-tune",
      "two phases: the classifier alone, then 5 epochs of all after --freeze (in v2 block17_20)",
    )
    .option(
      "--head-epochs <n>",
      "epochs of the first phase of --fine-tune (default: 20)",
      wholeNumber(1),
    )
    .option(
      "--stage-rate <factor>",
      "factor of the learning rate from each stage to the one before it",
      positiveNumber,
    )
    .option("--balanced", "sample every class equally often")
    .option("--class-weights", "weight the loss of each class by its inverse frequency")
    .option(
      "--val-fraction <fraction>",
      "fraction of each class kept for validation; 0: none (default: 0.2 without val photos)",
      fraction,
    )
    .option("--folds <k>", "cross-validation: split each class in k parts ...", wholeNumber(2))
    .option("--fold <i>", "... and keep part i for validation, from 1", wholeNumber(1))
    .addOption(
      named("--cache <where>", "keep decoded photos between epochs", ["none", "memory", "disk"]),
    )
    .addOption(named("--preprocess <preset>", "how photos become tensors", presetNames))
    .option("--seed <n>", "random seed; equal seeds give equal runs (default: 0)", wholeNumber(0))
    .addOption(engineOption())
    .option("--threads <n>", threadsHelp, wholeNumber(1))
    .addOption(precisionOption())
    .option("--memory <size>", "memory budget of a step, such as 3GiB", byteSize);
}

/** The recipes for `--help`: what each gives where no flag says otherwise. */
export function recipesText(): string {
  const lines = Object.entries(recipes).map(([name, recipe]: [string, Recipe]) => {
    const { epochs, batch, optimizer, learningRate, schedule, ema, auxiliary } = recipe;
    const more = [...(ema === null ? [] : [`ema ${ema}`]), ...(auxiliary ? ["aux"] : [])];
    const parts = [`${optimizer.kind} ${learningRate}`, schedule.kind, ...more];
    return `  ${name.padEnd(20)}${epochs} epochs, batch ${batch}, ${parts.join(", ")}`;
  });
  return `Recipes, the defaults of all these options:\n${lines.join("\n")}`;
}

/** The flags as options of the library, once the weights that they name are here. */
export async function openTrainOptions(flags: TrainFlags): Promise<TrainOptions> {
  const options = readTrainOptions(flags);
  const { weights } = flags;
  return weights === undefined ? options : { ...options, weights: await pulledWeights(weights) };
}

/** The flags as options of the library. Throws `UsageError` when the folder is missing. */
export function readTrainOptions(flags: TrainFlags): TrainOptions {
  const data = dataOf(flags);
  const { optimizer, clipNorm, ema, lr, warmup, aux, auxWeight, preprocess } = flags;
  const schedule = readSchedule(flags);
  const augmentation = readAugmentation(flags);
  const same = Object.fromEntries(
    Object.entries(flags).filter(([name]) => trainOptionNames.includes(name)),
  );
  return {
    ...same,
    data,
    ...(optimizer && { optimizer: optimizers[optimizer] }),
    ...(schedule && { schedule }),
    ...(augmentation && { augmentation }),
    ...(clipNorm !== undefined && { clipNorm: clipNorm === 0 ? null : clipNorm }),
    ...(ema !== undefined && { ema: ema === 0 ? null : ema }),
    ...(lr !== undefined && { learningRate: lr }),
    ...(warmup !== undefined && { warmupEpochs: warmup }),
    ...(aux !== undefined && { auxiliary: aux }),
    ...(auxWeight !== undefined && { auxiliaryWeight: auxWeight }),
    ...(preprocess && { preprocessing: preprocess }),
  } as TrainOptions;
}

/** The schedule where one of its flags is given, its other constants as the recipe has them. */
function readSchedule(flags: TrainFlags): Schedule | undefined {
  const { schedule, lrFactor, lrEpochs } = flags;
  if (lrFactor === undefined && lrEpochs === undefined) return schedule && schedules[schedule];
  const base = schedule ? schedules[schedule] : recipes[recipeNameOf(flags)].schedule;
  const changed = { ...base, ...(lrFactor !== undefined && { factor: lrFactor }) } as Schedule;
  const [epochs = 0, ...more] = lrEpochs ?? [];
  if (changed.kind === "step") return lrEpochs ? { ...changed, at: lrEpochs } : changed;
  if (changed.kind === "constant" || changed.kind === "cosine" || more.length > 0) {
    throw new UsageError(
      "OPTION_UNUSED",
      more.length > 0
        ? `Expected one number in --lr-epochs for the schedule ${changed.kind}, got ${lrEpochs?.join(",")}`
        : `Expected --schedule exponential, step or plateau beside --lr-factor or --lr-epochs, got ${changed.kind}`,
    );
  }
  if (!lrEpochs) return changed;
  return changed.kind === "plateau" ? { ...changed, patience: epochs } : { ...changed, epochs };
}

/** The augmentation where one of its flags is given. */
function readAugmentation(flags: TrainFlags): Augmentation | undefined {
  const { augment, erasing } = flags;
  if (erasing === undefined) return augment && augmentations[augment];
  const base = augment ? augmentations[augment] : recipes[recipeNameOf(flags)].augmentation;
  return { ...base, erasing: { ...defaultErasing, probability: erasing } };
}

function wholeNumbers(text: string): number[] {
  return text.split(",").map((part) => wholeNumber(1)(part));
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError(`Expected a number from 0, got "${text}".`);
}
