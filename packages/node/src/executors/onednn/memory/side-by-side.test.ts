import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import { Uses } from "@inception-resnet-v2/core/internal/graph/uses.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { planRows, type Row } from "./side-by-side.js";

function folded(batch: number): Graph {
  const graph = lower(configureNetwork({}), { batch });
  const parameters = initializeParameters(graph, { initializer: "slim", seed: 1 });
  return forInference({ graph, parameters }, { inPlace: true }).graph;
}

describe("planRows()", () => {
  it("joins no convolutions of two inputs, though they share their weights", () => {
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [16, 16, 1, 1], "weight");
    const b = graph.parameter("b", [16], "bias");
    const results = ["x", "y"].map((name): [string, Value] => {
      const input = graph.input(name, [1, 16, 5, 5]);
      const window = { stride: [1, 1], padding: [0, 0] } as const;
      const made = graph.add("conv2d", `${name}/conv`, [input, w, b], window);
      return [name, graph.add("relu", `${name}/relu`, [made], {})];
    });
    const two = graph.finish("two", new Map(results));
    assert.deepEqual(planRows(two, new Uses(two)), []);
  });
});

describe("planRows() of the network", () => {
  let graph: Graph;
  let rows: Row[];

  before(() => {
    graph = folded(1);
    rows = planRows(graph, new Uses(graph));
  });

  it("joins the 1x1 convolutions that begin the branches of every block", () => {
    const joined = rows
      .filter(({ siblings }) => siblings.length > 0)
      .map(({ siblings }) => siblings.map(({ convolution }) => convolution.outputs[0]?.shape[1]));
    const times = (count: number, widths: number[]) => Array.from({ length: count }, () => widths);
    assert.deepEqual(joined, [
      [48, 64, 96], // mixed_5b
      ...times(10, [32, 32, 32]),
      ...times(20, [128, 192]),
      [256, 256, 256], // mixed_7a
      ...times(10, [192, 192]),
    ]);
  });

  it("lets all parts of every concatenation lie side by side, and no value in two rows", () => {
    const all = graph.nodes.filter(({ op }) => op === "concat");
    assert.equal(all.length, 43);
    for (const { inputs } of all) {
      const row = rows.find(({ concatenation }) => concatenation?.inputs === inputs);
      assert.deepEqual(row?.values.slice(-inputs.length), inputs);
    }
    const values = rows.flatMap((row) => row.values);
    assert.equal(new Set(values).size, values.length);
  });

  it("has none for two photos, whose channels do not follow each other", () => {
    const two = folded(2);
    assert.deepEqual(planRows(two, new Uses(two)), []);
  });
});
