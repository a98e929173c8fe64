/**
 * @file The ops that only training needs: batch statistics, the loss, and a gradient for each op.
 *
 * Gradients are ops of their own, so that every executor lowers them as it does best. Letters as in
 * `ops.ts`; `dy` is the gradient of the loss by an op's output, `dx` by its input.
 */
import { formatShape, type Shape, sizeOf } from "../tensor/tensor.js";
import type { OpDefinition, Pair, Window } from "./ops.js";
import { expect, expectChannels, expectShape, rank, slide } from "./shape-checks.js";

/** The attributes of the training ops. */
export interface TrainingAttributes {
  readonly batch_norm_training: { readonly epsilon: number };
  readonly batch_norm_training_gradient: { readonly epsilon: number };
  readonly channel_scale: { readonly epsilon: number };
  readonly conv2d_input_gradient: Omit<Window, "kernel"> & { readonly size: Pair };
  readonly conv2d_weight_gradient: Window;
  readonly relu_gradient: object;
  readonly max_pool_gradient: Window;
  readonly avg_pool_gradient: Window & { readonly size: Pair };
  readonly global_avg_pool_gradient: { readonly size: Pair };
  readonly global_max_pool_gradient: object;
  readonly slice_channels: { readonly from: number; readonly to: number };
  readonly unflatten: { readonly shape: readonly [number, number, number] };
  readonly multiply: object;
  readonly channel_sum: object;
  readonly linear_input_gradient: object;
  readonly linear_weight_gradient: object;
  readonly softmax_cross_entropy: object;
  readonly softmax_cross_entropy_gradient: { readonly weight: number };
}

type TrainingOpName = keyof TrainingAttributes;

