/**
 * @file The gradients of convolution and pooling, as plain loops; see `kernels.ts` for the letters.
 */
import type { Pair, Window } from "../../graph/ops.js";
import type { TrainingAttributes } from "../../graph/training-ops.js";
import { sizeOf } from "../../tensor/tensor.js";
import { four, inside, type Kernel, zeros } from "./loops.js";

/** The ops of this file. */
export type WindowGradientName = Extract<
  keyof TrainingAttributes,
  `${"conv2d_input" | "conv2d_weight" | "max_pool" | "avg_pool" | "global_avg_pool" | "global_max_pool"}_gradient`
>;

/** One kernel per gradient of an op that slides a window, or covers the grid with one. */
export const windowGradientKernels: { readonly [K in WindowGradientName]: Kernel<K> } = {
  conv2d_input_gradient([dy, weight], window, [shape = []]) {
    const [gradient, kernel] = [four(dy), four(weight)];
    const dx = new Float64Array(sizeOf(shape));
    const x = four({ shape, data: dx });
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
    const result = zeros(shape, dy);
    result.data.set(dx);
    return [result];
  },

  conv2d_weight_gradient([dy, x], window, [shape = []]) {
    const [gradient, source] = [four(dy), four(x)];
    const dw = four(zeros(shape, dy));
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

  max_pool_gradient([dy, x], window) {
    const [gradient, source] = [four(dy), four(x)];
    const dx = zeros(x?.shape ?? [], dy);
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
    const dx = four(zeros(shape, dy));
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
    const dx = zeros(shape, dy);
    for (let at = 0; at < dx.data.length; at++) {
      dx.data[at] = (dy?.data[Math.floor(at / cells)] as number) / cells;
    }
    return [dx];
  },

  global_max_pool_gradient([dy, x, y]) {
    const dx = zeros(x?.shape ?? [], dy);
    const cells = dx.data.length / (y?.data.length ?? 1);
    for (const [channel, best] of (y?.data ?? []).entries()) {
      const found: number[] = [];
      for (let at = channel * cells; at < (channel + 1) * cells; at++) {
        if (x?.data[at] === best) found.push(at);
      }
      for (const at of found) dx.data[at] = (dy?.data[channel] as number) / found.length;
    }
    return [dx];
  },
};

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
