import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Shape } from "../tensor/tensor.js";
import { type OpAttributes, type OpName, ops } from "./ops.js";

const x = [2, 3, 9, 8] as const;
const once = { stride: [1, 1], padding: [0, 0] } as const;
const window = { kernel: [3, 3], stride: [2, 2], padding: [0, 0] } as const;
const size = [9, 8] as const;
const norm = { epsilon: 1e-3 };
const step = { weightDecay: 0, rateFactor: 1 };

interface Refusal {
  readonly op: OpName;
  readonly message: string;
  readonly run: () => unknown;
}

function refusal<K extends OpName>(
  op: K,
  inputs: readonly Shape[],
  attributes: OpAttributes[K],
  message: string,
): Refusal {
  return { op, message, run: () => ops[op].shape(inputs, attributes) };
}

const refused: readonly Refusal[] = [
  refusal("batch_norm_training", [[2, 3], [3]], norm, "expected x with 4 axes, got 2x3"),
  refusal("batch_norm_training", [x, [4]], norm, "expected 3 channels, got 4"),
  refusal("batch_norm_training", [x, [3], [1]], norm, "expected 3 channels, got 1"),
  refusal(
    "batch_norm_training_gradient",
    [x, [2, 3, 9, 9], [3], [3]],
    norm,
    "expected x 2x3x9x8, got 2x3x9x9",
  ),
  refusal("batch_norm_training_gradient", [x, x, [3], [2]], norm, "expected 3 channels, got 2"),
  refusal("channel_scale", [x, [8]], norm, "expected 3 channels, got 8"),
  refusal("channel_scale", [[2, 3], [3]], norm, "expected dy with 4 axes, got 2x3"),
  refusal(
    "conv2d_input_gradient",
    [
      [2, 5, 9, 8],
      [4, 3, 1, 1],
    ],
    { ...once, size },
    "expected dy 2x4x9x8, got 2x5x9x8",
  ),
  refusal(
    "conv2d_input_gradient",
    [
      [2, 4, 9, 8],
      [4, 3, 3, 3],
    ],
    { ...once, size },
    "expected dy 2x4x7x6, got 2x4x9x8",
  ),
  refusal("conv2d_weight_gradient", [[1, 4, 4, 3], x], window, "expected dy 2x4x4x3, got 1x4x4x3"),
  refusal("conv2d_weight_gradient", [[2, 4, 4, 4], x], window, "expected dy 2x4x4x3, got 2x4x4x4"),
  refusal("relu_gradient", [x, [2, 3]], {}, "expected y 2x3x9x8, got 2x3"),
  refusal("max_pool_gradient", [[2, 3, 9, 8], x], window, "expected dy 2x3x4x3, got 2x3x9x8"),
  refusal(
    "max_pool_gradient",
    [
      [2, 3],
      [2, 3],
    ],
    window,
    "expected x with 4 axes, got 2x3",
  ),
  refusal(
    "avg_pool_gradient",
    [[2, 3, 5, 3]],
    { ...window, size },
    "expected dy 2x3x4x3, got 2x3x5x3",
  ),
  refusal("global_avg_pool_gradient", [x], { size }, "expected dy with 2 axes, got 2x3x9x8"),
  refusal("global_max_pool_gradient", [[2, 4], x, [2, 3]], {}, "expected dy 2x3, got 2x4"),
  refusal("global_max_pool_gradient", [[2, 3], x, [3, 2]], {}, "expected y 2x3, got 3x2"),
  refusal("slice_channels", [[2, 3]], { from: 0, to: 1 }, "expected x with 4 axes, got 2x3"),
  refusal("slice_channels", [x], { from: 0.5, to: 1 }, "expected channels in 0..3, got 0.5..1"),
  refusal("slice_channels", [x], { from: 2, to: 2 }, "expected channels in 0..3, got 2..2"),
  refusal("unflatten", [[6]], { shape: [1, 2, 3] }, "expected x with 2 axes, got 6"),
  refusal("multiply", [x, [3]], {}, "expected b 2x3x9x8, got 3"),
  refusal("channel_sum", [[3]], {}, "expected x with 2 or 4 axes, got 3"),
  refusal(
    "linear_input_gradient",
    [
      [2, 4],
      [5, 7],
    ],
    {},
    "expected dy 2x5, got 2x4",
  ),
  refusal(
    "linear_weight_gradient",
    [
      [3, 4],
      [2, 7],
    ],
    {},
    "expected dy 2x4, got 3x4",
  ),
  refusal("softmax_cross_entropy", [[7], [7]], {}, "expected logits with 2 axes, got 7"),
  refusal(
    "softmax_cross_entropy_gradient",
    [
      [2, 7],
      [1, 7],
    ],
    { weight: 1 },
    "expected targets 2x7, got 1x7",
  ),
  refusal(
    "sgd_update",
    [[4], [4], [4], [4], []],
    { ...step, momentum: 0, nesterov: false },
    "expected scalar, got 4",
  ),
  refusal("accumulate", [[4], [4], [1]], {}, "expected scalar, got 1"),
  refusal("flatten", [[2, 3]], {}, "expected x with 4 axes, got 2x3"),
];

describe("the shape rules of training", () => {
  for (const { op, message, run } of refused) {
    it(`${op}: ${message}`, () => {
      assert.throws(run, { name: "GraphError", code: "GRAPH_SHAPE", message });
    });
  }
});
