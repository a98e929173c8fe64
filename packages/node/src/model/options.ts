/**
 * @file The options of a model: how to run it, create it, load it and stream images through it.
 */
import type { NetworkOptions } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  type Preprocessing,
  type PresetName,
  parsePreprocessing,
  presetNames,
  presets,
} from "@inception-resnet-v2/core/internal/image/presets.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import { imagenetLabels } from "@inception-resnet-v2/core/internal/predictions/imagenet-1k.js";
import {
  type Activation,
  activations,
  usualActivation,
} from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import { numbers, outOfRange, requireRanges } from "@inception-resnet-v2/core/internal/ranges.js";
import type { Initializer } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import type { EngineName } from "../executors/index.js";
import { ImageLoader } from "../image/loader.js";
import type { LoadingOptions } from "../weights/load.js";

/** How to run a model, whatever its weights. */
export interface ModelOptions {
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
   * Number type of products and activations; the engine onednn alone computes in bf16.
   * @defaultValue fp32
   */
  readonly precision?: Precision | undefined;
  /**
   * How photos become tensors.
   * @defaultValue what the weights say, else `timm`
   */
  readonly preprocessing?: PresetName | Preprocessing | undefined;
  /**
   * Names of the classes by index, as many as there are classes.
   * @defaultValue what the weights say, and ImageNet's for 1000 classes
   */
  readonly labels?: readonly string[] | undefined;
  /**
   * What turns logits into scores: `softmax` of one right class, `sigmoid` of each class for itself.
   * @defaultValue what the weights say, else softmax, and sigmoid of one class
   */
  readonly activation?: Activation | undefined;
  /**
   * Largest image to decode, in pixels.
   * @defaultValue 100 million
   */
  readonly maxPixels?: number | undefined;
  /**
   * Color put behind transparent images, 0 to 255.
   * @defaultValue the hidden color shows
   */
  readonly background?: readonly [red: number, green: number, blue: number] | undefined;
}

/** How to make an untrained model. */
export interface CreateOptions extends ModelOptions, NetworkOptions {
  /**
   * Whose initializer draws the weights.
   * @defaultValue slim
   */
  readonly initializer?: Initializer | undefined;
  /**
   * Whole number from 0; models with equal seeds have equal weights.
   * @defaultValue 0
   */
  readonly seed?: number | undefined;
  /**
   * Aborts the call, which rejects with the signal's reason.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to load weights; downloads report their bytes to `onProgress`. */
export interface LoadOptions extends ModelOptions, LoadingOptions {}

/** What ends a call early. */
export interface CallOptions {
  /**
   * Aborts the call: it rejects at once with the signal's reason. An image or batch that waits is not
   * computed, the result of one under way is dropped.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to go through many images. */
export interface StreamOptions extends CallOptions {
  /**
   * Images computed at once, from 1.
   * @defaultValue 1
   */
  readonly batch?: number;
}

/** How to classify. */
export interface ClassifyOptions extends CallOptions {
  /**
   * How many classes to give, the likeliest first, from 1.
   * @defaultValue 5
   */
  readonly topK?: number;
}

/** An image that could not be read, in the place of its result. */
export interface ImageError {
  /** The image as it was given. */
  readonly source: ImageSource;
  /** Why it could not be read. */
  readonly error: Error;
}

const modelRanges = {
  threads: numbers.countFrom1,
  maxPixels: numbers.limit,
  background: numbers.level,
};

/** Throws `UsageError` on a number out of range, before anything is read or started. */
export function checkModelOptions(options: ModelOptions & { readonly seed?: number | undefined }) {
  requireRanges(options, { ...modelRanges, seed: numbers.count });
  const { background, activation } = options;
  if (activation !== undefined && !activations.includes(activation)) {
    throw outOfRange("activation", activations.join(" or "), activation);
  }
  if (background !== undefined && background.length !== 3) {
    throw outOfRange("background", "three whole numbers from 0 to 255", background);
  }
}

/** Throws `UsageError` where a call asks for no whole number of images or classes. */
export function checkCallOptions(options: ClassifyOptions & StreamOptions): void {
  requireRanges(options, { batch: numbers.countFrom1, topK: numbers.limit });
}

/** What weights may say of how to use them. */
export type Described = Pick<
  LoadedWeights,
  "labels" | "preprocessing" | "temperature" | "activation"
>;

/** How a model is used. */
export interface Use {
  readonly preprocessing: Preprocessing;
  readonly labels: readonly string[];
  readonly temperature: number;
  readonly activation: Activation;
}

/** What the options and the weights say of preprocessing and class names, the options first. */
export function readOptions(
  model: Described & { readonly graph: Graph },
  options: ModelOptions,
): Use {
  const { preprocessing: asked } = options;
  const preprocessing =
    asked === undefined ? (model.preprocessing ?? presets.timm) : readPreprocessing(asked);
  const classes = model.graph.outputs.get("logits")?.shape[1] ?? 0;
  const known = classes === imagenetLabels.length ? imagenetLabels : [];
  const labels = options.labels ?? model.labels ?? known;
  const { temperature = 1 } = model;
  const activation = options.activation ?? model.activation ?? usualActivation(classes);
  if (labels.length === 0 || labels.length === classes) {
    return { preprocessing, labels, temperature, activation };
  }
  throw new UsageError(
    "LABELS_COUNT",
    `Cannot name the classes: expected ${classes} labels, got ${labels.length}`,
    { option: "labels" },
  );
}

function readPreprocessing(asked: PresetName | Preprocessing): Preprocessing {
  if (typeof asked === "string") {
    const preset = presets[asked];
    if (preset) return preset;
    throw outOfRange("preprocessing", `one of ${presetNames.join(", ")}`, asked);
  }
  try {
    return parsePreprocessing(asked);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^[^:]*: /, "") : `${cause}`;
    const message = `Option "preprocessing" is out of range: ${reason}`;
    throw new UsageError("OPTION_RANGE", message, { option: "preprocessing", cause });
  }
}

/** What turns photos into tensors of this size. */
export function openLoader(
  preprocessing: Preprocessing,
  [height, width]: readonly [number, number],
  { maxPixels, background }: ModelOptions,
): ImageLoader {
  return new ImageLoader({
    preprocessing,
    height,
    width,
    ...(maxPixels !== undefined && { maxPixels }),
    ...(background !== undefined && { background }),
  });
}
