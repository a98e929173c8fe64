import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { inceptionResNetV2 } from "./inception-resnet-v2.js";
import {
  avgPool,
  classifier,
  concat,
  conv,
  image,
  maxPool,
  type Network,
  repeat,
  residual,
  sequence,
  V,
} from "./layers.js";
import { lower } from "./lower.js";
import { configureNetwork, withWidth } from "./transforms.js";

/** slim's scope as our path: `InceptionResnetV2/Repeat/block35_1/Conv2d_1x1` is `block35_1/up`. */
function pathOf(scope: string): string {
  const path = scope
    .replace("InceptionResnetV2/", "")
    .replace(/^Repeat(_\d)?\//, "")
    .replace(/^Block8\//, "block8_10/")
    .toLowerCase();
  return path
    .replace(/^(conv2d_\d[ab])_\dx\d$/, "$1")
    .replace(/^(block\d+_\d+)\/conv2d_1x1$/, "$1/up");
}

function weightOf(parameter: string): string[] {
  return parameter.endsWith("/weight") ? [parameter.replace("/weight", "")] : [];
}

describe("lower()", () => {
  const table = sharedFile("reference/tensor-map.tsv");
  it("makes the 244 convolutions that slim makes, in its order", { skip: table.skip }, () => {
    const expected = readFileSync(table.path, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => {
        const [, scope = "", , , , kernel, stride, padding, output] = line.split("\t");
        return [pathOf(scope), kernel, stride, padding, output].join(" ");
      });
    const found = lower(inceptionResNetV2()).nodes.flatMap((node) => {
      if (node.op !== "conv2d") return [];
      const [k = 0, c = 0, kh = 0, kw = 0] = node.inputs[1]?.shape ?? [];
      const [, channels, height, width] = node.outputs[0]?.shape ?? [];
      const { stride, padding } = node.attributes;
      const isSame = padding[0] === (kh - 1) / 2 && padding[1] === (kw - 1) / 2;
      return [
        [
          node.name.replace(/\/conv$/, ""),
          `${kh}x${kw}x${c}x${k}`,
          stride[0],
          isSame ? "SAME" : "VALID",
          `${height}x${width}x${channels}`,
        ].join(" "),
      ];
    });
    const oneByOne = (row: string) =>
      / 1x1x\d+x\d+ /.test(row) ? row.replace("VALID", "SAME") : row;
    assert.equal(found.length, 244);
    assert.deepEqual(found, expected.map(oneByOne));
  });

  it("letters the layers of a branch as slim does", () => {
    const network = sequence(
      "letters",
      image(9, 9, 3),
      concat(
        "mixed",
        [conv("1x1", 2)],
        [conv("1x1", 2), conv("3x3", 2), conv("1x3", 2)],
        [avgPool("3x3"), conv("1x1", 2)],
      ),
      concat(
        "reduced",
        [conv("1x1", 2), conv("3x3", 2, V, { stride: 2 })],
        [maxPool("3x3", V, { stride: 2 })],
      ),
    );
    const names = lower(network).nodes.flatMap(({ op, name }) =>
      op === "batch_norm" || op === "relu" ? [] : [name],
    );
    assert.deepEqual(names, [
      "mixed/branch_0/conv2d_1x1/conv",
      "mixed/branch_1/conv2d_0a_1x1/conv",
      "mixed/branch_1/conv2d_0b_3x3/conv",
      "mixed/branch_1/conv2d_0c_1x3/conv",
      "mixed/branch_2/avgpool_0a_3x3",
      "mixed/branch_2/conv2d_0b_1x1/conv",
      "mixed",
      "reduced/branch_0/conv2d_0a_1x1/conv",
      "reduced/branch_0/conv2d_1a_3x3/conv",
      "reduced/branch_1/maxpool_1a_3x3",
      "reduced",
    ]);
  });

  it("builds a residual block: concat, projection with bias, scale, sum, ReLU", () => {
    const network = sequence(
      "one",
      image(5, 5, 8),
      residual({ scale: 0.5, name: "block" }, [conv("1x1", 2)]),
    );
    const graph = lower(network);
    assert.deepEqual(
      graph.nodes.map(({ op }) => op),
      ["conv2d", "batch_norm", "relu", "concat", "conv2d", "scale", "add", "relu"],
    );
    assert.deepEqual(graph.parameters.slice(-2), [
      { name: "block/up/weight", shape: [8, 2, 1, 1], role: "weight" },
      { name: "block/up/bias", shape: [8], role: "bias" },
    ]);
    assert.equal(graph.outputs.get("features"), graph.blocks.get("block"));
  });

  it("repeats any layer, in a branch too, and numbers its names", () => {
    const pair = concat([conv("1x1", 2)], [repeat("deep", 2, conv("1x3", 2))]);
    const network = sequence("repeats", image(5, 5, 8), repeat("pair", 2, pair));
    const names = (of: Network) => lower(of).parameters.flatMap(({ name }) => weightOf(name));
    assert.deepEqual(names(network), [
      "pair_1/branch_0/conv2d_1x1",
      "pair_1/branch_1/deep_1",
      "pair_1/branch_1/deep_2",
      "pair_2/branch_0/conv2d_1x1",
      "pair_2/branch_1/deep_1",
      "pair_2/branch_1/deep_2",
    ]);
    assert.deepEqual([...lower(network).blocks.keys()], ["pair_1", "pair_2"]);
    const wide = lower(withWidth(network, 8));
    assert.deepEqual(wide.outputs.get("features")?.shape, [1, 32, 5, 5]);
  });

  it("flattens the grid that is left before a classifier", () => {
    const graph = lower(sequence("flat", image(2, 3, 4), classifier(5)));
    assert.deepEqual(
      graph.nodes.map(({ op, outputs: [y] }) => [op, y?.shape]),
      [
        ["flatten", [1, 24]],
        ["linear", [1, 5]],
      ],
    );
  });

  it("gives every block its activation and every stage its blocks", () => {
    const graph = lower(configureNetwork({ auxiliary: true }));
    const inStages = graph.stages.flatMap(({ blocks }) => blocks);
    assert.deepEqual(
      [...graph.blocks.keys()].filter((block) => !inStages.includes(block)),
      ["aux_avgpool_1a", "aux_conv2d_1b", "aux_conv2d_2a", "aux_logits"],
    );
    assert.deepEqual(
      graph.stages.map(({ title, times, blocks }) => `${title} ${times} ${blocks.length}`),
      [
        "Stem 1 7",
        "Inception-A 1 1",
        "Inception-ResNet-A 10 10",
        "Reduction-A 1 1",
        "Inception-ResNet-B 20 20",
        "Reduction-B 1 1",
        "Inception-ResNet-C 10 10",
        "Conv 1×1 1 1",
        "Global average pool 1 1",
        "Dropout and FC 1 1",
      ],
    );
    assert.deepEqual(graph.blocks.get("block17_20")?.shape, [1, 1088, 17, 17]);
  });

  it("refuses a network without layers or without an image", () => {
    assert.throws(() => lower(sequence("none")), {
      name: "GraphError",
      code: "ARCHITECTURE_INVALID",
      message: 'Cannot build "none": it has no layers',
    });
    assert.throws(() => lower(sequence("blind", conv("1x1", 3))), {
      name: "GraphError",
      code: "ARCHITECTURE_INVALID",
      message: "Cannot build a conv before the image",
    });
  });
});
