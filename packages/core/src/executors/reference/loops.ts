/**
 * @file The loops that several kernels share.
 *
 * They work in the precision of what they are given: executors give float32, and tests that compare
 * gradients with finite differences give float64.
 */
import type { OpAttributes, OpName, Window } from "../../graph/ops.js";
import { type Shape, sizeOf } from "../../tensor/tensor.js";

/** A tensor of either precision. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** Computes the outputs of an op; their shapes come from the shape rule. */
export type Kernel<K extends OpName> = (
  inputs: readonly Numbers[],
  attributes: OpAttributes[K],
  shapes: readonly Shape[],
) => readonly Numbers[];

/** A tensor of zeros in the precision of another. */
export function zeros(shape: Shape, like: Numbers | undefined): Numbers {
  const Floats = like?.data instanceof Float64Array ? Float64Array : Float32Array;
  return { shape, data: new Floats(sizeOf(shape)) };
}

/** A tensor with its axes by letter and the place of an element. */
export interface Four {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly data: Numbers["data"];
  at(n: number, c: number, h: number, w: number): number;
}

/** A tensor by its letters. */
export function four(x: Numbers | undefined): Four {
  const [n = 1, c = 1, h = 1, w = 1] = x?.shape ?? [];
  const data = x?.data ?? new Float32Array();
  return { n, c, h, w, data, at: (an, ac, ah, aw) => ((an * c + ac) * h + ah) * w + aw };
}

/** The outputs `from` up to `to` whose source, `output * stride + offset`, is inside `size`. */
export function inside(
  outputs: number,
  size: number,
  stride: number,
  offset: number,
): [number, number] {
  const from = Math.max(0, Math.ceil(-offset / stride));
  return [from, Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1)];
}

/** Computes each element from its value and its channel. */
export function eachChannel(
  x: Numbers | undefined,
  compute: (value: number, c: number, at: number) => number,
): Numbers {
  const { shape, data } = x as Numbers;
  const channels = shape[1] ?? 1;
  const grid = shape.slice(2).reduce((a, b) => a * b, 1);
  const y = zeros(shape, x);
  for (let at = 0; at < data.length; at++) {
    y.data[at] = compute(data[at] as number, Math.floor(at / grid) % channels, at);
  }
  return y;
}

/** Reduces each window to one number; cells outside the image are left out. */
export function pool(
  x: Numbers | undefined,
  { kernel, stride, padding }: Window,
  shape: Shape = [],
  reduce: (cells: number[]) => number,
): Numbers {
  const source = four(x);
  const y = four(zeros(shape, x));
  for (let n = 0; n < y.n; n++) {
    for (let c = 0; c < y.c; c++) {
      for (let row = 0; row < y.h; row++) {
        for (let column = 0; column < y.w; column++) {
          const cells: number[] = [];
          for (let i = 0; i < kernel[0]; i++) {
            for (let j = 0; j < kernel[1]; j++) {
              const h = row * stride[0] + i - padding[0];
              const w = column * stride[1] + j - padding[1];
              if (h < 0 || h >= source.h || w < 0 || w >= source.w) continue;
              cells.push(source.data[source.at(n, c, h, w)] as number);
            }
          }
          y.data[y.at(n, c, row, column)] = reduce(cells);
        }
      }
    }
  }
  return { shape, data: y.data };
}

/** Reduces the grid of each channel to one number. */
export function overGrid(
  x: Numbers | undefined,
  shape: Shape = [],
  reduce: (cells: number[]) => number,
): Numbers {
  const { h, w, data } = four(x);
  const y = zeros(shape, x);
  for (let at = 0; at < y.data.length; at++) {
    y.data[at] = reduce(Array.from(data.subarray(at * h * w, (at + 1) * h * w)));
  }
  return y;
}
