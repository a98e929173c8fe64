import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { GraphBuilder } from "./builder.js";
import type { AnyNode, Graph } from "./ir.js";
import { verifyGraph } from "./verify.js";

/** x -> conv -> relu -> y, with a block and a stage. */
function small(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input("x", [1, 2, 3, 3]);
  const weight = builder.parameter("conv/weight", [4, 2, 1, 1], "weight");
  const conv = builder.add("conv2d", "conv", [x, weight], { stride: [1, 1], padding: [0, 0] });
  const y = builder.add("relu", "y", [conv], {});
  return builder.finish("small", new Map([["y", y]]), new Map([["end", y]]), [
    { title: "All", times: 1, blocks: ["end"] },
  ]);
}

/** The small graph with changes to its second node, the relu. */
function withRelu(change: Partial<AnyNode>): Graph {
  const graph = small();
  const [conv, relu] = graph.nodes as [AnyNode, AnyNode];
  return { ...graph, nodes: [conv, { ...relu, ...change } as AnyNode] };
}

function fails(graph: Graph, at: string, problem: string): void {
  assert.throws(() => verifyGraph(graph), {
    name: "GraphError",
    code: "GRAPH_INVALID",
    message: `Invalid graph "small" at "${at}": ${problem}`,
  });
}

describe("verifyGraph()", () => {
  it("accepts the network in all its forms", () => {
    verifyGraph(small());
    for (const options of [
      {},
      { auxiliary: true, inputSize: 107 },
      { inputSize: [75, 400], width: 0.25 },
      { top: false, pooling: "none" },
      { top: false, pooling: "max" },
    ] as const) {
      verifyGraph(lower(configureNetwork(options)));
    }
    verifyGraph(lower(configureNetwork(), { batch: 3, batchNormScale: true }));
  });

  it("refuses a node before its input", () => {
    const graph = small();
    fails(
      { ...graph, nodes: graph.nodes.toReversed() },
      "y",
      'expected its input before it, got "conv" from outside the graph',
    );
  });

  it("refuses a value that only looks like one of the graph", () => {
    fails(
      withRelu({ inputs: [{ name: "conv", shape: [1, 4, 3, 3] }] }),
      "y",
      'expected its input before it, got "conv" from outside the graph',
    );
  });

  it("refuses a name used twice", () => {
    const graph = small();
    fails(
      { ...graph, nodes: [...graph.nodes, graph.nodes[1] as AnyNode] },
      "y",
      "expected a unique name, got one already in use",
    );
  });

  it("refuses wrong, missing and surplus outputs", () => {
    const output = (...shape: number[]) => ({ name: "y", shape });
    const [y] = (small().nodes[1] as AnyNode).outputs;
    const free = (graph: Graph) => ({
      ...graph,
      outputs: new Map(),
      blocks: new Map(),
      stages: [],
    });
    fails(
      free(withRelu({ outputs: [output(1, 4, 9, 9)] })),
      "y",
      "expected output 1x4x3x3, got 1x4x9x9",
    );
    fails(free(withRelu({ outputs: [] })), "y", "expected output 1x4x3x3, got none");
    fails(
      free(withRelu({ outputs: [output(1, 4, 3, 3), { name: "z", shape: y?.shape ?? [] }] })),
      "y",
      "expected output 1x4x3x3, got 1x4x3x3, 1x4x3x3",
    );
  });

  it("refuses more or fewer inputs than the op has", () => {
    const graph = small();
    const [conv, relu] = graph.nodes as [AnyNode, AnyNode];
    const [value] = conv.outputs;
    fails(
      { ...graph, nodes: [conv, { ...relu, inputs: [value, value] } as AnyNode] },
      "y",
      "expected the inputs x, got 2",
    );
    fails(
      { ...graph, nodes: [{ ...conv, inputs: conv.inputs.slice(0, 1) } as AnyNode, relu] },
      "conv",
      "expected the inputs x, weight, bias?, got 1",
    );
  });

  it("refuses a node that nothing comes of", () => {
    const graph = small();
    const [, relu] = graph.nodes as [AnyNode, AnyNode];
    const outputs = [{ name: "z", shape: [1, 4, 3, 3] }];
    fails(
      { ...graph, nodes: [...graph.nodes, { ...relu, name: "z", outputs } as AnyNode] },
      "z",
      "expected a result that is read or is an output, got an unused one",
    );
  });

  it("accepts a node one of whose outputs is used", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [2, 3, 4, 4]);
    const beta = builder.parameter("beta", [3], "beta");
    const [, mean = x] = builder.apply("batch_norm_training", "norm", [x, beta], { epsilon: 1 });
    verifyGraph(builder.finish("mean", new Map([["mean", mean]])));
  });

  it("says which node breaks a shape rule", () => {
    const graph = small();
    const [conv, relu] = graph.nodes as [AnyNode, AnyNode];
    const x = { name: "x", shape: [1, 5, 3, 3] };
    const broken = {
      ...graph,
      inputs: [x],
      nodes: [{ ...conv, inputs: [x, ...conv.inputs.slice(1)] } as AnyNode, relu],
    };
    assert.throws(() => verifyGraph(broken), {
      name: "GraphError",
      code: "GRAPH_SHAPE",
      message:
        'Cannot build "conv" from "x" 1x5x3x3, "conv/weight" 4x2x1x1: ' +
        "expected weight for 5 input channels, got 4x2x1x1",
    });
  });

  it("refuses an unread parameter, an unknown output, block or block of a stage", () => {
    const graph = small();
    const stranger = { name: "z", shape: [1] };
    fails(
      { ...graph, parameters: [...graph.parameters, { name: "p", shape: [1], role: "bias" }] },
      "p",
      "expected a node that reads it, got none",
    );
    fails(
      { ...graph, outputs: new Map([["out", stranger]]) },
      "out",
      'expected a value of the graph, got "z"',
    );
    fails(
      { ...graph, blocks: new Map([["end", stranger]]) },
      "end",
      'expected a value of the graph, got "z"',
    );
    fails(
      { ...graph, stages: [{ title: "All", times: 1, blocks: ["end", "more"] }] },
      "All",
      'expected a block of the graph, got "more"',
    );
  });
});
