import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
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

  it("counts what is trained of each stage as the published tables do", () => {
    assert.deepEqual(
      stages.rows.map(({ trainable }) => trainable),
      [
        0,
        172_272,
        267_792,
        10 * 122_928,
        2_663_680,
        20 * 1_126_112,
        3_878_912,
        10 * 2_034_560,
        3_196_416,
        0,
        1_537_000,
      ],
    );
  });

  it("gives one block of each kind as the published tables do", () => {
    const rows = new Map(
      summarize(graph, { depth: "block" }).rows.map((row) => [row.name, row] as const),
    );
    for (const [block, trainable, multiplyAdds] of [
      ["block35_7", 122_928, 149_900_800],
      ["block17_13", 1_126_112, 324_937_728],
      ["block8_10", 2_034_560, 130_023_424],
    ] as const) {
      const row = rows.get(block);
      assert.deepEqual([row?.trainable, row?.multiplyAdds], [trainable, multiplyAdds], block);
    }
  });

  it("says what each row reads", () => {
    const reads = stages.rows.map((row) => row.reads);
    assert.deepEqual(reads, [[], ...stages.rows.slice(0, -1).map(({ name }) => [name])]);
    const layers = summarize(graph, { depth: "layer" }).rows;
    const find = (name: string) => layers.find((row) => row.name === name)?.reads;
    assert.deepEqual(find("block35_2/add"), ["block35_1/relu", "block35_2/scale"]);
    assert.deepEqual(find("mixed_6a"), [
      "mixed_6a/branch_0/conv2d_1a_3x3",
      "mixed_6a/branch_1/conv2d_1a_3x3",
      "mixed_6a/branch_2/maxpool_1a_3x3",
    ]);
  });

  it("leaves top and pooling out where the network does", () => {
    const bare = summarize(lower(configureNetwork({ top: false, pooling: "none" })), {
      depth: "stage",
    });
    assert.equal(bare.totals.parameters, 54_336_736);
    assert.deepEqual(bare.rows.at(-1)?.output, [8, 8, 1536]);
  });

  it("is plain data", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(stages)), stages);
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
    assert.deepEqual(last?.reads, ["Inception-ResNet-B"]);
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

  it("lead the auxiliary classifier out of the stage that it hangs on", () => {
    const auxiliary = lower(configureNetwork({ auxiliary: true }));
    for (const depth of ["stage", "block", "layer"] as const) {
      const summary = summarize(auxiliary, { depth });
      const arrows = renderMermaid(summary)
        .split("\n")
        .filter((line) => line.includes("-->"));
      const names = new Map(summary.rows.map(({ name }, index) => [`n${index}`, name]));
      const from = arrows.flatMap((arrow) => {
        const [start = "", end = ""] = arrow
          .trim()
          .split(" --> ")
          .map((id) => names.get(id));
        return /^(Auxiliary|aux_avgpool)/.test(end) ? [start] : [];
      });
      const expected = {
        stage: "Inception-ResNet-B",
        block: "block17_20",
        layer: "block17_20/relu",
      };
      assert.deepEqual(from, [expected[depth]]);
    }
  });

  it("draw blocks for a summary by layers, and equal blocks in a row once", () => {
    const blocks = renderSvg(graph, summarize(graph, { depth: "block" }));
    assert.equal(renderSvg(graph, summarize(graph, { depth: "layer" })), blocks);
    assert.equal(blocks.split("x + 0.17 · up, ReLU").length - 1, 1);
    assert.equal(blocks.split(">x + up<").length - 1, 1);
  });

  it("keep text inside the drawing and boxes apart", () => {
    for (const depth of ["stage", "block"] as const) {
      const svg = renderSvg(graph, summarize(graph, { depth }));
      const [, width = 0, height = 0] = /viewBox="0 0 (\S+) (\S+)"/.exec(svg)?.map(Number) ?? [];
      const stageBoxes = [...svg.matchAll(/class="stage" x="(\S+)" y="(\S+)" width="(\S+)"/g)];
      const tops = stageBoxes.map(([, , y]) => Number(y));
      assert.ok(tops.every((y, at) => at === 0 || y - (tops[at - 1] ?? 0) > 52));
      assert.ok(stageBoxes.every(([, x, , w]) => Number(x) + Number(w) < width));
      assert.ok((tops.at(-1) ?? 0) + 52 < height);
    }
  });

  it("draw what forks inside a branch side by side, and a stem of several blocks in a row", () => {
    const v4 = lower(configureNetwork({ arch: "inception_v4" }));
    const svg = renderSvg(v4, summarize(v4, { depth: "stage" }));
    const boxes = [
      ...svg.matchAll(/class="conv" [^>]*y="(\S+)" width="(\S+)"[^>]*\/><text[^>]*>([^<]*)/g),
    ];
    const forked = boxes.filter(([, , width]) => Number(width) < 120);
    assert.deepEqual(
      forked.map(([, , , text]) => text),
      ["1×3 256", "3×1 256", "1×3 256", "3×1 256"],
    );
    assert.equal(new Set(forked.map(([, y]) => y)).size, 1);
    const joins = [...svg.matchAll(/>concat (\d+)</g)].map(([, channels]) => Number(channels));
    assert.deepEqual(joins, [160, 192, 384, 384, 1024, 1024, 1536, 1536]);
  });

  it("draw the branches that the graph has", () => {
    const svg = renderSvg(graph, stages);
    for (const text of [
      "1×7 160",
      "7×1 192",
      "avg pool 3×3",
      "max pool 3×3 /2",
      "3×3 32 /2 V",
      "x + 0.17 · up, ReLU",
      "block8_10: x + up",
    ]) {
      assert.ok(svg.includes(text), text);
    }
  });
});
