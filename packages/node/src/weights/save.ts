/**
 * @file Parameters to a weight file: ours, which says everything of itself, or timm's.
 */
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  type SaveWeightsOptions,
  weightParts,
} from "@inception-resnet-v2/core/internal/weights/encode.js";
import { writeOrKeepWeights } from "./write-weights.js";

/**
 * Writes a network's parameters as safetensors, beside and then renamed: no half of a file is ever
 * under its final name. A link stays one, and what is no regular file is written through. Throws
 * `ResourceError` when the file cannot be written; its message then names the temporary file in which
 * the weights are kept.
 */
export async function saveWeights(
  path: string,
  parameters: Tensors,
  { signal, ...options }: SaveWeightsOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await writeOrKeepWeights(path, () => weightParts(parameters, options), { signal });
}
