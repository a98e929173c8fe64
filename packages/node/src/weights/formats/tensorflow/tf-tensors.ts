/**
 * @file What both formats of TensorFlow's checkpoints come down to: tensors in one part or more.
 */
import { type Shape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { placeSlice, type TfSlice } from "./tf-slices.js";
import { type TfValues, tfFloats } from "./tf-values.js";

/** A tensor of a checkpoint. */
export interface TfTensor {
  readonly dtype: string;
  readonly shape: Shape;
  /** Its elements: all at once, or slice by slice. */
  readonly parts: readonly { readonly slice?: TfSlice; readonly values: TfValues }[];
}

/** Tensors by name as what all formats come down to. */
export function tfTensorFile(tensors: ReadonlyMap<string, TfTensor>, failure: Failure): TensorFile {
  return {
    entries: tensors,
    metadata: new Map(),
    floats(name) {
      const { shape, parts } = tensors.get(name) as TfTensor;
      const failed: Failure = (code, problem) => failure(code, `${problem} in ${quote(name)}`);
      const [first, ...others] = parts;
      if (first && others.length === 0) return tfFloats(first.values, failed);
      const whole = new Float32Array(sizeOf(shape));
      for (const { slice, values } of parts) {
        if (slice) placeSlice(whole, shape, slice, tfFloats(values, failed));
      }
      return whole;
    },
  };
}

/** A name in strict UTF-8. Throws what `failure` makes. */
export function tfName(bytes: Uint8Array, failure: Failure): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw failure("WEIGHTS_FORMAT", "expected names in UTF-8, got one that is not");
  }
}
