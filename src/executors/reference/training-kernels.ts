/**
 * @file The definition of the training ops, as plain loops; see `kernels.ts` for the letters.
 */
import type { Pair, Window } from "../../graph/ops.js";
import type { TrainingAttributes } from "../../graph/training-ops.js";
import { type Shape, sizeOf, type Tensor, tensor } from "../../tensor/tensor.js";
import { eachChannel, four, inside, type Kernel } from "./loops.js";

/** One kernel per training op. */
export const trainingKernels: { readonly [K in keyof TrainingAttributes]: Kernel<K> } = {
  batch_norm_training([x, beta, gamma], { epsilon }) {
    const source = x as Tensor;
    const channels = source.shape[1] ?? 0;
    const cells = source.data.length / channels;
    const mean = sumByChannel(source, (value) => value).map((sum) => sum / cells);
    const variance = sumByChannel(source, (value, c) => (value - (mean[c] ?? 0)) ** 2).map(
      (sum) => sum / cells,
    );
    const y = eachChannel(source, (value, c) => {
      const normal = (value - (mean[c] ?? 0)) / Math.sqrt((variance[c] ?? 0) + epsilon);
      return normal * (gamma?.data[c] ?? 1) + (beta?.data[c] ?? 0);
    });
    return [y, vector(mean), vector(variance)];
  },

  batch_norm_training_gradient([dy, x, mean, variance, gamma], { epsilon }) {
    const [gradient, source] = [dy as Tensor, x as Tensor];
    const channels = source.shape[1] ?? 0;
    const cells = source.data.length / channels;
    const inverse = (c: number) => 1 / Math.sqrt((variance?.data[c] ?? 0) + epsilon);
    const normal = (at: number, c: number) =>
      ((source.data[at] as number) - (mean?.data[c] ?? 0)) * inverse(c);
    const dbeta = sumByChannel(gradient, (value) => value);
    const dgamma = sumByChannel(gradient, (value, c, at) => value * normal(at, c));
    const dx = eachChannel(gradient, (value, c, at) => {
      const centred = value - (dbeta[c] ?? 0) / cells - (normal(at, c) * (dgamma[c] ?? 0)) / cells;
      return centred * inverse(c) * (gamma?.data[c] ?? 1);
    });
    return [dx, vector(dbeta), vector(dgamma)];
  },

  channel_scale([dy, variance, gamma], { epsilon }) {
    const factor = (c: number) =>
      (gamma?.data[c] ?? 1) / Math.sqrt((variance?.data[c] ?? 0) + epsilon);
    return [eachChannel(dy, (value, c) => value * factor(c))];
  },

  conv2d_input_gradient([dy, weight], window, [shape = []]) {
    const [gradient, kernel] = [four(dy), four(weight)];
    const dx = new Float64Array(sizeOf(shape));
    const x = four({ shape, data: new Float32Array() });
    forTaps({ ...window, kernel: [kernel.h, kernel.w] }, x, gradient, (tap) => {
      for (let n = 0; n < x.n; n++) {
        for (let k = 0; k < gradient.c; k++) {
          for (let c = 0; c < x.c; c++) {
            const w = kernel.data[kernel.at(k, c, tap.i, tap.j)] as number;
            tap.eachCell(gradient.at(n, k, 0, 0), x.at(n, c, 0, 0), (from, to) => {
              dx[to] = (dx[to] as number) + w * (gradient.data[from] as number);
            });
          }
        }
      }
    });
    return [tensor(shape, Float32Array.from(dx))];
  },

  conv2d_weight_gradient([dy, x], window, [shape = []]) {
    const [gradient, source] = [four(dy), four(x)];
    const dw = four(tensor(shape));
    forTaps(window, source, gradient, (tap) => {
      for (let k = 0; k < dw.n; k++) {
        for (let c = 0; c < dw.c; c++) {
          let sum = 0;
          for (let n = 0; n < source.n; n++) {
            tap.eachCell(gradient.at(n, k, 0, 0), source.at(n, c, 0, 0), (from, to) => {
              sum += (gradient.data[from] as number) * (source.data[to] as number);
            });
          }
          dw.data[dw.at(k, c, tap.i, tap.j)] = sum;
        }
      }
    });
    return [{ shape, data: dw.data }];
  },

  relu_gradient: ([dy, y]) => [
    eachChannel(dy, (value, _, at) => ((y?.data[at] as number) > 0 ? value : 0)),
  ],

  max_pool_gradient([dy, x], window) {
    const [gradient, source] = [four(dy), four(x)];
    const dx = tensor(x?.shape ?? []);
    forWindows(gradient, (n, c, row, column, from) => {
      let best = -1;
      forCells(window, [source.h, source.w], row, column, (h, w) => {
        const at = source.at(n, c, h, w);
        if (best < 0 || (source.data[at] as number) > (source.data[best] as number)) best = at;
      });
      dx.data[best] = (dx.data[best] as number) + (gradient.data[from] as number);
    });
    return [dx];
  },

  avg_pool_gradient([dy], window, [shape = []]) {
    const gradient = four(dy);
    const dx = four(tensor(shape));
    forWindows(gradient, (n, c, row, column, from) => {
      const cells: number[] = [];
      forCells(window, [dx.h, dx.w], row, column, (h, w) => cells.push(dx.at(n, c, h, w)));
      const share = (gradient.data[from] as number) / cells.length;
      for (const at of cells) dx.data[at] = (dx.data[at] as number) + share;
    });
    return [{ shape, data: dx.data }];
  },

  global_avg_pool_gradient([dy], { size }, [shape = []]) {
    const cells = size[0] * size[1];
    const dx = tensor(shape);
    for (let at = 0; at < dx.data.length; at++) {
      dx.data[at] = (dy?.data[Math.floor(at / cells)] as number) / cells;
    }
    return [dx];
  },

  global_max_pool_gradient([dy, x, y]) {
    const dx = tensor(x?.shape ?? []);
    const cells = dx.data.length / (y?.data.length ?? 1);
    y?.data.forEach((best, channel) => {
      const found: number[] = [];
      for (let at = channel * cells; at < (channel + 1) * cells; at++) {
        if (x?.data[at] === best) found.push(at);
      }
      for (const at of found) dx.data[at] = (dy?.data[channel] as number) / found.length;
    });
    return [dx];
  },

  slice_channels([x], { from }, [shape = []]) {
    const { shape: whole, data } = x as Tensor;
    const [rows = 0, channels = 0] = shape;
    const grid = sizeOf(shape.slice(2));
    const y = tensor(shape);
    for (let n = 0; n < rows; n++) {
      const start = (n * (whole[1] ?? 0) + from) * grid;
      y.data.set(data.subarray(start, start + channels * grid), n * channels * grid);
    }
    return [y];
  },

  unflatten: ([x], _, [shape = []]) => [tensor(shape, x?.data)],

  multiply: ([a, b]) => [eachChannel(a, (value, _, at) => value * (b?.data[at] as number))],

  channel_sum: ([x]) => [vector(sumByChannel(x as Tensor, (value) => value))],

  linear_input_gradient([dy, weight], _, [shape = []]) {
    return [
      product(shape, weight?.shape[0] ?? 0, (n, c, k) => {
        const [, outputs = 0] = dy?.shape ?? [];
        return (
          (dy?.data[n * outputs + k] as number) * (weight?.data[k * (shape[1] ?? 0) + c] as number)
        );
      }),
    ];
  },

  linear_weight_gradient([dy, x], _, [shape = []]) {
    return [
      product(shape, dy?.shape[0] ?? 0, (k, c, n) => {
        const [outputs = 0, inputs = 0] = shape;
        return (dy?.data[n * outputs + k] as number) * (x?.data[n * inputs + c] as number);
      }),
    ];
  },

  softmax_cross_entropy([logits, targets], _, [shape = []]) {
    const loss = tensor(shape);
    forRows(logits as Tensor, (row, from, to, logSum) => {
      let sum = 0;
      for (let at = from; at < to; at++) {
        const target = targets?.data[at] as number;
        if (target !== 0) sum -= target * ((logits?.data[at] as number) - logSum);
      }
      loss.data[row] = sum;
    });
    return [loss];
  },

  softmax_cross_entropy_gradient([logits, targets], { weight }) {
    const dlogits = tensor(logits?.shape ?? []);
    const rows = logits?.shape[0] ?? 1;
    forRows(logits as Tensor, (_, from, to, logSum) => {
      let mass = 0;
      for (let at = from; at < to; at++) mass += targets?.data[at] as number;
      for (let at = from; at < to; at++) {
        const probability = Math.exp((logits?.data[at] as number) - logSum);
        const difference = probability * mass - (targets?.data[at] as number);
        dlogits.data[at] = (difference * weight) / rows;
      }
    });
    return [dlogits];
  },
};

