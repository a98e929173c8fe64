/**
 * @file Large tensors as a few numbers: what goldens of PyTorch keep of a gradient.
 */
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { hashUnit } from "./hash-weights.js";

/** A tensor's L2 norm, its projections on pseudo-random signs, and how far PyTorch's float32 run is. */
export interface Digest {
  readonly shape: readonly number[];
  readonly norm: number;
  readonly projections: readonly number[];
  readonly float32Distance: number;
}

/** Estimated |actual - golden| / |golden|. */
export function distanceToDigest(
  { data }: Tensor,
  { norm, projections }: Digest,
  index: number,
): number {
  let squares = 0;
  projections.forEach((expected, p) => {
    let sum = 0;
    for (let at = 0; at < data.length; at++) {
      const sign = hashUnit(2000 + 8 * index + p, at) < 0.5 ? -1 : 1;
      sum += sign * (data[at] as number);
    }
    squares += (sum - expected) ** 2;
  });
  return Math.sqrt(squares / projections.length) / norm;
}
