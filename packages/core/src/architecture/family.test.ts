import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { isTrainable } from "../graph/ir.js";
import { verifyGraph } from "../graph/verify.js";
import { sizeOf } from "../tensor/tensor.js";
import { architectureNames, type architectures, findArchitecture } from "./architecture.js";
import { lower } from "./lower.js";
import { configureNetwork, type NetworkOptions } from "./transforms.js";

const build = (options: NetworkOptions) => lower(configureNetwork(options));

const count = (options: NetworkOptions) =>
  build(options)
    .parameters.filter(isTrainable)
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);

describe("architectures", () => {
  for (const arch of architectureNames) {
    const { network, smallestInput, freezePoint, ...rest } = findArchitecture(arch);
    it(`${arch} has its name in its network, and a legal graph`, () => {
      assert.equal(network().name, arch);
      assert.equal(rest.name, arch);
      verifyGraph(lower(network()));
    });

    it(`${arch} has its freeze point among its blocks`, () => {
      assert.ok(lower(network()).blocks.has(freezePoint));
    });

    it(`${arch} has a grid left at its smallest input, and none below`, () => {
      const { body } = smallestInput;
      assert.deepEqual(
        build({ arch, inputSize: body, top: false, pooling: "none" })
          .outputs.get("features")
          ?.shape.slice(2),
        [1, 1],
      );
      const image = { kind: "image", height: body - 1, width: body - 1, channels: 3 } as const;
      const layers = network().layers.map((layer) => (layer.kind === "image" ? image : layer));
      assert.throws(() => lower({ name: arch, layers }), { code: /SHAPE/ });
      assert.throws(() => build({ arch, inputSize: body - 1 }), { code: "OPTION_RANGE" });
    });

    it(`${arch} keeps its blocks at another width, size and number of classes`, () => {
      const graph = build({ arch, width: 0.1, inputSize: [107, 150], classes: 7 });
      assert.deepEqual([...graph.blocks.keys()], [...build({ arch }).blocks.keys()]);
      assert.deepEqual(graph.outputs.get("logits")?.shape, [1, 7]);
      verifyGraph(graph);
    });
  }

  it("hang the auxiliary classifier on the 17x17 grid, where they have one", () => {
    const graph = build({ arch: "inception_v4", auxiliary: true, inputSize: 107 });
    assert.deepEqual(graph.outputs.get("aux_logits")?.shape, [1, 1000]);
    assert.throws(() => configureNetwork({ arch: "inception_resnet_v1", auxiliary: true }), {
      name: "UsageError",
      code: "OPTION_RANGE",
      message:
        'Option "auxiliary" is out of range: expected false for inception_resnet_v1, which has no auxiliary classifier, got true',
    });
  });

  it("are not guessed from a name that is none", () => {
    assert.throws(() => configureNetwork({ arch: "inception_v3" as never }), {
      name: "UsageError",
      code: "ARCHITECTURE_UNKNOWN",
      message:
        'Unknown architecture "inception_v3": expected one of inception_resnet_v2, inception_v4, inception_resnet_v1, inception_resnet_v2_paper',
    });
    assert.throws(() => findArchitecture("constructor"), { code: "ARCHITECTURE_UNKNOWN" });
  });
});

describe("inceptionV4()", () => {
  const table = sharedFile("reference/timm-inception-v4-keys.txt");
  it("makes timm's kernels, in its order", { skip: table.skip }, () => {
    const lines = readFileSync(table.path, "utf8").trim().split("\n");
    const expected = lines
      .map((line) => line.split("\t"))
      .filter(([name = ""]) => /conv\.weight$/.test(name))
      .map(([, shape = ""]) => shape);
    const found = build({ arch: "inception_v4" }).parameters.filter(
      ({ role, shape }) => role === "weight" && shape.length === 4,
    );
    assert.deepEqual(
      found.map(({ shape }) => `[${shape.join(", ")}]`),
      expected,
    );
  });

  it("has the parameters of slim's, without and with the auxiliary classifier", () => {
    assert.equal(count({ arch: "inception_v4", classes: 1001 }), 42_649_769);
    assert.equal(count({ arch: "inception_v4", classes: 1001, auxiliary: true }), 46_009_106);
  });

  it("names what is joined inside a branch after its place there", () => {
    const names = build({ arch: "inception_v4" })
      .nodes.map(({ name }) => name)
      .filter((name) => /^inception_c_1(?!.*\/(batch_norm|relu)$)/.test(name));
    assert.deepEqual(names, [
      "inception_c_1/branch_0/conv2d_1x1/conv",
      "inception_c_1/branch_1/conv2d_0a_1x1/conv",
      "inception_c_1/branch_1/concat_0b/branch_0/conv2d_1x3/conv",
      "inception_c_1/branch_1/concat_0b/branch_1/conv2d_3x1/conv",
      "inception_c_1/branch_1/concat_0b",
      "inception_c_1/branch_2/conv2d_0a_1x1/conv",
      "inception_c_1/branch_2/conv2d_0b_3x1/conv",
      "inception_c_1/branch_2/conv2d_0c_1x3/conv",
      "inception_c_1/branch_2/concat_0d/branch_0/conv2d_1x3/conv",
      "inception_c_1/branch_2/concat_0d/branch_1/conv2d_3x1/conv",
      "inception_c_1/branch_2/concat_0d",
      "inception_c_1/branch_3/avgpool_0a_3x3",
      "inception_c_1/branch_3/conv2d_0b_1x1/conv",
      "inception_c_1",
    ]);
  });
});

describe("the paper's Inception-ResNets", () => {
  const shapes = (arch: keyof typeof architectures) => {
    const { blocks } = build({ arch });
    const names = ["block35_5", "mixed_6a", "block17_10", "mixed_7a", "block8_5"];
    return names.map((name) => blocks.get(name)?.shape.slice(1));
  };

  it("have the grids and channels of their figures", () => {
    assert.deepEqual(shapes("inception_resnet_v1"), [
      [256, 35, 35],
      [896, 17, 17],
      [896, 17, 17],
      [1792, 8, 8],
      [1792, 8, 8],
    ]);
    assert.deepEqual(shapes("inception_resnet_v2_paper"), [
      [384, 35, 35],
      [1152, 17, 17],
      [1152, 17, 17],
      [2144, 8, 8],
      [2144, 8, 8],
    ]);
  });

  it("have 5, 10 and 5 blocks", () => {
    for (const arch of ["inception_resnet_v1", "inception_resnet_v2_paper"] as const) {
      const repeats = build({ arch }).stages.map(({ times }) => times);
      assert.deepEqual(repeats, [1, 5, 1, 10, 1, 5, 1, 1]);
    }
  });

  it("have as many parameters as others count", () => {
    // Reimplementations with 1152 and 2144 channels have these.
    assert.equal((count({ arch: "inception_resnet_v1" }) / 1e6).toFixed(2), "22.74");
    assert.equal((count({ arch: "inception_resnet_v2_paper" }) / 1e6).toFixed(1), "32.4");
  });
});
