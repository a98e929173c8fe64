import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { GraphBuilder } from "./builder.js";
import type { AnyNode, Graph } from "./ir.js";
import { printGraph } from "./print.js";
import { verifyGraph } from "./verify.js";

const graph = lower(configureNetwork());

describe("printGraph()", () => {
  it("prints a block with shapes and attributes", () => {
    assert.equal(
      printGraph(graph, { scope: "mixed_6a/branch_2" }),
      `%0 = input : 1x3x299x299   # image
%283 = max_pool(%270) kernel=3x3 stride=2x2 padding=0x0 : 1x320x17x17   # mixed_6a/branch_2/maxpool_1a_3x3
return features=%819, logits=%821
`,
    );
  });

  it("adds costs when asked", () => {
    const text = printGraph(graph, { scope: "conv2d_1a", costs: true });
    assert.match(text, /# conv2d_1a\/conv, 19181664 multiply-adds, sees 3x3\n/);
  });
});

describe("verifyGraph()", () => {
  const fails = (broken: Graph, message: string) => {
    assert.throws(() => verifyGraph(broken), {
      name: "GraphError",
      code: "ILLEGAL_GRAPH",
      message,
    });
  };
  const small = (): Graph => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 2, 3, 3]);
    const y = builder.add("relu", "y", [x], {});
    return builder.finish("small", new Map([["y", y]]));
  };

  it("accepts the network", () => {
    verifyGraph(graph);
    verifyGraph(small());
  });

  it("refuses a node before its input", () => {
    const [first, ...rest] = graph.nodes;
    fails(
      { ...graph, nodes: [...rest, first as AnyNode] },
      'Illegal graph "inception_resnet_v2" at "conv2d_1a/batch_norm": expected its input before it, got "conv2d_1a/conv" from nowhere',
    );
  });

  it("refuses a wrong shape, a name used twice, an unused parameter, an unknown output", () => {
    const one = small();
    const [node] = one.nodes as [AnyNode];
    const wrong = { ...node, outputs: [{ name: "y", shape: [1, 2, 4, 4] }] } as AnyNode;
    fails(
      { ...one, nodes: [wrong] },
      'Illegal graph "small" at "y": expected output 1x2x3x3, got 1x2x4x4',
    );
    fails(
      { ...one, nodes: [node, node] },
      'Illegal graph "small" at "y": expected a name of its own, got one used already',
    );
    fails(
      { ...one, parameters: [{ name: "p", shape: [1], role: "bias" }] },
      'Illegal graph "small" at "p": expected a node that reads it, got none',
    );
    fails(
      { ...one, outputs: new Map([["z", { name: "z", shape: [] }]]) },
      'Illegal graph "small" at "z": expected a value of the graph, got "z"',
    );
  });
});
