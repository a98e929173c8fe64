import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Shape } from "../tensor/tensor.js";
import { type OpAttributes, type OpName, ops, type Pair } from "./ops.js";
import { slide } from "./shape-checks.js";

const unpadded = { stride: [1, 1], padding: [0, 0] } as const;
const window3 = { kernel: [3, 3], stride: [2, 2], padding: [0, 0] } as const;
const step = { weightDecay: 0, rateFactor: 1 } as const;

function shapes<K extends OpName>(op: K, inputs: readonly Shape[], attributes: OpAttributes[K]) {
  return ops[op].shape(inputs, attributes);
}

describe("the shape rules", () => {
  it("slide windows as the specification of the network says", () => {
    assert.deepEqual(
      shapes(
        "conv2d",
        [
          [2, 3, 299, 299],
          [32, 3, 3, 3],
        ],
        { stride: [2, 2], padding: [0, 0] },
      ),
      [[2, 32, 149, 149]],
    );
    assert.deepEqual(
      shapes("conv2d", [[1, 8, 17, 17], [4, 8, 1, 7], [4]], { stride: [1, 1], padding: [0, 3] }),
      [[1, 4, 17, 17]],
    );
    assert.deepEqual(shapes("max_pool", [[1, 5, 71, 72]], window3), [[1, 5, 35, 35]]);
    assert.deepEqual(shapes("avg_pool", [[1, 5, 3, 4]], window3), [[1, 5, 1, 1]]);
  });

  it("give the grids of every input size: four windows of 3 at stride 2 and two of 3 in the stem", () => {
    const grids: readonly [input: number, a: number, b: number, c: number][] = [
      [75, 7, 3, 1],
      [107, 11, 5, 2],
      [299, 35, 17, 8],
      [600, 72, 35, 17],
    ];
    const along = (size: number, stride: number) => {
      const [out] = slide([size, size], {
        kernel: [3, 3],
        stride: [stride, stride],
        padding: [0, 0],
      });
      return out;
    };
    for (const [input, a, b, c] of grids) {
      const stem = [2, 1, 2, 1, 2].reduce(along, input);
      assert.deepEqual([stem, along(stem, 2), along(along(stem, 2), 2)], [a, b, c]);
    }
  });

  it("join, pool and flatten", () => {
    const a = [2, 3, 4, 5];
    assert.deepEqual(shapes("concat", [a, [2, 7, 4, 5], a], {}), [[2, 13, 4, 5]]);
    assert.deepEqual(shapes("global_avg_pool", [a], {}), [[2, 3]]);
    assert.deepEqual(shapes("global_max_pool", [a], {}), [[2, 3]]);
    assert.deepEqual(shapes("flatten", [a], {}), [[2, 60]]);
    assert.deepEqual(shapes("linear", [[2, 60], [10, 60], [10]], {}), [[2, 10]]);
  });

  it("keep the shape where an op works element by element", () => {
    const x = [2, 3, 4, 5];
    const c = [3];
    assert.deepEqual(shapes("relu", [x], {}), [x]);
    assert.deepEqual(shapes("scale", [x], { factor: 2 }), [x]);
    assert.deepEqual(shapes("dropout", [x], { rate: 0.5 }), [x]);
    assert.deepEqual(shapes("add", [x, x], {}), [x]);
    assert.deepEqual(shapes("multiply", [x, x], {}), [x]);
    assert.deepEqual(shapes("relu_gradient", [x, x], {}), [x]);
    assert.deepEqual(shapes("batch_norm", [x, c, c, c, c], { epsilon: 1e-3 }), [x]);
    assert.deepEqual(shapes("channel_scale", [x, c], { epsilon: 1e-3 }), [x]);
  });

  it("give gradients the shape of what they are gradients of", () => {
    const x = [2, 3, 9, 9];
    const weight = [5, 3, 3, 3];
    const strided = { stride: [2, 2], padding: [0, 0] } as const;
    const [dy = []] = shapes("conv2d", [x, weight], strided);
    const size: Pair = [9, 9];
    assert.deepEqual(shapes("conv2d_input_gradient", [dy, weight], { ...strided, size }), [x]);
    assert.deepEqual(shapes("conv2d_weight_gradient", [dy, x], { ...strided, kernel: [3, 3] }), [
      weight,
    ]);
    const [pooled = []] = shapes("max_pool", [x], window3);
    assert.deepEqual(shapes("max_pool_gradient", [pooled, x], window3), [x]);
    assert.deepEqual(shapes("avg_pool_gradient", [pooled], { ...window3, size }), [x]);
    assert.deepEqual(shapes("global_avg_pool_gradient", [[2, 3]], { size }), [x]);
    assert.deepEqual(shapes("global_max_pool_gradient", [[2, 3], x, [2, 3]], {}), [x]);
    assert.deepEqual(shapes("slice_channels", [x], { from: 1, to: 3 }), [[2, 2, 9, 9]]);
    assert.deepEqual(shapes("unflatten", [[2, 243]], { shape: [3, 9, 9] }), [x]);
    assert.deepEqual(shapes("channel_sum", [x], {}), [[3]]);
    assert.deepEqual(
      shapes(
        "linear_input_gradient",
        [
          [2, 4],
          [4, 7],
        ],
        {},
      ),
      [[2, 7]],
    );
    assert.deepEqual(
      shapes(
        "linear_weight_gradient",
        [
          [2, 4],
          [2, 7],
        ],
        {},
      ),
      [[4, 7]],
    );
    assert.deepEqual(shapes("batch_norm_training_gradient", [x, x, [3], [3]], { epsilon: 1e-3 }), [
      x,
      [3],
      [3],
    ]);
    assert.deepEqual(
      shapes(
        "softmax_cross_entropy",
        [
          [2, 7],
          [2, 7],
        ],
        {},
      ),
      [[2]],
    );
    assert.deepEqual(
      shapes(
        "softmax_cross_entropy_gradient",
        [
          [2, 7],
          [2, 7],
        ],
        { weight: 1 },
      ),
      [[2, 7]],
    );
  });

  it("give an optimiser its parameter and its slots back", () => {
    const w = [4, 3];
    const sgd = { ...step, momentum: 0.9, nesterov: false };
    const adam = { ...step, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const rmsprop = { ...step, decay: 0.9, momentum: 0.9, epsilon: 1 };
    assert.deepEqual(shapes("sgd_update", [w, w, w, [], []], sgd), [w, w]);
    assert.deepEqual(shapes("adamw_update", [w, w, w, w, [], [], [], []], adam), [w, w, w]);
    assert.deepEqual(shapes("rmsprop_update", [w, w, w, w, [], []], rmsprop), [w, w, w]);
    assert.deepEqual(shapes("moving_average", [w, w], { decay: 0.9, gain: 1 }), [w]);
    assert.deepEqual(shapes("average_update", [w, w, []], {}), [w]);
    assert.deepEqual(shapes("accumulate", [w, w, []], {}), [w]);
    assert.deepEqual(shapes("clip_factor", [w, [2], [5]], { limit: 1 }), [[], []]);
  });

  const image = [1, 3, 8, 8];
  const refused: readonly [what: string, run: () => unknown, message: string][] = [
    [
      "an input of too few axes",
      () =>
        shapes(
          "conv2d",
          [
            [1, 3],
            [4, 3, 1, 1],
          ],
          unpadded,
        ),
      "expected x with 4 axes, got 1x3",
    ],
    [
      "no weight",
      () => shapes("conv2d", [image], unpadded),
      "expected weight with 4 axes, got scalar",
    ],
    [
      "a weight for other channels",
      () => shapes("conv2d", [image, [4, 5, 1, 1]], unpadded),
      "expected weight for 3 input channels, got 4x5x1x1",
    ],
    [
      "a bias of another length",
      () => shapes("conv2d", [image, [4, 3, 1, 1], [3]], unpadded),
      "expected bias 4, got 3",
    ],
    [
      "a window larger than the grid",
      () => shapes("max_pool", [[1, 3, 2, 8]], window3),
      "expected a grid of at least 3x3, got 2x8",
    ],
    [
      "statistics of other channels",
      () => shapes("batch_norm", [image, [3], [4], [3]], { epsilon: 1e-3 }),
      "expected 3 channels, got 4",
    ],
    [
      "grids that differ",
      () => shapes("concat", [image, [1, 3, 8, 9]], {}),
      "expected a 8x8 grid, got 1x3x8x9",
    ],
    [
      "batches that differ",
      () => shapes("concat", [image, [2, 3, 8, 8]], {}),
      "expected a 8x8 grid, got 2x3x8x8",
    ],
    [
      "a sum of two shapes",
      () => shapes("add", [image, [1, 3, 8, 9]], {}),
      "expected 1x3x8x8, got 1x3x8x9",
    ],
    [
      "a dense weight for other inputs",
      () => shapes("linear", [[1, 6], [4, 5], [4]], {}),
      "expected weight for 6 inputs, got 4x5",
    ],
    [
      "a dense bias of another length",
      () => shapes("linear", [[1, 6], [4, 6], [5]], {}),
      "expected bias 4, got 5",
    ],
    [
      "channels that are not there",
      () => shapes("slice_channels", [image], { from: 2, to: 4 }),
      "expected channels in 0..3, got 2..4",
    ],
    [
      "a row of another length",
      () => shapes("unflatten", [[1, 5]], { shape: [1, 2, 3] }),
      "expected 6 values a row, got 1x5",
    ],
    [
      "targets of other classes",
      () =>
        shapes(
          "softmax_cross_entropy",
          [
            [1, 6],
            [1, 5],
          ],
          {},
        ),
      "expected targets 1x6, got 1x5",
    ],
    [
      "a gradient of another shape",
      () => shapes("sgd_update", [[4], [5], [4]], { ...step, momentum: 0, nesterov: false }),
      "expected 4, got 5",
    ],
  ];
  for (const [what, run, message] of refused) {
    it(`refuse ${what}`, () => {
      assert.throws(run, { name: "GraphError", code: "GRAPH_SHAPE", message });
    });
  }
});

describe("the costs of ops", () => {
  it("count one product for each weight and cell", () => {
    const cost = (op: OpName, inputs: readonly Shape[], outputs: readonly Shape[]) =>
      ops[op].multiplyAdds?.(inputs, outputs);
    const x = [2, 3, 9, 9];
    const weight = [5, 3, 3, 3];
    const y = [2, 5, 4, 4];
    const expected = 5 * 3 * 3 * 3 * (2 * 4 * 4);
    assert.equal(cost("conv2d", [x, weight], [y]), expected);
    assert.equal(cost("conv2d_input_gradient", [y, weight], [x]), expected);
    assert.equal(cost("conv2d_weight_gradient", [y, x], [weight]), expected);
    assert.equal(cost("linear", [[2, 6], [4, 6], [4]], [[2, 4]]), 2 * 4 * 6);
    assert.equal(
      cost(
        "linear_input_gradient",
        [
          [2, 4],
          [4, 6],
        ],
        [[2, 6]],
      ),
      2 * 4 * 6,
    );
    assert.equal(
      cost(
        "linear_weight_gradient",
        [
          [2, 4],
          [2, 6],
        ],
        [[4, 6]],
      ),
      2 * 4 * 6,
    );
  });
});
