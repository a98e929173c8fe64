import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { type NodeCost, nodeCosts, sumCosts } from "./costs.js";
import type { Graph } from "./ir.js";

const graph = lower(configureNetwork());
const costs = nodeCosts(graph);

function costOf(name: string, of: Graph = graph, all = costs): NodeCost {
  const node = of.nodes.find((one) => one.name === name);
  const cost = node && all.get(node);
  assert.ok(cost, name);
  return cost;
}

describe("nodeCosts()", () => {
  it("counts a convolution and its batch norm by hand", () => {
    assert.deepEqual(costOf("conv2d_1a/conv"), {
      parameters: 32 * 3 * 3 * 3,
      trainable: 32 * 3 * 3 * 3,
      tensors: 1,
      multiplyAdds: 32 * 3 * 3 * 3 * 149 * 149,
      activationBytes: 4 * 32 * 149 * 149,
      depth: 1,
      field: { size: [3, 3], stride: [2, 2] },
    });
    const norm = costOf("conv2d_1a/batch_norm");
    assert.deepEqual([norm.parameters, norm.trainable, norm.tensors], [96, 32, 3]);
    assert.deepEqual([norm.multiplyAdds, norm.depth], [0, 1]);
  });

  it("follows windows and strides through the network", () => {
    const fields: readonly [name: string, size: [number, number], stride: number][] = [
      ["conv2d_2a/conv", [7, 7], 2],
      ["conv2d_2b/conv", [11, 11], 2],
      ["maxpool_3a", [15, 15], 4],
      ["conv2d_4a/conv", [23, 23], 4],
      ["maxpool_5a", [31, 31], 8],
      // 31 + (5 - 1) * 8: the 5x5 and the two 3x3 see the same, and the concat what they see
      ["mixed_5b/branch_1/conv2d_0b_5x5/conv", [63, 63], 8],
      ["mixed_5b", [63, 63], 8],
      ["block35_10/relu", [63 + 10 * 32, 63 + 10 * 32], 8],
      ["mixed_6a", [415, 415], 16],
      ["block17_1/branch_1/conv2d_0b_1x7/conv", [415, 415 + 6 * 16], 16],
      ["block17_20/relu", [415 + 20 * 96, 415 + 20 * 96], 16],
      ["mixed_7a", [2399, 2399], 32],
      ["block8_10/add", [2399 + 10 * 64, 2399 + 10 * 64], 32],
      ["avg_pool", [3039 + 7 * 32, 3039 + 7 * 32], 32],
    ];
    for (const [name, size, stride] of fields) {
      assert.deepEqual(costOf(name).field, { size, stride: [stride, stride] }, name);
    }
  });

  it("keeps height and width apart", () => {
    const wide = lower(configureNetwork({ inputSize: [299, 600] }));
    const { field } = costOf("avg_pool", wide, nodeCosts(wide));
    assert.deepEqual(field.size, [3039 + 7 * 32, 3039 + 16 * 32]);
  });

  it("counts multiply-adds and activations at the batch of the graph, parameters once", () => {
    const batch = lower(configureNetwork(), { batch: 4 });
    const one = sumCosts(costs.values());
    const four = sumCosts(nodeCosts(batch).values());
    assert.equal(one.multiplyAdds, 13_155_794_016);
    assert.equal(four.multiplyAdds, 4 * one.multiplyAdds);
    assert.equal(four.activationBytes, 4 * one.activationBytes);
    assert.equal(four.parameters, one.parameters);
    assert.deepEqual([one.parameters, one.trainable, one.tensors], [55_873_736, 55_813_192, 898]);
  });

  it("takes the longest path for the depth", () => {
    assert.equal(costOf("mixed_5b").depth, 5 + 3);
    assert.equal(costOf("logits").depth, 176);
  });
});
