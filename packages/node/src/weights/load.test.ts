import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import {
  configureNetwork,
  type NetworkOptions,
} from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { encodeSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import {
  encodeMetadata,
  type WeightMetadata,
} from "@inception-resnet-v2/core/internal/weights/metadata.js";
import {
  timmCounters,
  timmNames,
} from "@inception-resnet-v2/core/internal/weights/sources/timm.js";
import { loadWeights } from "./load.js";

const network: WeightMetadata["network"] = {
  arch: "inception_resnet_v2",
  width: 0.1,
  inputSize: [107, 139],
  pooling: "avg",
  dropout: 0.2,
};

/** The tensors of a small network, changed by `change`, as our own file. */
function ourFile(
  options: NetworkOptions = {},
  change: (tensors: Map<string, Tensor>) => void = () => {},
  metadata: WeightMetadata = {},
): Uint8Array {
  const { width, inputSize } = network ?? {};
  const graph = lower(configureNetwork({ width, inputSize, classes: 5, ...options }));
  const tensors = new Map(initializeParameters(graph, { initializer: "slim", seed: 1 }));
  change(tensors);
  return encodeSafetensors(tensors, {
    metadata: encodeMetadata({ ...(network && { network }), ...metadata }),
  });
}

/** A whole network of ones with timm's names, changed by `change`. */
function timmFile(change: (tensors: Map<string, Tensor>) => void): Uint8Array {
  const full = lower(configureNetwork(), { batchNormScale: true });
  const names = timmNames(full.parameters.map(({ name }) => name));
  const tensors = new Map(
    full.parameters.map(({ name, shape }) => [names.get(name) ?? "", ones(shape)]),
  );
  change(tensors);
  return encodeSafetensors(tensors);
}

function ones(shape: readonly number[]): Tensor {
  const values = tensor(shape);
  values.data.fill(1);
  return values;
}

describe("loadWeights()", () => {
  it("takes another input size than the file's", async () => {
    const { graph, network: shape } = await loadWeights(ourFile(), { inputSize: 139 });
    assert.deepEqual(graph.inputs[0]?.shape, [1, 3, 139, 139]);
    assert.deepEqual(shape.inputSize, [139, 139]);
    await assert.rejects(
      loadWeights(ourFile(), { inputSize: 74 }),
      new UsageError(
        "OPTION_RANGE",
        'Option "inputSize" is out of range: expected whole numbers of pixels from 75, got 74x74',
        { option: "inputSize" },
      ),
    );
  });

  it("rebuilds the network that a file of ours describes", async () => {
    const bytes = ourFile({ auxiliary: true }, undefined, {
      labels: ["a", "b", "c", "d", "e"],
      preprocessing: presets.slim,
      provenance: { from: "a test" },
    });
    const loaded = await loadWeights(bytes);
    assert.equal(loaded.naming, "canonical");
    assert.deepEqual(loaded.graph.inputs[0]?.shape, [1, 3, 107, 139]);
    assert.deepEqual(loaded.graph.outputs.get("aux_logits")?.shape, [1, 5]);
    assert.deepEqual(loaded.labels, ["a", "b", "c", "d", "e"]);
    assert.deepEqual(loaded.preprocessing, presets.slim);
    assert.deepEqual(loaded.provenance, { from: "a test" });
    assert.equal(loaded.parameters.size, loaded.graph.parameters.length);
  });

  it("loads a network without top", async () => {
    const { graph } = await loadWeights(ourFile({ top: false }));
    assert.deepEqual([...graph.outputs.keys()], ["features"]);
  });

  it("reads timm's names and ignores its counters; scales of one are left out", async () => {
    for (const gamma of [1, 0.5]) {
      const full = lower(configureNetwork(), { batchNormScale: true });
      const names = timmNames(full.parameters.map(({ name }) => name));
      const tensors = new Map(
        full.parameters.map(({ name, shape, role }) => {
          const values = tensor(shape);
          if (role === "gamma") values.data.fill(gamma);
          return [names.get(name) ?? "", values];
        }),
      );
      const counters = new Map(timmCounters(names.keys()).map((name) => [name, 3n]));
      const loaded = await loadWeights(encodeSafetensors(tensors, { counters }));
      assert.equal(loaded.naming, "timm");
      assert.equal(loaded.parameters.size, gamma === 1 ? 898 : 898 + 204);
    }
  });

  it("drops slim's background class when told to", async () => {
    const bytes = ourFile({ classes: 1001 }, (tensors) => {
      tensors.get("logits/bias")?.data.fill(9, 0, 1).fill(4, 1, 2);
    });
    const loaded = await loadWeights(bytes, { dropBackground: true });
    assert.deepEqual(loaded.graph.outputs.get("logits")?.shape, [1, 1000]);
    assert.equal(loaded.parameters.get("logits/bias")?.data[0], 4);
    await assert.rejects(loadWeights(bytes), {
      code: "WEIGHTS_BACKGROUND",
      message:
        'Cannot use weights "bytes": expected 1000 classes, got 1001, whose class 0 is slim\'s "background", which no photo belongs to; dropBackground drops it',
    });
  });

  const refuses = (what: string, bytes: () => Uint8Array, code: string, message: string) => {
    it(`refuses ${what}`, async () => {
      await assert.rejects(loadWeights(bytes()), { name: "ModelError", code, message });
    });
  };

  refuses(
    "a file that lacks tensors",
    () =>
      ourFile({}, (tensors) =>
        ["conv2d_1a/beta", "block8_3/up/bias"].forEach((one) => void tensors.delete(one)),
      ),
    "WEIGHTS_INCOMPLETE",
    'Cannot use weights "bytes": expected 898 tensors, got no "conv2d_1a/beta", "block8_3/up/bias"',
  );
  refuses(
    "a file with tensors too many",
    () =>
      ourFile({}, (tensors) =>
        ["q", "r", "s", "t"].forEach((one) => void tensors.set(one, tensor([1]))),
      ),
    "WEIGHTS_EXTRA",
    'Cannot use weights "bytes": expected only tensors of Inception-ResNet-v2, got "q", "r", "s" and 1 more too',
  );
  refuses(
    "a tensor of another shape, naming both",
    () => ourFile({}, (tensors) => void tensors.set("block35_3/up/bias", tensor([7]))),
    "WEIGHTS_SHAPE",
    'Cannot load "block35_3/up/bias": expected 32, got 7',
  );
  refuses(
    "a NaN, naming where",
    () =>
      ourFile(
        {},
        (tensors) =>
          void tensors.get("mixed_6a/branch_0/conv2d_1a_3x3/weight")?.data.fill(Number.NaN, 5, 6),
      ),
    "WEIGHTS_NOT_FINITE",
    'Cannot load "mixed_6a/branch_0/conv2d_1a_3x3/weight": expected finite numbers, got NaN at index 5',
  );
  refuses(
    "the weights of a ResNet, saying so",
    () => encodeSafetensors(new Map([["layer4.2.conv3.weight", tensor([1])]])),
    "WEIGHTS_NETWORK",
    'Cannot use weights "bytes": expected tensors of Inception-ResNet-v2, got tensors of a ResNet (1 tensor such as "layer4.2.conv3.weight")',
  );
  refuses(
    "a file without tensors",
    () => encodeSafetensors(new Map()),
    "WEIGHTS_NETWORK",
    'Cannot use weights "bytes": expected tensors of Inception-ResNet-v2, got none',
  );
  refuses(
    "a file of a later version",
    () =>
      encodeSafetensors(new Map(), { metadata: { format: "inception-resnet-v2", version: "9" } }),
    "WEIGHTS_VERSION",
    'Cannot read weights "bytes": expected format version 1, got 9',
  );
  refuses(
    "metadata that does not fit",
    () => encodeSafetensors(new Map(), { metadata: { ...encodeMetadata({}), labels: "[1]" } }),
    "WEIGHTS_METADATA",
    'Cannot read weights "bytes": expected a list of texts in metadata "labels", got [1]',
  );

  refuses(
    "a temperature of zero",
    () => encodeSafetensors(new Map(), { metadata: { ...encodeMetadata({}), temperature: "0" } }),
    "WEIGHTS_METADATA",
    'Cannot read weights "bytes": expected a number above 0 in metadata "temperature", got 0',
  );

  const described = (change: object): WeightMetadata => ({
    network: { ...network, ...change } as NonNullable<WeightMetadata["network"]>,
  });
  refuses(
    "metadata of a network out of range",
    () => ourFile({}, undefined, described({ width: 100 })),
    "WEIGHTS_METADATA",
    'Cannot use weights "bytes": option "width" is out of range: expected a number above 0 and at most 8, got 100',
  );
  refuses(
    "provenance that is a text",
    () =>
      encodeSafetensors(new Map(), { metadata: { ...encodeMetadata({}), provenance: '"here"' } }),
    "WEIGHTS_METADATA",
    'Cannot read weights "bytes": expected a record in metadata "provenance", got "here"',
  );
  refuses(
    "labels of another number than classes",
    () => ourFile({}, undefined, { labels: ["a", "b", "c"] }),
    "WEIGHTS_METADATA",
    'Cannot read weights "bytes": expected 5 texts in metadata "labels", got 3',
  );
  refuses(
    "a classifier without its weight, rather than loading it without top",
    () => ourFile({}, (tensors) => void tensors.delete("logits/weight")),
    "WEIGHTS_INCOMPLETE",
    'Cannot use weights "bytes": expected 898 tensors, got no "logits/weight"',
  );
  refuses(
    "an auxiliary classifier without its weight",
    () => ourFile({ auxiliary: true }, (tensors) => void tensors.delete("aux_logits/weight")),
    "WEIGHTS_INCOMPLETE",
    'Cannot use weights "bytes": expected 908 tensors, got no "aux_logits/weight"',
  );
  refuses(
    "a classifier of no class",
    () =>
      ourFile({}, (tensors) => {
        tensors.set("logits/weight", tensor([0, 152]));
        tensors.set("logits/bias", tensor([0]));
      }),
    "WEIGHTS_METADATA",
    'Cannot use weights "bytes": option "classes" is out of range: expected a whole number from 1, got 0',
  );
  refuses(
    "a file of timm's names that lacks one, giving the name in the file",
    () => timmFile((tensors) => void tensors.delete("conv2d_1a.bn.bias")),
    "WEIGHTS_INCOMPLETE",
    'Cannot use weights "bytes": expected 1102 tensors, got no "conv2d_1a.bn.bias"',
  );
  refuses(
    "scales of one that are of another shape",
    () => timmFile((tensors) => void tensors.set("conv2d_1a.bn.weight", ones([31]))),
    "WEIGHTS_SHAPE",
    'Cannot load "conv2d_1a/gamma": expected 32, got 31 from timm "conv2d_1a.bn.weight"',
  );
  refuses(
    "another network whose classifier has our name",
    () =>
      encodeSafetensors(
        new Map([
          ["logits.weight", tensor([1])],
          ["last_bn.weight", tensor([1])],
        ]),
      ),
    "WEIGHTS_NETWORK",
    'Cannot use weights "bytes": expected tensors of Inception-ResNet-v2, got tensors of facenet\'s Inception-ResNet-v1 (2 tensors such as "last_bn.weight")',
  );

  it("keeps 1001 classes that the file names", async () => {
    const labels = Array.from({ length: 1001 }, (_, at) => `class ${at}`);
    const loaded = await loadWeights(ourFile({ classes: 1001 }, undefined, { labels }));
    assert.deepEqual(loaded.graph.outputs.get("logits")?.shape, [1, 1001]);
    assert.deepEqual(loaded.labels, labels);
  });

  it("leaves the background out where a file of 1001 classes does not name them, on demand", async () => {
    const labels = Array.from({ length: 1001 }, (_, at) => `class ${at}`);
    for (const [metadata, classes] of [
      [{ labels }, 1001],
      [{}, 1000],
    ] as const) {
      const bytes = ourFile({ classes: 1001 }, undefined, metadata);
      const { graph, droppedClasses } = await loadWeights(bytes, { dropBackground: "unnamed" });
      assert.deepEqual(graph.outputs.get("logits")?.shape, [1, classes]);
      assert.equal(droppedClasses, 1001 - classes);
    }
  });

  it("copies bytes, so that the caller's may change", async () => {
    const bytes = ourFile();
    const { parameters } = await loadWeights(bytes);
    bytes.fill(0);
    assert.ok(parameters.get("conv2d_1a/weight")?.data.some((one) => one !== 0));
  });

  it("refuses what is no file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const missing = join(folder, "none.safetensors");
    await assert.rejects(loadWeights(missing), {
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${missing}": expected a weight file, got no such file`,
    });
    await assert.rejects(loadWeights(folder), {
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${folder}": expected a TensorFlow checkpoint, got a folder without one`,
    });
  });

  it("loads the same from bytes, a path and a URL", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const path = join(folder, "small.safetensors");
    const bytes = ourFile();
    await writeFile(path, bytes);
    for (const source of [bytes, path, pathToFileURL(path)]) {
      const { parameters } = await loadWeights(source);
      assert.equal(parameters.size, 898);
    }
  });
});
