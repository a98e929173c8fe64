import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GraphBuilder } from "./builder.js";
import { verifyGraph } from "./verify.js";

describe("GraphBuilder", () => {
  it("infers shapes and names each value", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [2, 3, 7, 9]);
    const weight = builder.parameter("conv/weight", [5, 3, 3, 1], "weight");
    const y = builder.add("conv2d", "conv", [x, weight, undefined], {
      stride: [2, 1],
      padding: [1, 0],
    });
    assert.deepEqual(y, { name: "conv", shape: [2, 5, 4, 9] });
    const graph = builder.finish("one", new Map([["y", y]]));
    assert.equal(graph.nodes[0]?.inputs.length, 2, "an input left out leaves no gap");
    verifyGraph(graph);
  });

  it("numbers the outputs of an op that has several", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [2, 3, 4, 4]);
    const beta = builder.parameter("norm/beta", [3], "beta");
    const outputs = builder.apply("batch_norm_training", "norm", [x, beta], { epsilon: 0.001 });
    assert.deepEqual(outputs, [
      { name: "norm", shape: [2, 3, 4, 4] },
      { name: "norm:1", shape: [3] },
      { name: "norm:2", shape: [3] },
    ]);
  });

  it("refuses a name used already, by an input, a parameter or a node", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 1, 1]);
    builder.parameter("p", [1], "bias");
    builder.add("relu", "y", [x], {});
    for (const [name, add] of [
      ["x", () => builder.input("x", [1])],
      ["p", () => builder.parameter("p", [1], "bias")],
      ["y", () => builder.add("relu", "y", [x], {})],
    ] as const) {
      assert.throws(add, {
        name: "GraphError",
        code: "GRAPH_NAME_TAKEN",
        message: `Cannot build "${name}": the name is already in use`,
      });
    }
  });

  it("names the node and its inputs when shapes do not fit", () => {
    const builder = new GraphBuilder();
    const a = builder.input("a", [1, 2, 3, 3]);
    const b = builder.input("b", [1, 2, 4, 3]);
    assert.throws(() => builder.add("add", "sum", [a, b], {}), {
      name: "GraphError",
      code: "GRAPH_SHAPE",
      message: 'Cannot build "sum" from "a" 1x2x3x3, "b" 1x2x4x3: expected 1x2x3x3, got 1x2x4x3',
    });
  });

  it("refuses inputs too few, too many, or left out where they are needed", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 2, 3, 3]);
    const c = builder.parameter("c", [2], "beta");
    const norm = "op batch_norm expects the inputs x, beta, mean, variance, gamma?";
    const cases: readonly [add: () => unknown, problem: string][] = [
      [() => builder.add("relu", "y", [], {}), "op relu expects the inputs x, got none"],
      [() => builder.add("relu", "y", [x, c], {}), 'op relu expects the inputs x, got "x", "c"'],
      [() => builder.add("concat", "y", [], {}), "op concat expects the inputs ...x, got none"],
      [
        () => builder.add("batch_norm", "y", [x, c, undefined, c, c], { epsilon: 1 }),
        `${norm}, got "x", "c", nothing, "c", "c"`,
      ],
    ];
    for (const [add, problem] of cases) {
      assert.throws(add, {
        name: "GraphError",
        code: "GRAPH_INPUTS",
        message: `Cannot build "y": ${problem}`,
      });
    }
    assert.ok(builder.add("batch_norm", "y", [x, c, c, c, undefined], { epsilon: 1 }));
  });

  it("goes on where a graph ends, and leaves that graph as it was", () => {
    const first = new GraphBuilder();
    const x = first.input("x", [1, 1, 2, 2]);
    const y = first.add("relu", "y", [x], {});
    const graph = first.finish("first", new Map([["y", y]]));
    const second = GraphBuilder.from(graph);
    const z = second.add("scale", "z", [y], { factor: 2 });
    const longer = second.finish("second", new Map([["z", z]]));
    verifyGraph(longer);
    assert.deepEqual([graph.nodes.length, longer.nodes.length], [1, 2]);
    assert.throws(() => second.input("y", [1]), { code: "GRAPH_NAME_TAKEN" });
  });
});
