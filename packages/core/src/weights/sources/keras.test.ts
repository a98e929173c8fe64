import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile, sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import {
  kerasFixture,
  smallKerasParameters,
} from "@inception-resnet-v2/test/helpers/small-keras.js";
import { hdf5Parts } from "inception-resnet-v2/internal/weights/formats/hdf5/write-hdf5.js";
import { readKeras } from "inception-resnet-v2/internal/weights/formats/keras.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import type { KerasFile, KerasLayer } from "../formats/keras-file.js";
import type { TensorEntry } from "../formats/tensor-file.js";
import { shapeFromHwio } from "./hwio.js";
import { kerasDatasets, kerasNames } from "./keras.js";

interface Listed {
  readonly name: string;
  /** Its class and number, as groups of .weights.h5 are called. */
  readonly group: string;
  readonly weights: readonly (readonly [variable: string, shape: readonly number[]])[];
}

/** Layers with weights of Keras' network: made by scripts/python/make-keras-names.py. */
const listed = readFileSync(repositoryFile("test/golden/keras-names.tsv"), "utf8")
  .trim()
  .split("\n")
  .map((line): Listed => {
    const [name = "", group = "", ...weights] = line.split("\t");
    const parsed = weights.map((weight) => {
      const [variable = "", sizes = ""] = weight.split(" ");
      return [variable, sizes.split("x").map(Number)] as const;
    });
    return { name, group, weights: parsed };
  });

/** What a file with these layers would say; entries are `group/variable` of Keras' list. */
function fileOf(layers: readonly Listed[], nameOf: (layer: Listed) => string): KerasFile {
  const entries = new Map<string, TensorEntry>();
  const found = layers.map((layer): KerasLayer => {
    const variables = new Map<string, string>();
    for (const [variable, shape] of layer.weights) {
      variables.set(variable, `${layer.group}/${variable}`);
      entries.set(`${layer.group}/${variable}`, { dtype: "float32", shape });
    }
    return { name: nameOf(layer), variables };
  });
  const floats = (): Float32Array => assert.fail("no elements are needed for names");
  return { entries, layers: found, metadata: new Map(), floats };
}

/** The whole network's parameters without their elements. */
const { parameters } = lower(configureNetwork({ auxiliary: true }), { batchNormScale: true });
const canonical = parameters.map(({ name }) => name);
const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
const tops = listed.filter(({ name }) => name !== "predictions");

