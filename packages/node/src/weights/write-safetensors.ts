/**
 * @file Tensors as a safetensors file on disk.
 */
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  safetensorsParts,
  type WriteOptions,
} from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { writeWeights } from "./write-weights.js";

/**
 * Writes a file beside and renames it, tensor by tensor: no half of it is ever under its final
 * name. The same tensors give the same bytes. Throws `ModelError` when a float does not fit `dtype`
 * and `ResourceError` when the file cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: Tensors,
  options: WriteOptions = {},
): Promise<void> {
  await writeWeights(path, safetensorsParts(tensors, options));
}
