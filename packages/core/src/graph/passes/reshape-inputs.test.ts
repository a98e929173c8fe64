import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outputsOf, smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { verifyGraph } from "../verify.js";
import { reshapeInputs } from "./reshape-inputs.js";

describe("reshapeInputs()", () => {
  const { graph, parameters, inputs } = smallGraph();

  it("infers every shape anew and computes the same", async () => {
    const reshaped = reshapeInputs(graph, [{ name: "image", shape: [2, 3, 7, 6] }]);
    verifyGraph(reshaped);
    assert.deepEqual(reshaped.outputs.get("sum")?.shape, [2, 3, 7, 6]);
    assert.deepEqual(reshaped.parameters, graph.parameters);
    const batch = reshapeInputs(graph, [{ name: "image", shape: [2, 3, 5, 5] }]);
    assert.deepEqual(
      await outputsOf(batch, parameters, inputs),
      await outputsOf(graph, parameters, inputs),
    );
  });

  it("gives the graph itself where the shapes are those it has", () => {
    assert.equal(reshapeInputs(graph, graph.inputs), graph);
  });

  it("refuses shapes that do not fit, by the node", () => {
    assert.throws(() => reshapeInputs(graph, [{ name: "image", shape: [1, 4, 5, 5] }]), {
      name: "GraphError",
      message: /^Cannot build "first\/conv" from "image" 1x4x5x5, /,
    });
  });
});
