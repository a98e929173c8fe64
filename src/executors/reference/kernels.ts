/**
 * @file The definition of each op, as plain loops. Slow and obvious on purpose.
 *
 * What is given up: speed, memory, threads. What is kept: each output is computed in double
 * precision and rounded once, in an order that a reader can follow. Other executors are tested
 * against these.
 *
 *   n batch   c input channel   h w grid   k output channel   i j cell of the kernel
 */
import type { OpAttributes, OpName, Window } from "../../graph/ops.js";
import { type Shape, type Tensor, tensor } from "../../tensor/tensor.js";

/** Computes the outputs of an op; their shapes come from the shape rule. */
export type Kernel<K extends OpName> = (
  inputs: readonly Tensor[],
  attributes: OpAttributes[K],
  shapes: readonly Shape[],
) => readonly Tensor[];

/** One kernel per op. */
export const kernels: { readonly [K in OpName]: Kernel<K> } = {
  conv2d([x, weight, bias], { stride, padding }, [shape]) {
    const [source, kernel, y] = [four(x), four(weight), four(tensor(shape ?? []))];
    const plane = new Float64Array(y.h * y.w);
    for (let n = 0; n < y.n; n++) {
      for (let k = 0; k < y.c; k++) {
        plane.fill(bias?.data[k] ?? 0);
        for (let c = 0; c < source.c; c++) {
          for (let i = 0; i < kernel.h; i++) {
            for (let j = 0; j < kernel.w; j++) {
              const w = kernel.data[kernel.at(k, c, i, j)] as number;
              for (let row = 0; row < y.h; row++) {
                const h = row * stride[0] + i - padding[0];
                if (h < 0 || h >= source.h) continue;
                const line = source.at(n, c, h, 0);
                const [from, to] = inside(y.w, source.w, stride[1], j - padding[1]);
                for (let column = from; column < to; column++) {
                  const value = source.data[line + column * stride[1] + j - padding[1]] as number;
                  plane[row * y.w + column] = (plane[row * y.w + column] as number) + w * value;
                }
              }
            }
          }
        }
        y.data.set(plane, y.at(n, k, 0, 0));
      }
    }
    return [{ shape: shape ?? [], data: y.data }];
  },

  batch_norm([x, beta, mean, variance, gamma], { epsilon }) {
    return [
      eachChannel(x, (value, c) => {
        const deviation = Math.sqrt((variance?.data[c] ?? 0) + epsilon);
        const scale = gamma?.data[c] ?? 1;
        return ((value - (mean?.data[c] ?? 0)) / deviation) * scale + (beta?.data[c] ?? 0);
      }),
    ];
  },

  relu: ([x]) => [eachChannel(x, (value) => Math.max(value, 0))],

  max_pool: ([x], window, [shape]) => [
    pool(x, window, shape, (cells) => cells.reduce((a, b) => Math.max(a, b), -Infinity)),
  ],

  avg_pool: ([x], window, [shape]) => [
    pool(x, window, shape, (cells) => cells.reduce((a, b) => a + b, 0) / cells.length),
  ],

  global_avg_pool: ([x], _, [shape]) => [
    overGrid(x, shape, (cells) => cells.reduce((a, b) => a + b, 0) / cells.length),
  ],

  global_max_pool: ([x], _, [shape]) => [
    overGrid(x, shape, (cells) => cells.reduce((a, b) => Math.max(a, b), -Infinity)),
  ],

  concat(inputs, _, [shape]) {
    const y = four(tensor(shape ?? []));
    for (let n = 0; n < y.n; n++) {
      let channel = 0;
      for (const input of inputs) {
        const { c, h, w, data } = four(input);
        y.data.set(data.subarray(n * c * h * w, (n + 1) * c * h * w), y.at(n, channel, 0, 0));
        channel += c;
      }
    }
    return [{ shape: shape ?? [], data: y.data }];
  },

  scale: ([x], { factor }) => [eachChannel(x, (value) => value * factor)],

  add: ([a, b]) => [
    tensor(
      a?.shape ?? [],
      Float32Array.from(a?.data ?? [], (value, at) => value + (b?.data[at] ?? 0)),
    ),
  ],

  dropout: ([x]) => [x as Tensor],

  flatten: ([x], _, [shape]) => [tensor(shape ?? [], x?.data)],

  linear([x, weight, bias], _, [shape]) {
    const y = tensor(shape ?? []);
    const [rows = 0, outputs = 0] = y.shape;
    const length = x?.shape[1] ?? 0;
    for (let n = 0; n < rows; n++) {
      for (let k = 0; k < outputs; k++) {
        let sum = bias?.data[k] ?? 0;
        for (let c = 0; c < length; c++) {
          sum += (x?.data[n * length + c] as number) * (weight?.data[k * length + c] as number);
        }
        y.data[n * outputs + k] = sum;
      }
    }
    return [y];
  },
};

/** A tensor with its axes by letter and the place of an element. */
interface Four {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly data: Float32Array;
  at(n: number, c: number, h: number, w: number): number;
}

function four(x: Tensor | undefined): Four {
  const [n = 1, c = 1, h = 1, w = 1] = x?.shape ?? [];
  const data = x?.data ?? new Float32Array();
  return { n, c, h, w, data, at: (an, ac, ah, aw) => ((an * c + ac) * h + ah) * w + aw };
}

/** The outputs `from` up to `to` whose source, `output * stride + offset`, is inside `size`. */
function inside(outputs: number, size: number, stride: number, offset: number): [number, number] {
  const from = Math.max(0, Math.ceil(-offset / stride));
  return [from, Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1)];
}

function eachChannel(x: Tensor | undefined, compute: (value: number, c: number) => number): Tensor {
  const { shape, data } = x as Tensor;
  const channels = shape[1] ?? 1;
  const grid = shape.slice(2).reduce((a, b) => a * b, 1);
  const y = tensor(shape);
  for (let at = 0; at < data.length; at++) {
    y.data[at] = compute(data[at] as number, Math.floor(at / grid) % channels);
  }
  return y;
}

/** Reduces each window to one number; cells outside the image are left out. */
function pool(
  x: Tensor | undefined,
  { kernel, stride, padding }: Window,
  shape: Shape = [],
  reduce: (cells: number[]) => number,
): Tensor {
  const source = four(x);
  const y = four(tensor(shape));
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

function overGrid(
  x: Tensor | undefined,
  shape: Shape = [],
  reduce: (cells: Float32Array) => number,
): Tensor {
  const { h, w, data } = four(x);
  const y = tensor(shape);
  for (let at = 0; at < y.data.length; at++) {
    y.data[at] = reduce(data.subarray(at * h * w, (at + 1) * h * w));
  }
  return y;
}