/** The training part of the op table. */
export const trainingOps: { readonly [K in TrainingOpName]: OpDefinition<K> } = {
  batch_norm_training: {
    doc: "batch norm by the statistics of the batch: y, mean [c], biased variance [c]",
    inputs: ["x", "beta", "gamma?"],
    shape([x, ...channels]) {
      const [n, c, h, w] = rank(x, 4, "x");
      expectChannels(channels, c);
      return [[n, c, h, w], [c], [c]];
    },
  },
  batch_norm_training_gradient: {
    doc: "dx, dbeta [c] and dgamma [c] of batch norm by batch statistics",
    inputs: ["dy", "x", "mean", "variance", "gamma?"],
    shape([dy, x, ...channels]) {
      const [n, c, h, w] = rank(dy, 4, "dy");
      expectShape(x, [n, c, h, w], "x");
      expectChannels(channels, c);
      return [[n, c, h, w], [c], [c]];
    },
  },
  channel_scale: {
    doc: "dx of batch norm by fixed statistics: dy * gamma / sqrt(variance + epsilon)",
    inputs: ["dy", "variance", "gamma?"],
    shape([dy, ...channels]) {
      const [n, c, h, w] = rank(dy, 4, "dy");
      expectChannels(channels, c);
      return [[n, c, h, w]];
    },
  },
  conv2d_input_gradient: {
    doc: "dx [n,c,h,w] of conv2d from dy [n,k,.,.] and weight [k,c,kh,kw]",
    inputs: ["dy", "weight"],
    shape([dy, weight], { size, ...window }) {
      const [k, c, kh, kw] = rank(weight, 4, "weight");
      const [n] = rank(dy, 4, "dy");
      expectShape(dy, [n, k, ...slide(size, { ...window, kernel: [kh, kw] })], "dy");
      return [[n, c, ...size]];
    },
    multiplyAdds: convolutionCost,
  },
  conv2d_weight_gradient: {
    doc: "dweight [k,c,kh,kw] of conv2d from dy [n,k,.,.] and x [n,c,h,w]",
    inputs: ["dy", "x"],
    shape([dy, x], window) {
      const [n, c, h, w] = rank(x, 4, "x");
      const [, k] = rank(dy, 4, "dy");
      expectShape(dy, [n, k, ...slide([h, w], window)], "dy");
      return [[k, c, ...window.kernel]];
    },
    multiplyAdds: ([dy = []], [dw = []]) => (sizeOf(dw) * sizeOf(dy)) / (dy[1] ?? 1),
  },
  relu_gradient: {
    doc: "dy where y is above 0, else 0",
    inputs: ["dy", "y"],
    shape([dy = [], y]) {
      expectShape(y, dy, "y");
      return [dy];
    },
  },
  max_pool_gradient: {
    doc: "dy goes to the first largest cell of each window",
    inputs: ["dy", "x"],
    shape([dy, x], window) {
      const [n, c, h, w] = rank(x, 4, "x");
      expectShape(dy, [n, c, ...slide([h, w], window)], "dy");
      return [[n, c, h, w]];
    },
  },
  avg_pool_gradient: {
    doc: "dy shared equally by the cells of each window inside the image",
    inputs: ["dy"],
    shape([dy], { size, ...window }) {
      const [n, c] = rank(dy, 4, "dy");
      expectShape(dy, [n, c, ...slide(size, window)], "dy");
      return [[n, c, ...size]];
    },
  },
  global_avg_pool_gradient: {
    doc: "dy [n,c] spread over the grid, divided by its cells",
    inputs: ["dy"],
    shape: ([dy], { size }) => [[...rank(dy, 2, "dy"), ...size]],
  },
  global_max_pool_gradient: {
    doc: "dy [n,c] at the largest cell of the grid; shared by equal ones",
    inputs: ["dy", "x", "y"],
    shape([dy, x, y]) {
      const [n, c, h, w] = rank(x, 4, "x");
      expectShape(dy, [n, c], "dy");
      expectShape(y, [n, c], "y");
      return [[n, c, h, w]];
    },
  },
  slice_channels: {
    doc: "channels from up to to",
    inputs: ["x"],
    shape([x], { from, to }) {
      const [n, c, h, w] = rank(x, 4, "x");
      const isRange = Number.isInteger(from) && Number.isInteger(to) && from < to;
      expect(isRange && from >= 0 && to <= c, `channels in 0..${c}`, `${from}..${to}`);
      return [[n, to - from, h, w]];
    },
  },
  unflatten: {
    doc: "[n,c*h*w] back to [n,c,h,w]",
    inputs: ["x"],
    shape([x = []], { shape }) {
      const [n, length] = rank(x, 2, "x");
      expect(sizeOf(shape) === length, `${sizeOf(shape)} values a row`, formatShape(x));
      return [[n, ...shape]];
    },
  },
  multiply: {
    doc: "a times b, of equal shape",
    inputs: ["a", "b"],
    shape([a = [], b]) {
      expectShape(b, a, "b");
      return [a];
    },
  },
  channel_sum: {
    doc: "sum over all axes but channels: [n,c,h,w] or [n,c] to [c]",
    inputs: ["x"],
    shape([x = []]) {
      const [, c = 0] = x;
      expect(x.length === 2 || x.length === 4, "x with 2 or 4 axes", formatShape(x));
      return [[c]];
    },
  },
  linear_input_gradient: {
    doc: "dx [n,c] of linear from dy [n,k] and weight [k,c]",
    inputs: ["dy", "weight"],
    shape([dy, weight]) {
      const [k, c] = rank(weight, 2, "weight");
      const [n] = rank(dy, 2, "dy");
      expectShape(dy, [n, k], "dy");
      return [[n, c]];
    },
    multiplyAdds: ([dy = [], weight = []]) => (dy[0] ?? 0) * sizeOf(weight),
  },
  linear_weight_gradient: {
    doc: "dweight [k,c] of linear from dy [n,k] and x [n,c]",
    inputs: ["dy", "x"],
    shape([dy, x]) {
      const [n, c] = rank(x, 2, "x");
      const [, k] = rank(dy, 2, "dy");
      expectShape(dy, [n, k], "dy");
      return [[k, c]];
    },
    multiplyAdds: ([dy = [], x = []]) => (dy[0] ?? 0) * (dy[1] ?? 0) * (x[1] ?? 0),
  },
  softmax_cross_entropy: {
    doc: "loss [n] of each row: -sum(target * log softmax(logits)); targets need not sum to 1",
    inputs: ["logits", "targets"],
    shape([logits, targets]) {
      const [n, classes] = rank(logits, 2, "logits");
      expectShape(targets, [n, classes], "targets");
      return [[n]];
    },
  },
  softmax_cross_entropy_gradient: {
    doc: "dlogits of weight * mean over rows of softmax_cross_entropy",
    inputs: ["logits", "targets"],
    shape([logits, targets]) {
      const [n, classes] = rank(logits, 2, "logits");
      expectShape(targets, [n, classes], "targets");
      return [[n, classes]];
    },
  },
};

/** dx has the same products as y, and dy has y's shape. */
function convolutionCost(inputs: readonly Shape[]): number {
  const [dy = [], weight = []] = inputs;
  return (sizeOf(weight) * sizeOf(dy)) / (dy[1] ?? 1);
}
