/**
 * @file From a weight file, wherever it is, to a network with all its parameters.
 */

import {
  type LoadedWeights,
  type LoadWeightsOptions,
  takeWeights,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { openWeights } from "./open.js";
import { sourceName, type WeightSource } from "./read-file.js";

export type { WeightSource } from "./read-file.js";

/**
 * Loads a weight file of this project, timm, PyTorch, Keras, TF-Slim, TensorFlow.js or ONNX; its content
 * says which. Throws `ModelError` when it is damaged, holds another network, lacks a tensor, has one
 * too many or of another shape, or one that is not finite.
 */
export async function loadWeights(
  source: WeightSource,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  return takeWeights(await openWeights(source, options.format), sourceName(source), options);
}
