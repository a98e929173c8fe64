/**
 * @file The options of a training.
 */
import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type {
  Preprocessing,
  PresetName,
} from "@inception-resnet-v2/core/internal/image/presets.js";
import type { Freeze } from "@inception-resnet-v2/core/internal/training/freeze.js";
import type { Recipe, RecipeName } from "@inception-resnet-v2/core/internal/training/recipes.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import type { EngineName } from "../executors/index.js";
import type { WeightSource } from "../weights/place.js";

/** The options of a training; each setting of a recipe can be overridden. */
export interface TrainOptions extends Partial<Recipe> {
  /** Folder with `train/<class>` and `val/<class>`, or with a folder for each class. */
  readonly data: string;
  /**
   * Table of the classes of photos in `data`, instead of their folders: CSV, TSV or JSON Lines
   * with path, label and perhaps split (train, val, test), or a list of paths.
   * @defaultValue none: folders give the classes
   */
  readonly annotations?: string | undefined;
  /**
   * Recipe that gives the defaults.
   * @defaultValue `fine-tune` with weights, else `from-scratch-small`
   */
  readonly recipe?: RecipeName | undefined;
  /**
   * Weights to start from: where they are, or weights that were loaded before.
   * @defaultValue none: the network starts untrained
   */
  readonly weights?: WeightSource | LoadedWeights | undefined;
  /**
   * Which network of the family.
   * @defaultValue that of the weights, else `inception_resnet_v2`
   */
  readonly arch?: ArchitectureName | undefined;
  /**
   * Factor of the channels of every convolution, above 0 and at most 8; weights bring their own.
   * @defaultValue 1
   */
  readonly width?: number | undefined;
  /**
   * Input height and width in pixels; a number means a square.
   * @defaultValue what the weights say, else 299
   */
  readonly inputSize?: number | readonly [height: number, width: number] | undefined;
  /**
   * How photos become tensors.
   * @defaultValue what the weights say, else `timm`
   */
  readonly preprocessing?: PresetName | Preprocessing | undefined;
  /**
   * Part of the network that stays as it is. `body` trains the classifier on kept features.
   * @defaultValue none
   */
  readonly freeze?: Freeze | undefined;
  /**
   * Two phases: the classifier alone, then everything after `freeze` at a tenth of the rate.
   * @defaultValue false
   */
  readonly fineTune?: boolean | undefined;
  /**
   * Epochs of the first of the two phases.
   * @defaultValue 20
   */
  readonly headEpochs?: number | undefined;
  /**
   * Factor of the learning rate from each stage to the one before it, above 0.
   * @defaultValue 1
   */
  readonly stageRate?: number | undefined;
  /**
   * Photos computed at once, to save memory: a divisor of the batch, whose gradients are the
   * mean over its parts, mixed and dropped out as a whole. Batch norm takes the statistics of a part.
   * @defaultValue the whole batch
   */
  readonly microBatch?: number | undefined;
  /**
   * Memory that a step may take, in bytes; activations are computed again where it needs that.
   * @defaultValue no limit but the machine's
   */
  readonly memory?: number | undefined;
  /**
   * Fraction of each class kept for validation where there are no photos of `val`, from 0 and
   * below 1: those of the lowest SHA-256. With 0 there is no validation.
   * @defaultValue 0.2
   */
  readonly valFraction?: number | undefined;
  /**
   * Cross-validation: parts that each class falls into, in the same order, from 2.
   * @defaultValue none
   */
  readonly folds?: number | undefined;
  /**
   * The part that is kept for validation, from 1.
   * @defaultValue none
   */
  readonly fold?: number | undefined;
  /**
   * Samples each class equally often.
   * @defaultValue false
   */
  readonly balanced?: boolean | undefined;
  /**
   * Weights the loss of each class by its inverse frequency.
   * @defaultValue false
   */
  readonly classWeights?: boolean | undefined;
  /**
   * Where decoded photos are kept between epochs.
   * @defaultValue none
   */
  readonly cache?: "none" | "memory" | "disk" | undefined;
  /**
   * Whole number from 0; runs with equal seeds are equal.
   * @defaultValue 0
   */
  readonly seed?: number | undefined;
  /**
   * Where to compute; `auto` is the fastest engine that works here.
   * @defaultValue auto
   */
  readonly engine?: EngineName | undefined;
  /**
   * Threads to compute with.
   * @defaultValue one per core
   */
  readonly threads?: number | undefined;
  /**
   * Number type of products and activations.
   * @defaultValue fp32
   */
  readonly precision?: Precision | undefined;
  /**
   * Folder of the run.
   * @defaultValue the first of `runs/train`, `runs/train2`, ... that is free
   */
  readonly out?: string | undefined;
}
