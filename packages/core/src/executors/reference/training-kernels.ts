/**
 * @file The definition of the training ops, as plain loops; see `kernels.ts` for the letters.
 */
import type { TrainingAttributes } from "../../graph/training-ops.js";
import { sizeOf } from "../../tensor/tensor.js";
import { eachChannel, type Kernel, type Numbers, zeros } from "./loops.js";
import { windowGradientKernels } from "./window-gradients.js";

/** One kernel per training op. */
export const trainingKernels: { readonly [K in keyof TrainingAttributes]: Kernel<K> } = {
  ...windowGradientKernels,

  batch_norm_training([x, beta, gamma], { epsilon }) {
    const source = x as Numbers;
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
    return [y, vector(mean, source), vector(variance, source)];
  },

  batch_norm_training_gradient([dy, x, mean, variance, gamma], { epsilon }) {
    const [gradient, source] = [dy as Numbers, x as Numbers];
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
    return [dx, vector(dbeta, source), vector(dgamma, source)];
  },

  channel_scale([dy, variance, gamma], { epsilon }) {
    const factor = (c: number) =>
      (gamma?.data[c] ?? 1) / Math.sqrt((variance?.data[c] ?? 0) + epsilon);
    return [eachChannel(dy, (value, c) => value * factor(c))];
  },

  relu_gradient: ([dy, y]) => [
    eachChannel(dy, (value, _, at) => ((y?.data[at] as number) > 0 ? value : 0)),
  ],

  slice_channels([x], { from }, [shape = []]) {
    const { shape: whole, data } = x as Numbers;
    const [rows = 0, channels = 0] = shape;
    const grid = sizeOf(shape.slice(2));
    const y = zeros(shape, x);
    for (let n = 0; n < rows; n++) {
      const start = (n * (whole[1] ?? 0) + from) * grid;
      y.data.set(data.subarray(start, start + channels * grid), n * channels * grid);
    }
    return [y];
  },

  unflatten: ([x], _, [shape = []]) => [{ shape, data: (x as Numbers).data }],

  multiply: ([a, b]) => [eachChannel(a, (value, _, at) => value * (b?.data[at] as number))],

  channel_sum: ([x]) => [
    vector(
      sumByChannel(x as Numbers, (value) => value),
      x,
    ),
  ],

  linear_input_gradient([dy, weight], _, [shape = []]) {
    return [
      product(zeros(shape, dy), weight?.shape[0] ?? 0, (n, c, k) => {
        const [, outputs = 0] = dy?.shape ?? [];
        return (
          (dy?.data[n * outputs + k] as number) * (weight?.data[k * (shape[1] ?? 0) + c] as number)
        );
      }),
    ];
  },

  linear_weight_gradient([dy, x], _, [shape = []]) {
    return [
      product(zeros(shape, dy), dy?.shape[0] ?? 0, (k, c, n) => {
        const [outputs = 0, inputs = 0] = shape;
        return (dy?.data[n * outputs + k] as number) * (x?.data[n * inputs + c] as number);
      }),
    ];
  },

  softmax_cross_entropy([logits, targets], _, [shape = []]) {
    const loss = zeros(shape, logits);
    forRows(logits as Numbers, (row, from, to, logSum) => {
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
    const dlogits = zeros(logits?.shape ?? [], logits);
    const rows = logits?.shape[0] ?? 1;
    forRows(logits as Numbers, (_, from, to, logSum) => {
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

function vector(values: readonly number[], like: Numbers | undefined): Numbers {
  const result = zeros([values.length], like);
  result.data.set(values);
  return result;
}

function sumByChannel(
  { shape, data }: Numbers,
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

/** Fills a matrix: element r, c is the sum over i of a term. */
function product(
  result: Numbers,
  length: number,
  term: (row: number, column: number, i: number) => number,
): Numbers {
  const [rows = 0, columns = 0] = result.shape;
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
  { shape, data }: Numbers,
  visit: (row: number, from: number, to: number, logSum: number) => void,
): void {
  const [rows = 0, length = 0] = shape;
  for (let row = 0; row < rows; row++) {
    const values = Array.from(data.subarray(row * length, (row + 1) * length));
    const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
    visit(row, row * length, (row + 1) * length, top + Math.log(sum));
  }
}
