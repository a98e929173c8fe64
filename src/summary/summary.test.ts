import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { nodeCosts } from "../graph/costs.js";
import { formatName, formatOutput } from "./format.js";
import { renderHtml } from "./html.js";
import { renderMermaid } from "./mermaid.js";
import { summarize } from "./summary.js";
import { renderSvg } from "./svg.js";
import { renderTable } from "./table.js";

const graph = lower(configureNetwork());
const stages = summarize(graph, { depth: "stage" });

describe("summarize()", () => {
  it("gives the stages of the figure with their shapes", () => {
    const rows = stages.rows.map((row) => `${formatName(row)} ${formatOutput(row.output)}`);
    assert.deepEqual(rows, [
      "Input 299×299×3",
      "Stem 35×35×192",
      "Inception-A 35×35×320",
      "Inception-ResNet-A ×10 35×35×320",
      "Reduction-A 17×17×1088",
      "Inception-ResNet-B ×20 17×17×1088",
      "Reduction-B 8×8×2080",
      "Inception-ResNet-C ×10 8×8×2080",
      "Conv 1×1 8×8×1536",
      "Global average pool 1×1×1536",
      "Dropout and FC 1000",
    ]);
  });

  it("counts parameters and multiply-adds of each stage as the published tables do", () => {
    const rows = stages.rows.map(({ parameters, multiplyAdds }) => [parameters, multiplyAdds]);
    // kernels + biases + three numbers a channel of batch norm; multiply-adds of the convolutions
    assert.deepEqual(rows, [
      [0, 0],
      [171_872 + 3 * 400, 1_340_779_616],
      [267_264 + 3 * 528, 327_398_400],
      [10 * (122_368 + 320 + 3 * 240), 10 * 149_900_800],
      [2_662_400 + 3 * 1280, 1_398_185_984],
      [20 * (1_124_352 + 1088 + 3 * 672), 20 * 324_937_728],
      [3_876_864 + 3 * 2048, 585_424_896],
      [10 * (2_031_616 + 2080 + 3 * 864), 10 * 130_023_424],
      [3_194_880 + 3 * 1536, 204_472_320],
      [0, 0],
      [1_537_000, 1_536_000],
    ]);
  });

  it("gives the totals", () => {
    const { totals } = stages;
    assert.equal(totals.parameters, 55_873_736);
    assert.equal(totals.nonTrainable, 60_544);
    assert.equal(totals.trainable, 55_813_192);
    assert.equal(totals.tensors, 898);
    assert.equal(totals.convolutions, 244);
    assert.equal(totals.multiplyAdds, 13_155_794_016);
  });

  it("gives depths that add up to the longest path, whatever the depth of the table", () => {
    for (const depth of ["stage", "block"] as const) {
      const rows = summarize(graph, { depth }).rows;
      assert.equal(
        rows.reduce((sum, row) => sum + row.depth, 0),
        176,
      );
    }
    assert.equal(stages.totals.depth, 176);
  });

  it("puts the auxiliary classifier last, in a row of its own", () => {
    const auxiliary = lower(configureNetwork({ auxiliary: true }));
    const last = summarize(auxiliary, { depth: "stage" }).rows.at(-1);
    assert.equal(last?.name, "Auxiliary classifier");
    assert.equal(last?.parameters, 3_368_552);
    assert.equal(last?.depth, 3);
  });

  it("counts every layer once", () => {
    for (const depth of ["stage", "block", "layer"] as const) {
      const { rows, totals } = summarize(graph, { depth });
      assert.equal(
        rows.reduce((sum, row) => sum + row.parameters, 0),
        totals.parameters,
      );
      assert.equal(
        rows.reduce((sum, row) => sum + row.multiplyAdds, 0),
        totals.multiplyAdds,
      );
    }
  });
});

describe("nodeCosts()", () => {
  it("follows windows and strides through the stem", () => {
    const costs = nodeCosts(graph);
    const field = (name: string) => {
      const node = graph.nodes.find((one) => one.name === name);
      return node && costs.get(node)?.field;
    };
    assert.deepEqual(field("conv2d_1a/conv"), { size: [3, 3], stride: [2, 2] });
    assert.deepEqual(field("conv2d_2a/conv"), { size: [7, 7], stride: [2, 2] });
    assert.deepEqual(field("maxpool_5a"), { size: [31, 31], stride: [8, 8] });
    assert.deepEqual(field("block17_1/branch_1/conv2d_0b_1x7/conv")?.size, [415, 511]);
  });
});

describe("the renderings of a summary", () => {
  it("line up in the table", () => {
    const lines = renderTable(stages).trimEnd().split("\n");
    assert.equal(lines.length, 13 + 1 + 3);
    assert.match(lines[0] ?? "", /^Stage +Output +Parameters +Multiply-adds +Depth/);
    assert.match(lines[7] ?? "", /^Inception-ResNet-B ×20 +17×17×1088 +22,549,120 +6\.499 G +80/);
    assert.equal(
      lines.at(-3),
      "55,873,736 parameters, of which 60,544 not trainable, in 898 tensors",
    );
  });

  it("name every stage in Mermaid, SVG and HTML", () => {
    const html = renderHtml(graph, stages);
    for (const text of [renderMermaid(stages), renderSvg(graph, stages), html]) {
      for (const row of stages.rows) assert.ok(text.includes(formatName(row)), row.name);
    }
    assert.ok(!/(src|href)="https?:/.test(html), "nothing is loaded from elsewhere");
  });

  it("draw the branches that the graph has", () => {
    const svg = renderSvg(graph, stages);
    for (const text of [
      "1×7 160",
      "7×1 192",
      "avg pool 3×3",
      "max pool 3×3 /2",
      "x + 0.17 · that, ReLU",
    ]) {
      assert.ok(svg.includes(text), text);
    }
  });
});
