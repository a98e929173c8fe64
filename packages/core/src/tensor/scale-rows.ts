/**
 * @file Rows of a weight multiplied each by its own factor.
 */
import type { Tensor } from "./tensor.js";

/**
 * Multiplies each row (output channel, the first axis) of a weight by its own factor, in a copy or,
 * with `inPlace`, where it is.
 */
export function scaleRows(
  { shape, data }: Tensor,
  factor: (row: number) => number,
  { inPlace = false }: { readonly inPlace?: boolean } = {},
): Tensor {
  const rows = shape[0] ?? 1;
  const length = data.length / rows;
  const scaled = inPlace ? data : new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const f = factor(row);
    for (let i = row * length; i < (row + 1) * length; i++) scaled[i] = (data[i] as number) * f;
  }
  return { shape, data: scaled };
}
