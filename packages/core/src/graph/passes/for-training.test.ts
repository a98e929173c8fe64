import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { verifyGraph } from "../verify.js";
import { forTraining } from "./for-training.js";

describe("forTraining()", () => {
  const { graph } = smallGraph();

  it("makes dropout a mask, and batch norms take the statistics of the batch", () => {
    const form = forTraining(graph);
    assert.deepEqual(form.masks, [{ name: "dropout/mask", shape: [1, 3, 5, 5], rate: 0.2 }]);
    assert.deepEqual(
      form.graph.inputs.map(({ name }) => name),
      ["image", "dropout/mask"],
    );
    assert.deepEqual(
      form.statistics.map(({ parameter, value, gain }) => [parameter.name, value.name, gain]),
      [
        ["first/mean", "first/norm/mean", 1],
        ["first/variance", "first/norm/variance", 25 / 24],
        ["second/mean", "second/norm/mean", 1],
        ["second/variance", "second/norm/variance", 25 / 24],
      ],
    );
    const kinds = form.graph.nodes.map(({ op }) => op);
    assert.ok(!kinds.includes("batch_norm") && !kinds.includes("dropout"));
    // Running statistics are no longer read; whoever builds a step reads them to move them.
    const read = new Set(form.graph.nodes.flatMap(({ inputs }) => inputs));
    verifyGraph({
      ...form.graph,
      parameters: form.graph.parameters.filter((one) => read.has(one)),
    });
  });

  it("leaves frozen norms, and dropout at the rate 0, as they are", () => {
    const form = forTraining(graph, (node) => node.startsWith("first/"));
    const norm = (name: string) => form.graph.nodes.find((node) => node.name === name);
    assert.equal(
      norm("first/norm"),
      graph.nodes.find(({ name }) => name === "first/norm"),
    );
    assert.equal(norm("second/norm")?.op, "batch_norm_training");
    assert.equal(form.statistics.length, 2);
    const kept = graph.nodes.map((node) =>
      node.op === "dropout" ? { ...node, attributes: { rate: 0 } } : node,
    );
    assert.deepEqual(forTraining({ ...graph, nodes: kept }).masks, []);
  });
});
