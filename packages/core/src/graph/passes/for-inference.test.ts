import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outputsOf, smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { relativeL2, type Tensor } from "../../tensor/tensor.js";
import { forInference } from "./for-inference.js";

describe("forInference()", () => {
  it("leaves every output unchanged", async () => {
    const { graph, parameters, inputs } = smallGraph();
    const before = await outputsOf(graph, parameters, inputs);
    const model = forInference({ graph, parameters });
    const after = await outputsOf(model.graph, model.parameters, inputs);
    for (const [name, { data }] of before) {
      assert.ok(relativeL2(after.get(name)?.data ?? [], data) < 1e-6, name);
    }
  });

  it("leaves convolutions, ReLU and additions, and the parameters that they read", () => {
    const { graph, parameters } = smallGraph();
    const { graph: folded } = forInference({ graph, parameters });
    const kinds = folded.nodes.map(({ op }) => op);
    assert.deepEqual(kinds, ["conv2d", "relu", "conv2d", "relu", "conv2d", "add"]);
    assert.deepEqual(folded.parameters.map(({ name }) => name).sort(), [
      "first/bias",
      "first/weight",
      "second/bias",
      "second/weight",
      "up/bias",
      "up/weight",
    ]);
  });

  it("copies the weights, and overwrites them only when told to", () => {
    const { graph, parameters } = smallGraph();
    const weight = parameters.get("first/weight") as Tensor;
    const original = weight.data.slice();
    forInference({ graph, parameters });
    assert.deepEqual(weight.data, original);
    const { parameters: folded } = forInference({ graph, parameters }, { inPlace: true });
    assert.equal(folded.get("first/weight")?.data, weight.data);
    assert.notDeepEqual(weight.data, original);
  });
});
