/**
 * @file Parameters to a weight file: ours, which says everything of itself, or timm's.
 */
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  type SaveWeightsOptions,
  weightParts,
} from "@inception-resnet-v2/core/internal/weights/encode.js";
import { writeWeights } from "./write-weights.js";

/**
 * Writes a network's parameters as safetensors, beside and then renamed: no half of a file is ever
 * under its final name. Throws `ResourceError` when the file cannot be written.
 */
export async function saveWeights(
  path: string,
  parameters: Tensors,
  { signal, ...options }: SaveWeightsOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await writeWeights(path, weightParts(parameters, options), { signal });
}
