import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { auxiliaryHead, inceptionResNetV2 } from "./inception-resnet-v2.js";
import { lower } from "./lower.js";
import {
  configureNetwork,
  type NetworkOptions,
  withAuxiliaryHead,
  withWidth,
} from "./transforms.js";

const build = (options: NetworkOptions) => lower(configureNetwork(options));

describe("withWidth()", () => {
  it("rounds channels to the nearest multiple of 8, halves up, at least 8", () => {
    const graph = build({ width: 0.25 });
    const channels = (name: string) =>
      graph.parameters.find((one) => one.name === `${name}/weight`)?.shape[0];
    assert.equal(channels("conv2d_1a"), 8); // 32 / 4
    assert.equal(channels("conv2d_3b"), 24); // 80 / 4 = 20
    assert.equal(channels("mixed_5b/branch_1/conv2d_0a_1x1"), 16); // 48 / 4 = 12
    assert.equal(channels("block17_1/branch_1/conv2d_0b_1x7"), 40); // 160 / 4
    assert.equal(lower(withWidth(inceptionResNetV2(), 0.01)).blocks.get("conv2d_1a")?.shape[1], 8);
  });

  it("lets a residual block keep the channels that it meets", () => {
    const graph = build({ width: 0.25 });
    assert.deepEqual(graph.blocks.get("mixed_5b")?.shape, graph.blocks.get("block35_10")?.shape);
    assert.deepEqual(graph.blocks.get("mixed_7a")?.shape, graph.blocks.get("block8_10")?.shape);
  });

  it("leaves the network that it is given as it was", () => {
    const network = withAuxiliaryHead(inceptionResNetV2(), auxiliaryHead());
    const before = JSON.stringify(network);
    withWidth(network, 0.5);
    assert.equal(JSON.stringify(network), before);
  });
});

describe("configureNetwork()", () => {
  it("takes the smallest input on one side only", () => {
    const { blocks } = build({ inputSize: [75, 299] });
    assert.deepEqual(blocks.get("block35_10")?.shape, [1, 320, 7, 35]);
    assert.deepEqual(blocks.get("conv2d_7b")?.shape, [1, 1536, 1, 8]);
  });

  it("fits the last kernel of the auxiliary classifier to the grid that is left", () => {
    const kernel = (inputSize: number | [number, number]) =>
      build({ auxiliary: true, inputSize }).parameters.find(
        ({ name }) => name === "aux_conv2d_2a/weight",
      )?.shape;
    assert.deepEqual(kernel(299), [768, 128, 5, 5]);
    assert.deepEqual(kernel(107), [768, 128, 1, 1]);
    assert.deepEqual(kernel([107, 299]), [768, 128, 1, 5]);
  });

  it("gives the auxiliary classifier as many classes and as little width as the main one", () => {
    const graph = build({ auxiliary: true, classes: 3, width: 0.25 });
    assert.deepEqual(graph.outputs.get("aux_logits")?.shape, [1, 3]);
    assert.deepEqual(graph.blocks.get("aux_conv2d_2a")?.shape, [1, 192, 1, 1]);
  });

  it("keeps the auxiliary classifier where the main one is left out", () => {
    const graph = build({ auxiliary: true, top: false });
    assert.deepEqual([...graph.outputs.keys()].sort(), ["aux_logits", "features"]);
  });

  it("leaves the stages out that have nothing left in them", () => {
    const titles = (options: NetworkOptions) => build(options).stages.map(({ title }) => title);
    assert.deepEqual(titles({ top: false }).slice(-2), ["Conv 1×1", "Global average pool"]);
    assert.deepEqual(titles({ top: false, pooling: "max" }).slice(-1), ["Global max pool"]);
    assert.deepEqual(titles({ top: false, pooling: "none" }).slice(-1), ["Conv 1×1"]);
  });
});
