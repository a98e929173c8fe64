/**
 * @file Checkpoints of TF-Slim by network: whose they are tell their names.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { presets } from "../image/presets.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { initializeParameters } from "./initialize.js";
import type { OpenedWeights } from "./opened.js";
import { toHwio } from "./sources/hwio.js";
import { slimName } from "./sources/slim.js";
import { takeWeights } from "./take.js";

/** A checkpoint in memory. */
function checkpoint(tensors: ReadonlyMap<string, Tensor>): OpenedWeights {
  const entries = [...tensors].map(
    ([name, { shape }]) => [name, { dtype: "float32", shape }] as const,
  );
  const floats = (name: string) => tensors.get(name)?.data ?? new Float32Array();
  return { format: "tensorflow", file: { entries: new Map(entries), metadata: new Map(), floats } };
}

describe("a checkpoint of TF-Slim's Inception-v4", () => {
  const arch = "inception_v4";
  const graph = lower(configureNetwork({ arch, width: 0.1, classes: 1001, auxiliary: true }));
  const parameters = initializeParameters(graph, { initializer: "slim", seed: 1 });
  const theirs = new Map(
    [...parameters].map(([name, value]) => [slimName(name, arch), toHwio(value)]),
  );
  const whole = () => new Map([...theirs, ["global_step", tensor([])]]);

  it("is loaded with its auxiliary classifier, without the background class", () => {
    const loaded = takeWeights(checkpoint(whole()), "v4.ckpt");
    assert.deepEqual([loaded.naming, loaded.network.arch], ["slim", arch]);
    assert.deepEqual([loaded.droppedClasses, loaded.ignored], [1, ["global_step"]]);
    assert.deepEqual(loaded.preprocessing, presets.slim);
    assert.deepEqual([...loaded.parameters.keys()].sort(), [...parameters.keys()].sort());
    for (const [name, { data }] of loaded.parameters) {
      const all = parameters.get(name)?.data ?? new Float32Array();
      assert.deepEqual(data, all.subarray(all.length - data.length), name);
    }
  });

  it("is refused where another network is asked for", () => {
    assert.throws(
      () => takeWeights(checkpoint(whole()), "v4.ckpt", { arch: "inception_resnet_v2" }),
      {
        code: "WEIGHTS_NETWORK",
        message:
          'Cannot use weights "v4.ckpt": expected weights of Inception-ResNet-v2 (inception_resnet_v2), got weights of Inception-v4 (inception_v4)',
      },
    );
  });

  it("is refused by slim's own names where a variable is missing, another shape or one too many", () => {
    const name = "InceptionV4/Mixed_7b/Branch_2/Conv2d_0e_3x1/weights";
    const without = whole();
    without.delete(name);
    assert.throws(() => takeWeights(checkpoint(without), "v4.ckpt"), {
      code: "WEIGHTS_INCOMPLETE",
      message: `Cannot use weights "v4.ckpt": expected 608 tensors, got no "${name}"`,
    });
    const [height = 0, width = 0, inputs = 0, outputs = 0] = theirs.get(name)?.shape ?? [];
    const other = whole().set(name, tensor([height, width, inputs + 1, outputs]));
    const shapes = `expected ${outputs}x${inputs}x3x1, got ${outputs}x${inputs + 1}x3x1`;
    assert.throws(() => takeWeights(checkpoint(other), "v4.ckpt"), {
      code: "WEIGHTS_SHAPE",
      message: `Cannot load "inception_c_1/branch_2/concat_0d/branch_1/conv2d_3x1/weight": ${shapes} from slim "${name}"`,
    });
    assert.throws(() => takeWeights(checkpoint(whole().set("more", tensor([1]))), "v4.ckpt"), {
      code: "WEIGHTS_EXTRA",
      message:
        'Cannot use weights "v4.ckpt": expected only tensors of Inception-v4, got "more" too',
    });
  });

  it("is not taken for one of Inception-v3, whose names are alike", () => {
    const v3 = new Map([...theirs].map(([name, value]) => [name.replace("V4", "V3"), value]));
    assert.throws(() => takeWeights(checkpoint(v3), "v3.ckpt"), {
      code: "WEIGHTS_NETWORK",
      message:
        'Cannot use weights "v3.ckpt": expected tensors of Inception-ResNet-v2, got tensors of Inception-v3 (608 tensors such as "InceptionV3/Conv2d_1a_3x3/weights")',
    });
  });
});
