/**
 * @file The ops that only training needs: batch statistics, the loss, and a gradient for each op.
 *
 * Gradients are ops of their own, so that every executor lowers them as it does best. Letters as in
 * `ops.ts`; `dy` is the gradient of the loss by an op's output, `dx` by its input.
 */
import { GraphError } from "../errors.js";
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/tensor.js";
import type { OpDefinition, Pair, Window } from "./ops.js";

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
    shape: ([x = []]) => [x, [x[1] ?? 0], [x[1] ?? 0]],
  },
  batch_norm_training_gradient: {
    doc: "dx, dbeta [c] and dgamma [c] of batch norm by batch statistics",
    inputs: ["dy", "x", "mean", "variance", "gamma?"],
    shape: ([dy = [], x = []]) => {
      expectSame(x, dy);
      return [dy, [dy[1] ?? 0], [dy[1] ?? 0]];
    },
  },
  channel_scale: {
    doc: "dx of batch norm by fixed statistics: dy * gamma / sqrt(variance + epsilon)",
    inputs: ["dy", "variance", "gamma?"],
    shape: ([dy = []]) => [dy],
  },
  conv2d_input_gradient: {
    doc: "dx [n,c,h,w] of conv2d from dy [n,k,.,.] and weight [k,c,kh,kw]",
    inputs: ["dy", "weight"],
    shape: ([dy = [], weight = []], { size }) => [[dy[0] ?? 0, weight[1] ?? 0, ...size]],
    multiplyAdds: convolutionCost,
  },
  conv2d_weight_gradient: {
    doc: "dweight [k,c,kh,kw] of conv2d from dy [n,k,.,.] and x [n,c,h,w]",
    inputs: ["dy", "x"],
    shape: ([dy = [], x = []], { kernel }) => [[dy[1] ?? 0, x[1] ?? 0, ...kernel]],
    multiplyAdds: ([dy = []], [dw = []]) => (sizeOf(dw) * sizeOf(dy)) / (dy[1] ?? 1),
  },
  relu_gradient: {
    doc: "dy where y is above 0, else 0",
    inputs: ["dy", "y"],
    shape: ([dy = [], y = []]) => {
      expectSame(y, dy);
      return [dy];
    },
  },
  max_pool_gradient: {
    doc: "dy goes to the first largest cell of each window",
    inputs: ["dy", "x"],
    shape: ([, x = []]) => [x],
  },
  avg_pool_gradient: {
    doc: "dy shared equally by the cells of each window inside the image",
    inputs: ["dy"],
    shape: ([dy = []], { size }) => [[dy[0] ?? 0, dy[1] ?? 0, ...size]],
  },
  global_avg_pool_gradient: {
    doc: "dy [n,c] spread over the grid, divided by its cells",
    inputs: ["dy"],
    shape: ([dy = []], { size }) => [[dy[0] ?? 0, dy[1] ?? 0, ...size]],
  },
  global_max_pool_gradient: {
    doc: "dy [n,c] at the largest cell of the grid; shared by equal ones",
    inputs: ["dy", "x", "y"],
    shape: ([, x = []]) => [x],
  },
  slice_channels: {
    doc: "channels from up to to",
    inputs: ["x"],
    shape: ([x = []], { from, to }) => {
      expect(
        from >= 0 && from < to && to <= (x[1] ?? 0),
        `channels in 0..${x[1]}`,
        `${from}..${to}`,
      );
      return [[x[0] ?? 0, to - from, ...x.slice(2)]];
    },
  },
  unflatten: {
    doc: "[n,c*h*w] back to [n,c,h,w]",
    inputs: ["x"],
    shape: ([x = []], { shape }) => {
      expect(sizeOf(shape) === x[1], `${sizeOf(shape)} values a row`, formatShape(x));
      return [[x[0] ?? 0, ...shape]];
    },
  },
  multiply: {
    doc: "a times b, of equal shape",
    inputs: ["a", "b"],
    shape: ([a = [], b = []]) => {
      expectSame(b, a);
      return [a];
    },
  },
  channel_sum: {
    doc: "sum over all axes but channels: [n,c,...] to [c]",
    inputs: ["x"],
    shape: ([x = []]) => [[x[1] ?? 0]],
  },
  linear_input_gradient: {
    doc: "dx [n,c] of linear from dy [n,k] and weight [k,c]",
    inputs: ["dy", "weight"],
    shape: ([dy = [], weight = []]) => [[dy[0] ?? 0, weight[1] ?? 0]],
    multiplyAdds: ([dy = [], weight = []]) => (dy[0] ?? 0) * sizeOf(weight),
  },
  linear_weight_gradient: {
    doc: "dweight [k,c] of linear from dy [n,k] and x [n,c]",
    inputs: ["dy", "x"],
    shape: ([dy = [], x = []]) => [[dy[1] ?? 0, x[1] ?? 0]],
    multiplyAdds: ([dy = [], x = []]) => (dy[0] ?? 0) * (dy[1] ?? 0) * (x[1] ?? 0),
  },
  softmax_cross_entropy: {
    doc: "loss [n] of each row: -sum(target * log softmax(logits)); targets need not sum to 1",
    inputs: ["logits", "targets"],
    shape: ([logits = [], targets = []]) => {
      expectSame(targets, logits);
      return [[logits[0] ?? 0]];
    },
  },
  softmax_cross_entropy_gradient: {
    doc: "dlogits of weight * mean over rows of softmax_cross_entropy",
    inputs: ["logits", "targets"],
    shape: ([logits = [], targets = []]) => {
      expectSame(targets, logits);
      return [logits];
    },
  },
};

/** dx has the same products as y, and dy has y's shape. */
function convolutionCost(inputs: readonly Shape[]): number {
  const [dy = [], weight = []] = inputs;
  return (sizeOf(weight) * sizeOf(dy)) / (dy[1] ?? 1);
}

function expectSame(actual: Shape, expected: Shape): void {
  expect(sameShape(actual, expected), formatShape(expected), formatShape(actual));
}

function expect(holds: boolean, expected: string, actual: string): asserts holds {
  if (!holds) throw new GraphError("SHAPE_MISMATCH", `expected ${expected}, got ${actual}`);
}