describe("names of Keras", () => {
  const byNumbers = kerasNames(
    fileOf(listed, ({ name }) => name),
    canonical,
    "x",
  );

  it("stand for all 898 tensors, with their shapes", () => {
    assert.equal(listed.length, 449);
    assert.equal(byNumbers.size, 898);
    assert.equal(new Set(byNumbers.values()).size, 898);
    const { entries } = fileOf(listed, ({ name }) => name);
    for (const [ours, theirs] of byNumbers) {
      assert.deepEqual(shapeFromHwio(entries.get(theirs)?.shape ?? []), shapes.get(ours), ours);
    }
  });

  it("give the same by the order of the graph as by numbers", () => {
    const ordered = kerasNames(
      fileOf(listed, ({ group }) => `own_${group}`),
      canonical,
      "x",
    );
    assert.deepEqual(ordered, byNumbers);
  });

  it("may start at any number", () => {
    const shift = (name: string) =>
      name.replace(/^(conv2d|batch_normalization)(?:_(\d+))?$/, (_, kind: string, number = "0") => {
        return `${kind}_${Number(number) + 407}`;
      });
    const shifted = kerasNames(
      fileOf(listed, ({ name }) => shift(name)),
      canonical,
      "x",
    );
    assert.deepEqual(shifted, byNumbers);
  });

  it("need no classifier", () => {
    const found = kerasNames(
      fileOf(tops, ({ name }) => name),
      canonical,
      "x",
    );
    assert.equal(found.size, 896);
    assert.ok(!found.has("logits/weight"));
  });

  const reference = sharedFile("reference/tensor-map.tsv");
  it("agree with the map of all layers, also the released ones", { skip: reference.skip }, () => {
    const rows = readFileSync(reference.path, "utf8").trim().split("\n").slice(1);
    const table = rows.map((row) => row.split("\t"));
    const released = new Map(
      table.flatMap(([, , , keras2 = "", h5 = ""]) => {
        const [, number] = /^conv2d_(\d+)$/.exec(keras2) ?? [];
        const layer = number === "1" ? "conv2d" : number ? `conv2d_${Number(number) - 1}` : keras2;
        const norm = number ? layer.replace("conv2d", "batch_normalization") : `${layer}_bn`;
        return [[layer, h5] as const, [norm, `${h5}_BatchNorm`] as const];
      }),
    );
    released.set("predictions", "Logits");
    const file = fileOf(listed.toReversed(), ({ name }) => released.get(name) ?? "");
    assert.deepEqual(kerasNames(file, canonical, "x"), byNumbers);
  });

  it("refuse another network", () => {
    const file = fileOf(listed.slice(0, 100), ({ name }) => name);
    assert.throws(() => kerasNames(file, canonical, "x"), {
      name: "ModelError",
      code: "WEIGHTS_NETWORK",
      message:
        'Cannot use weights "x": expected 244 convolutions and 204 batch norms of Inception-ResNet-v2, got 53 and 47 in layers such as "conv2d", "batch_normalization", "conv2d_1" and 97 more',
    });
  });

  it("tell Inception-v3, whose layers have numbers alone, by its convolutions", () => {
    const convolution = listed.find(({ group }) => group === "conv2d") as Listed;
    const many = Array.from({ length: 94 }, (_, at) => `conv2d_${at}`);
    const layers = many.map((name): Listed => ({ ...convolution, name, group: name }));
    const file = fileOf(layers, ({ name }) => name);
    assert.throws(() => kerasNames(file, canonical, "x"), {
      code: "WEIGHTS_NETWORK",
      message:
        'Cannot use weights "x": expected 244 convolutions and 204 batch norms of Inception-ResNet-v2, got 94 and 0 in layers of Inception-v3 such as "conv2d_0", "conv2d_1", "conv2d_2" and 91 more',
    });
  });

  it("refuse facenet's Inception-ResNet-v1, whose layers have the released names", () => {
    const [first, second] = listed as [Listed, Listed];
    const layers = [
      { ...first, name: "Block35_1_Branch_0_Conv2d_1x1" },
      { ...second, name: "Bottleneck" },
    ];
    const file = fileOf(layers, ({ name }) => name);
    assert.throws(() => kerasNames(file, canonical, "x"), {
      code: "WEIGHTS_NETWORK",
      message:
        'Cannot use weights "x": expected layers of Inception-ResNet-v2, got layers of facenet\'s Inception-ResNet-v1 such as "Block35_1_Branch_0_Conv2d_1x1", "Bottleneck"',
    });
  });

  it("refuse several classifiers that nobody tells apart", () => {
    const dense = listed.filter(({ group }) => group === "dense");
    const more = dense.map((one): Listed => ({ ...one, name: "dense_1", group: "dense_1" }));
    const file = fileOf([...listed, ...more], ({ group }) => group);
    assert.throws(() => kerasNames(file, canonical, "x"), {
      code: "WEIGHTS_NETWORK",
      message:
        'Cannot use weights "x": expected one dense layer, the classifier, got "dense", "dense_1"',
    });
  });
});

describe("kerasDatasets()", () => {
  it("has the groups of Keras' .weights.h5, with their shapes", () => {
    const plain = lower(configureNetwork({}));
    const none = new Float32Array();
    const all: Tensors = new Map(
      plain.parameters.map(({ name, shape }): [string, Tensor] => [name, { shape, data: none }]),
    );
    const datasets = kerasDatasets(all);
    const theirs = listed.flatMap(({ group, weights }) =>
      weights.map(([, shape], index) => [`layers/${group}/vars/${index}`, shape] as const),
    );
    const ours = [...datasets].map(([path, { shape }]) => [path, shape] as const);
    assert.deepEqual(new Map(ours), new Map(theirs));
  });

  it("writes what readKeras() reads back, bit for bit", () => {
    const values = smallKerasParameters();
    const bytes = Buffer.concat([...hdf5Parts(kerasDatasets(values))]);
    const file = readKeras(bytes, "x");
    const theirs = readKeras(kerasFixture("numbered.weights.h5"), "numbered");
    assert.deepEqual([...file.entries.keys()].sort(), [...theirs.entries.keys()].sort());
    for (const path of theirs.entries.keys()) {
      assert.deepEqual(file.entries.get(path)?.shape, theirs.entries.get(path)?.shape, path);
      assert.deepEqual(file.floats(path), theirs.floats(path), path);
    }
    assert.equal(kerasNames(file, values.keys(), "x").size, values.size);
  });

  it("leaves the auxiliary classifier out, and refuses a learned scale", () => {
    const one = tensor([1], Float32Array.of(2));
    assert.equal(kerasDatasets(new Map([["aux_logits/bias", one]])).size, 0);
    assert.throws(() => kerasDatasets(new Map([["conv2d_1a/gamma", one]])), {
      name: "ModelError",
      code: "WEIGHTS_SCALE",
      message:
        'Cannot write weights for Keras: expected batch norm without a learned scale, got "conv2d_1a/gamma"',
    });
  });
});
