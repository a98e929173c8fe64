/**
 * @file How photos become tensors, as plain data that travels inside weight files.
 *
 * A network is worth its published accuracy only with the pixels it was measured with, so each
 * preset is one program's own pipeline, to the bit:
 *
 * - `timm`: pytorch-image-models, `transforms_imagenet_eval` with this network's crop_pct 0.8975.
 * - `keras`: `image_dataset_from_directory` and `inception_resnet_v2.preprocess_input`.
 * - `slim`: tensorflow/models, `preprocess_for_eval` of research/slim/preprocessing.
 */
import { ModelError } from "../errors.js";
import type { Filter } from "./resample.js";
import type { TensorflowFilter } from "./resize-tensorflow.js";

/** The steps from pixels to a tensor. */
export interface Preprocessing {
  /**
   * `short-side`: keep the proportions, fit the short side to the input size divided by
   * `cropFraction`, cut the centre out. `squash`: keep the central `cropFraction` of each side,
   * then stretch that to the input size.
   */
  readonly resize: (typeof resizeModes)[number];
  /** Pillow's antialiased filters, or TensorFlow's bilinear without antialiasing. */
  readonly filter: Filter | TensorflowFilter;
  /** How much of each side stays, above 0, at most 1. */
  readonly cropFraction: number;
  /** Subtracted from red, green, blue, in units where white is 1. */
  readonly mean: Channels;
  /** Divides red, green, blue after that, above 0. */
  readonly std: Channels;
}

type Channels = readonly [red: number, green: number, blue: number];

/** Ways to bring a picture to the input size. */
export const resizeModes = ["short-side", "squash"] as const;
/** Filters of a resize. */
export const filters = [
  "bicubic",
  "bilinear",
  "lanczos",
  "box",
  "tensorflow",
  "tensorflow-legacy",
] as const satisfies readonly Preprocessing["filter"][];

const half: Channels = [0.5, 0.5, 0.5];

/** The pipelines of the programs that publish weights of this network. */
export const presets = {
  timm: { resize: "short-side", filter: "bicubic", cropFraction: 0.8975, mean: half, std: half },
  keras: { resize: "squash", filter: "tensorflow", cropFraction: 1, mean: half, std: half },
  slim: {
    resize: "squash",
    filter: "tensorflow-legacy",
    cropFraction: 0.875,
    mean: half,
    std: half,
  },
} as const satisfies Record<string, Preprocessing>;

/** `timm`, `keras` or `slim`. */
export type PresetName = keyof typeof presets;

/** The names of the presets. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/** Checks data from a weight file. Throws `ModelError` that names the field which does not fit. */
export function parsePreprocessing(json: unknown): Preprocessing {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw invalid("preprocessing", "an object", json);
  }
  const { resize, filter, cropFraction, mean, std, ...others } = json as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(unknown, "no such field", others[unknown]);
  if (!isFraction(cropFraction)) {
    throw invalid("cropFraction", "a number above 0 and at most 1", cropFraction);
  }
  return {
    resize: oneOf("resize", resizeModes, resize),
    filter: oneOf("filter", filters, filter),
    cropFraction,
    mean: channels("mean", "three numbers", mean, Number.isFinite),
    std: channels("std", "three numbers above 0", std, (one) => Number.isFinite(one) && one > 0),
  };
}

function isFraction(value: unknown): value is number {
  return typeof value === "number" && value > 0 && value <= 1;
}

function oneOf<T extends string>(field: string, known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw invalid(field, `one of ${known.join(", ")}`, value);
  return found;
}

function channels(
  field: string,
  expected: string,
  value: unknown,
  fits: (one: number) => boolean,
): Channels {
  const isRight =
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((one) => typeof one === "number" && fits(one));
  if (!isRight) throw invalid(field, expected, value);
  return value as unknown as Channels;
}

function invalid(field: string, expected: string, value: unknown): ModelError {
  const got = value === undefined ? "nothing" : JSON.stringify(value);
  return new ModelError(
    "PREPROCESSING_INVALID",
    `Cannot read the preprocessing of the weights: expected ${expected} in "${field}", got ${got}`,
  );
}
