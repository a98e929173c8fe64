/**
 * @file Evaluates weights on a folder of labelled photos, by the same path as `classify`.
 */

import { freeing } from "@inception-resnet-v2/core/internal/abort.js";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type Evaluation,
  type EvaluationInput,
  evaluateLogits,
  type ImagePrediction,
  predictionsOf,
} from "@inception-resnet-v2/core/internal/evaluation/metrics.js";
import { numbers, requireRange } from "@inception-resnet-v2/core/internal/ranges.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import type { ModelClasses } from "../data/class-names.js";
import { findLabelled, refuseMultiLabel } from "../data/dataset.js";
import { leftOutLines } from "../image/left-out.js";
import { InceptionResNetV2 } from "../model/model.js";
import type { LoadOptions } from "../model/options.js";
import { isLoaded } from "../weights/load.js";
import type { WeightSource } from "../weights/place.js";
import type { PullOptions } from "../weights/pull.js";

/** Which photos to go through, and how. */
export interface PhotoOptions {
  /** Folder with a folder for each class, or with such a one as `val`. */
  readonly data: string;
  /**
   * Table that says the classes of photos in `data`, instead of their folders; as in training.
   * @defaultValue none: folders say the classes
   */
  readonly annotations?: string | undefined;
  /**
   * Images computed at once.
   * @defaultValue 8
   */
  readonly batch?: number | undefined;
  /**
   * Stops the work; the call then rejects with the signal's reason.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with the number of photos done.
   * @defaultValue none
   */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What to evaluate. */
export interface EvaluateOptions extends Omit<LoadOptions, "onProgress">, PhotoOptions {
  /** Where the weights are, or weights that were loaded before, which stay as they are. */
  readonly weights: WeightSource | LoadedWeights;
  /**
   * Called as bytes of weights are downloaded.
   * @defaultValue none
   */
  readonly onDownload?: PullOptions["onProgress"];
}

/** A photo that could not be read, and why. */
export interface UnreadablePhoto {
  /** Path of the photo. */
  readonly file: string;
  /** Why it could not be read, in one sentence. */
  readonly error: Error;
}

/** What there is to know of the photos. */
export interface EvaluatedPhotos {
  /** Photos that could not be read and were left out. */
  readonly unreadable: readonly UnreadablePhoto[];
  /** How the photos were found and their classes were told, a sentence each. */
  readonly notes: readonly string[];
}

/** An evaluation, and what there is to know of its photos. */
export interface EvaluateResult extends EvaluatedPhotos {
  /** The figures. */
  readonly evaluation: Evaluation;
  /** What was predicted for each photo that could be read, in the order of the photos. */
  readonly predictions: readonly ImagePrediction[];
}

/**
 * Classifies every photo of a folder and compares with the names of its folders. Probabilities are
 * those that `classify` gives: after the temperature of the weights. Throws `InputError` when the
 * folder cannot be used, a class is none of the model's, or no photo can be read, and `ModelError`
 * when the weights cannot be used, and the reason of the signal.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluateResult> {
  const { data, annotations, weights, batch, signal, onProgress, onDownload, ...rest } = options;
  requireRange("batch", batch, numbers.countFrom1);
  const opening = { ...rest, signal };
  const model = isLoaded(weights)
    ? await InceptionResNetV2.fromWeights(weights, opening)
    : await InceptionResNetV2.load(weights, { ...opening, onProgress: onDownload });
  await using _ = freeing(signal, () => model.dispose());
  const photos = { data, annotations, batch, signal, onProgress };
  const { input, ...known } = await labelledLogits(model, photos);
  const logits = input.logits.map((logit) => logit / model.temperature);
  const scaled = { ...input, logits };
  return { evaluation: evaluateLogits(scaled), predictions: predictionsOf(scaled), ...known };
}

function classesOf({ labels, graph }: InceptionResNetV2): ModelClasses {
  return { labels, count: graph.outputs.get("logits")?.shape[1] ?? 0 };
}

/** The logits of every photo of a folder, with its class. Throws `InputError` as `evaluate` does. */
export async function labelledLogits(
  model: InceptionResNetV2,
  { data, annotations, batch = 8, signal, onProgress }: PhotoOptions,
): Promise<EvaluatedPhotos & { input: EvaluationInput }> {
  const found = await findLabelled(data, classesOf(model), { annotations });
  const { samples, leftOut } = found;
  const notes = [...found.notes, ...leftOutLines(leftOut)];
  refuseMultiLabel({ ...found, train: [], validation: samples }, annotations ?? data);
  const { classes } = found;
  const labelOf = new Map(samples.map(({ file, label }) => [file, label]));
  const logits = new Float32Array(samples.length * classes.length);
  const [labels, files]: [number[], string[]] = [[], []];
  const unreadable: UnreadablePhoto[] = [];
  let done = 0;
  for await (const result of model.logitsAll([...labelOf.keys()], { batch, signal })) {
    const file = String(result.source);
    signal?.throwIfAborted();
    if ("error" in result) unreadable.push({ file, error: result.error });
    else {
      logits.set(result.logits, files.length * classes.length);
      labels.push(labelOf.get(file) ?? -1);
      files.push(file);
    }
    onProgress?.(++done, samples.length);
  }
  const [first] = unreadable;
  if (files.length === 0 && first) {
    throw new InputError(
      "DATA_UNREADABLE",
      `Cannot evaluate on "${data}": expected readable photos, got none of ${samples.length} (${first.error.message})`,
    );
  }
  const read = logits.subarray(0, files.length * classes.length);
  return { input: { classes, logits: read, labels, files }, unreadable, notes };
}
