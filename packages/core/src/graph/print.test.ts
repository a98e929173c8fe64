import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { GraphBuilder } from "./builder.js";
import { printGraph } from "./print.js";

const graph = lower(configureNetwork());

describe("printGraph()", () => {
  // remade by `npm run --silent graph -- --block NAME > test/golden/graph-NAME.txt`
  for (const block of ["mixed_6a", "block17_4", "block8_10"]) {
    it(`prints ${block} as the golden has it`, () => {
      const golden = readFileSync(repositoryFile(`test/golden/graph-${block}.txt`), "utf8");
      assert.equal(printGraph(graph, { scope: block, costs: true }), golden);
    });
  }

  it("prints a part of a block, with what it reads and what others read of it", () => {
    assert.equal(
      printGraph(graph, { scope: "mixed_6a/branch_2" }),
      `%270 = input : 1x320x35x35   # block35_10/relu
%283 = max_pool(%270) kernel=3x3 stride=2x2 padding=0x0 : 1x320x17x17   # mixed_6a/branch_2/maxpool_1a_3x3
return mixed_6a/branch_2/maxpool_1a_3x3=%283
`,
    );
  });

  it("does not take block35_1 for block35_10", () => {
    const text = printGraph(graph, { scope: "block35_1" });
    assert.ok(!text.includes("block35_10"));
    assert.match(text, /^%\d+ = input : 1x320x35x35 {3}# mixed_5b\n/);
    assert.match(text, /\nreturn block35_1\/relu=%\d+\n$/);
  });

  it("prints a whole graph, one line a node", () => {
    const lines = printGraph(graph).trimEnd().split("\n");
    assert.equal(lines.length, 1 + graph.nodes.length + 1);
    assert.equal(lines[0], "%0 = input : 1x3x299x299   # image");
    assert.equal(
      lines.at(-2),
      "%821 = linear(%820, weight 1000x1536, bias 1000) : 1x1000   # logits",
    );
    assert.equal(lines.at(-1), "return features=%819, logits=%821");
  });

  it("prints several inputs and outputs, and the parameters of other paths in full", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [2, 3, 4, 4]);
    const y = builder.input("y", [2, 5, 4, 4]);
    const gamma = builder.parameter("elsewhere/gamma", [8], "gamma");
    const beta = builder.parameter("norm/beta", [8], "beta");
    const joined = builder.add("concat", "joined", [x, y], {});
    const outputs = builder.apply("batch_norm_training", "norm", [joined, beta, gamma], {
      epsilon: 0.001,
    });
    const [norm = x, mean = x] = outputs;
    const made = builder.finish(
      "small",
      new Map([
        ["norm", norm],
        ["mean", mean],
      ]),
    );
    assert.equal(
      printGraph(made),
      `%0 = input : 2x3x4x4   # x
%1 = input : 2x5x4x4   # y
%2 = concat(%0, %1) : 2x8x4x4   # joined
%3, %4, %5 = batch_norm_training(%2, beta 8, elsewhere/gamma 8) epsilon=0.001 : 2x8x4x4, 8, 8   # norm
return norm=%3, mean=%4
`,
    );
  });

  it("refuses a path that leads nowhere", () => {
    assert.throws(() => printGraph(graph, { scope: "block36" }), {
      name: "GraphError",
      code: "SCOPE_UNKNOWN",
      message:
        'Cannot print "block36": expected a path of the graph such as "logits", got one without nodes',
    });
  });
});
