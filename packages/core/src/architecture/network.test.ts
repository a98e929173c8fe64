import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Graph } from "../graph/ir.js";
import { verifyGraph } from "../graph/verify.js";
import { sizeOf } from "../tensor/tensor.js";
import { inceptionResNetV2 } from "./inception-resnet-v2.js";
import { conv, image, is, maxPool, sequence, V } from "./layers.js";
import { lower } from "./lower.js";
import { configureNetwork, type NetworkOptions } from "./transforms.js";

const count = (graph: Graph) => graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
const build = (options: NetworkOptions = {}) => lower(configureNetwork(options));
const grid = (graph: Graph, block: string) => graph.blocks.get(block)?.shape.slice(2);

describe("the released network", () => {
  it("has the parameters that Keras publishes", () => {
    const graph = lower(inceptionResNetV2());
    assert.equal(count(graph), 55_873_736);
    assert.equal(graph.parameters.length, 898);
    assert.equal(graph.nodes.filter(({ op }) => op === "conv2d").length, 244);
    assert.equal(graph.nodes.filter(({ op }) => op === "batch_norm").length, 204);
    verifyGraph(graph);
  });

  it("has the parameters that slim and timm count for their variants", () => {
    assert.equal(count(build({ top: false })), 54_336_736);
    assert.equal(count(build({ classes: 1001 })), 55_875_273);
    assert.equal(count(build({ classes: 1001, auxiliary: true })), 59_244_594);
    assert.equal(count(build({ auxiliary: true })), 59_242_288);
    const timm = lower(configureNetwork(), { batchNormScale: true });
    assert.equal(count(timm), 55_904_008);
  });

  it("names parameters by slim's scheme", () => {
    const names = lower(inceptionResNetV2()).parameters.map(({ name }) => name);
    for (const name of [
      "conv2d_1a/weight",
      "mixed_5b/branch_2/conv2d_0c_3x3/beta",
      "mixed_5b/branch_3/conv2d_0b_1x1/weight",
      "block35_10/branch_0/conv2d_1x1/moving_mean",
      "mixed_6a/branch_0/conv2d_1a_3x3/weight",
      "mixed_7a/branch_2/conv2d_1a_3x3/moving_variance",
      "block17_20/branch_1/conv2d_0c_7x1/weight",
      "block8_10/up/bias",
      "logits/bias",
    ]) {
      assert.ok(names.includes(name), name);
    }
  });

  it("leaves the tenth block8 unscaled and linear", () => {
    const names = lower(inceptionResNetV2()).nodes.map(({ name }) => name);
    assert.ok(names.includes("block8_9/relu") && names.includes("block8_9/scale"));
    assert.ok(!names.includes("block8_10/relu") && !names.includes("block8_10/scale"));
  });
});

describe("an input of another size", () => {
  const grids = {
    75: [7, 3, 1],
    107: [11, 5, 2],
    139: [15, 7, 3],
    150: [16, 7, 3],
    224: [25, 12, 5],
    299: [35, 17, 8],
    320: [37, 18, 8],
    331: [39, 19, 9],
    395: [47, 23, 11],
    400: [47, 23, 11],
    448: [53, 26, 12],
    480: [57, 28, 13],
    512: [61, 30, 14],
    600: [72, 35, 17],
  };
  for (const [size, [a, b, c]] of Object.entries(grids)) {
    it(`of ${size} pixels has grids of ${a}, ${b} and ${c}`, () => {
      const graph = build({ inputSize: Number(size) });
      assert.deepEqual(grid(graph, "block35_10"), [a, a]);
      assert.deepEqual(grid(graph, "block17_20"), [b, b]);
      assert.deepEqual(grid(graph, "block8_10"), [c, c]);
    });
  }

  it("may be taller than wide", () => {
    const graph = build({ inputSize: [400, 600] });
    assert.deepEqual(grid(graph, "block8_10"), [11, 17]);
    assert.deepEqual(graph.inputs[0]?.shape, [1, 3, 400, 600]);
  });
});

describe("configureNetwork()", () => {
  it("multiplies widths and rounds them to multiples of 8", () => {
    const graph = build({ width: 0.25, classes: 10 });
    assert.deepEqual(graph.blocks.get("conv2d_7b")?.shape, [1, 384, 8, 8]);
    const kernels = graph.parameters.filter(
      ({ role, shape }) => role === "weight" && shape.length === 4,
    );
    assert.ok(kernels.every(({ shape }) => (shape[0] ?? 0) % 8 === 0));
    assert.deepEqual(graph.outputs.get("logits")?.shape, [1, 10]);
    verifyGraph(graph);
  });

  it("ends in features without top, pooled as asked", () => {
    const features = (pooling: "avg" | "max" | "none") =>
      build({ top: false, pooling }).outputs.get("features")?.shape;
    assert.deepEqual(features("avg"), [1, 1536]);
    assert.deepEqual(features("max"), [1, 1536]);
    assert.deepEqual(features("none"), [1, 1536, 8, 8]);
  });

  it("hangs the auxiliary classifier on the 17x17 grid, down to inputs of 107", () => {
    for (const inputSize of [107, 299, 400]) {
      const graph = build({ auxiliary: true, inputSize, classes: 7 });
      assert.deepEqual(graph.outputs.get("aux_logits")?.shape, [1, 7]);
      verifyGraph(graph);
    }
  });

  const wrong: [NetworkOptions, string][] = [
    [
      { inputSize: 74 },
      'Option "inputSize" is out of range: expected whole numbers of pixels from 75, got 74x74',
    ],
    [
      { inputSize: [299, 10] },
      'Option "inputSize" is out of range: expected whole numbers of pixels from 75, got 299x10',
    ],
    [{ classes: 0 }, 'Option "classes" is out of range: expected a whole number from 1, got 0'],
    [
      { width: 0 },
      'Option "width" is out of range: expected a number above 0 and at most 8, got 0',
    ],
    [
      { dropout: 1 },
      'Option "dropout" is out of range: expected a number from 0 and below 1, got 1',
    ],
    [
      { pooling: "none" },
      'Option "pooling" is out of range: expected avg or max with a classifier, got "none"',
    ],
    [
      { auxiliary: true, inputSize: 100 },
      'Option "inputSize" is out of range: expected at least 107 pixels a side for the auxiliary classifier, got 100x100',
    ],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => configureNetwork(options), {
        name: "UsageError",
        code: "OPTION_RANGE",
        message,
      });
    });
  }
});

describe("lower()", () => {
  it("fails where a shape statement does not hold", () => {
    const network = sequence(
      "small",
      image(9, 9, 3),
      conv("3x3", 8, V, { stride: 2, name: "first" }),
      is(5, 5, 8),
    );
    assert.throws(() => lower(network), {
      code: "ARCHITECTURE_SHAPE",
      message: 'Cannot build "first/relu": expected 5x5x8 here, inferred 4x4x8',
    });
  });

  it("fails where a window meets no grid", () => {
    const network = sequence(
      "small",
      image(2, 2, 3),
      maxPool("3x3", V, { stride: 2, name: "pool" }),
    );
    assert.throws(() => lower(network), {
      code: "GRAPH_SHAPE",
      message: 'Cannot build "pool" from "image" 1x3x2x2: expected a grid of at least 3x3, got 2x2',
    });
  });

  it("writes the batch into the shapes", () => {
    assert.deepEqual(
      lower(inceptionResNetV2(), { batch: 8 }).outputs.get("logits")?.shape,
      [8, 1000],
    );
  });
});
