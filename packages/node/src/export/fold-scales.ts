/**
 * @file Batch norm's learned scales folded into what comes before them, for networks without a place
 * for them: gamma (w x - mean) / deviation = (gamma w x - gamma mean) / deviation.
 */
import {
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** The parameters without `gamma`: kernels and moving means are scaled in its stead. */
export function foldScales(parameters: Tensors): Tensors {
  const folded = new Map(parameters);
  for (const [name, gamma] of parameters) {
    if (!name.endsWith("/gamma")) continue;
    folded.delete(name);
    for (const leaf of ["weight", "moving_mean"]) {
      const key = name.replace(/gamma$/, leaf);
      const value = parameters.get(key);
      if (value) folded.set(key, scaled(value, gamma.data));
    }
  }
  return folded;
}

/** Each output channel times its factor. */
function scaled({ shape, data }: Tensor, factors: Float32Array): Tensor {
  const size = sizeOf(shape.slice(1));
  const result = tensor(shape);
  for (let at = 0; at < data.length; at++) {
    result.data[at] = (data[at] as number) * (factors[Math.floor(at / size)] as number);
  }
  return result;
}
