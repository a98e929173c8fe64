/**
 * @file How each tensor of a file was mapped.
 */
import type { Shape } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { OpenedWeights } from "@inception-resnet-v2/core/internal/weights/opened.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";

/** A parameter and what it was taken from. */
export interface TakenTensor {
  /** Canonical name of the parameter. */
  readonly name: string;
  /** Its shape here. */
  readonly shape: Shape;
  /** The tensor of the file; null where it comes with a convolution, as norms in ONNX do. */
  readonly from: { readonly name: string; readonly shape: readonly number[] } | null;
}

/** The parameters that were taken from a file, in the order of the network. */
export function listTensors({ file }: OpenedWeights, loaded: LoadedWeights): TakenTensor[] {
  return [...loaded.parameters].map(([name, { shape }]) => {
    const theirs = loaded.found.get(name) ?? "";
    const stored = file.entries.get(theirs)?.shape;
    return { name, shape, from: stored ? { name: theirs, shape: stored } : null };
  });
}
