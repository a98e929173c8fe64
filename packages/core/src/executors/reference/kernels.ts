/**
 * @file The definition of each op, as plain loops. Slow and obvious on purpose.
 *
 * What is given up: speed, memory, threads. What is kept: each output is computed in double
 * precision and rounded once, in an order that a reader can follow. Other executors are tested
 * against these.
 *
 *   n batch   c input channel   h w grid   k output channel   i j cell of the kernel
 */
import type { OpName } from "../../graph/ops.js";
import {
  eachChannel,
  four,
  inside,
  type Kernel,
  type Numbers,
  overGrid,
  pool,
  zeros,
} from "./loops.js";
import { optimizerKernels } from "./optimizer-kernels.js";
import { trainingKernels } from "./training-kernels.js";

/** One kernel per op. */
export const kernels: { readonly [K in OpName]: Kernel<K> } = {
  conv2d([x, weight, bias], { stride, padding }, [shape]) {
    const [source, kernel, y] = [four(x), four(weight), four(zeros(shape ?? [], x))];
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
    const y = four(zeros(shape ?? [], inputs[0]));
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

  add: ([a, b]) => [eachChannel(a, (value, _, at) => value + (b?.data[at] as number))],

  dropout: ([x]) => [x as Numbers],

  flatten: ([x], _, [shape = []]) => [{ shape, data: (x as Numbers).data }],

  linear([x, weight, bias], _, [shape]) {
    const y = zeros(shape ?? [], x);
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

  ...trainingKernels,
  ...optimizerKernels,
};