function vector(values: readonly number[]): Tensor {
  return tensor([values.length], Float32Array.from(values));
}

function sumByChannel(
  { shape, data }: Tensor,
  term: (value: number, c: number, at: number) => number,
): number[] {
  const channels = shape[1] ?? 1;
  const grid = sizeOf(shape.slice(2));
  const sums = new Array<number>(channels).fill(0);
  for (let at = 0; at < data.length; at++) {
    const c = Math.floor(at / grid) % channels;
    sums[c] = (sums[c] as number) + term(data[at] as number, c, at);
  }
  return sums;
}

/** One cell i, j of a kernel, and the pairs of output and input cells that it joins. */
interface Tap {
  readonly i: number;
  readonly j: number;
  eachCell(output: number, input: number, visit: (output: number, input: number) => void): void;
}

function forTaps(
  { kernel, stride, padding }: Window,
  x: { readonly h: number; readonly w: number },
  y: { readonly h: number; readonly w: number },
  visit: (tap: Tap) => void,
): void {
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const [top, bottom] = inside(y.h, x.h, stride[0], i - padding[0]);
      const [left, right] = inside(y.w, x.w, stride[1], j - padding[1]);
      const eachCell: Tap["eachCell"] = (output, input, pair) => {
        for (let row = top; row < bottom; row++) {
          const line = input + (row * stride[0] + i - padding[0]) * x.w + j - padding[1];
          for (let column = left; column < right; column++) {
            pair(output + row * y.w + column, line + column * stride[1]);
          }
        }
      };
      visit({ i, j, eachCell });
    }
  }
}

