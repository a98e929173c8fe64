/**
 * @file Calibrated weights: a copy that carries a temperature, fitted on held-out photos.
 */
import { freeing } from "@inception-resnet-v2/core/internal/abort.js";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { evaluateLogits } from "@inception-resnet-v2/core/internal/evaluation/metrics.js";
import {
  crossFit,
  fitTemperature,
} from "@inception-resnet-v2/core/internal/evaluation/temperature.js";
import { numbers, requireRange } from "@inception-resnet-v2/core/internal/ranges.js";
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import { InceptionResNetV2 } from "../model/model.js";
import { isLoaded, loadingOf, loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";
import { checkWeightPlace } from "../weights/write-weights.js";
import { type EvaluatedPhotos, type EvaluateOptions, labelledLogits } from "./evaluate.js";

/** What to calibrate, on what, and where to. */
export interface CalibrateOptions extends EvaluateOptions {
  /** The file to write; an existing one is replaced. */
  readonly out: string;
  /**
   * Number type of the copy.
   * @defaultValue F32
   */
  readonly dtype?: FloatType | undefined;
}

/** Calibration before and after; errors are 0 to 1, losses in nats. */
export interface CalibrateResult extends EvaluatedPhotos {
  /** The temperature that was fitted: logits are divided by it. */
  readonly temperature: number;
  /** Photos that it was fitted on. */
  readonly images: number;
  /** With the temperature that the weights had. */
  readonly before: Confidence;
  /** With the temperature, on the photos that it was fitted to. */
  readonly after: Confidence;
  /** Each half of the photos with the temperature of the other half: nothing is fitted to itself. */
  readonly crossFitted: Confidence;
}

/** Mean cross-entropy, and the gap between confidence and accuracy. */
export interface Confidence {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Expected calibration error, 0 to 1. */
  readonly calibrationError: number;
}

/**
 * Fits the temperature on labelled photos and writes the weights with it, beside and then renamed.
 * The ranking of classes stays. Throws as `evaluate` does, and `ResourceError` where the file cannot
 * be written.
 */
export async function calibrate(options: CalibrateOptions): Promise<CalibrateResult> {
  const { weights, out, dtype, data, annotations, batch, signal, onProgress, ...more } = options;
  const { onDownload, ...rest } = more;
  const { onNote } = rest;
  requireRange("batch", batch, numbers.countFrom1);
  await checkWeightPlace(out);
  const asked = { ...loadingOf(rest), signal, onProgress: onDownload, onNote };
  const loaded = isLoaded(weights) ? weights : await loadWeights(weights, asked);
  const { network, parameters, provenance = {} } = loaded;
  const model = await InceptionResNetV2.fromWeights(loaded, { ...rest, signal });
  await using _ = freeing(signal, () => model.dispose());
  if (model.activation !== "softmax") {
    throw new ModelError(
      "ACTIVATION_UNSUPPORTED",
      `Cannot calibrate: expected weights whose scores are a softmax, got ${model.activation}`,
    );
  }
  const photos = { data, annotations, batch, signal, onProgress };
  const { input, ...known } = await labelledLogits(model, photos);
  const confidence = (logits: Float32Array): Confidence => {
    const { loss, calibrationError } = evaluateLogits({ ...input, logits });
    return { loss, calibrationError };
  };
  const temperature = fitTemperature(input);
  const result: CalibrateResult = {
    temperature,
    images: input.files.length,
    before: confidence(input.logits.map((logit) => logit / model.temperature)),
    after: confidence(input.logits.map((logit) => logit / temperature)),
    crossFitted: confidence(crossFit(input)),
    ...known,
  };
  await saveWeights(out, parameters, {
    signal,
    ...(dtype && { dtype }),
    metadata: {
      network,
      ...(model.labels.length > 0 && { labels: model.labels }),
      preprocessing: model.preprocessing,
      temperature,
      activation: model.activation,
      provenance: { ...provenance, calibration: { images: result.images, ...result.crossFitted } },
    },
  });
  return result;
}