function forWindows(
  y: { n: number; c: number; h: number; w: number },
  visit: (n: number, c: number, row: number, column: number, at: number) => void,
): void {
  let at = 0;
  for (let n = 0; n < y.n; n++) {
    for (let c = 0; c < y.c; c++) {
      for (let row = 0; row < y.h; row++) {
        for (let column = 0; column < y.w; column++) visit(n, c, row, column, at++);
      }
    }
  }
}

/** The cells of one window that lie inside the image. */
function forCells(
  { kernel, stride, padding }: Window,
  [height, width]: Pair,
  row: number,
  column: number,
  visit: (h: number, w: number) => void,
): void {
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const h = row * stride[0] + i - padding[0];
      const w = column * stride[1] + j - padding[1];
      if (h >= 0 && h < height && w >= 0 && w < width) visit(h, w);
    }
  }
}

/** A matrix whose element r, c is the sum over i of a term. */
function product(
  shape: Shape,
  length: number,
  term: (row: number, column: number, i: number) => number,
): Tensor {
  const [rows = 0, columns = 0] = shape;
  const result = tensor(shape);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += term(row, column, i);
      result.data[row * columns + column] = sum;
    }
  }
  return result;
}

/** Each row with its range and the logarithm of the sum of its exponentials, safe from overflow. */
function forRows(
  { shape, data }: Tensor,
  visit: (row: number, from: number, to: number, logSum: number) => void,
): void {
  const [rows = 0, length = 0] = shape;
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * length, (row + 1) * length);
    const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
    visit(row, row * length, (row + 1) * length, top + Math.log(sum));
  }
}
