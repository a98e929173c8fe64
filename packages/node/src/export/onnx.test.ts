import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type PresetName,
  presetNames,
  presets,
} from "@inception-resnet-v2/core/internal/image/presets.js";
import { relativeL2 } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  drawPicture,
  smallLabels,
  smallModelFolder,
  smallSize,
} from "@inception-resnet-v2/test/helpers/small-model.js";
import { decodeImage } from "../image/decode-node.js";
import { InceptionResNetV2 } from "../model/model.js";
import { loadWeights } from "../weights/load.js";
import { exportWeights } from "./export.js";
import { exportOnnx, type OnnxExportOptions } from "./onnx.js";

const runtime = await import("onnxruntime-node").catch(() => undefined);
const skip = !runtime && "onnxruntime-node is not here";

describe("exportOnnx()", { skip }, () => {
  let folder: string;
  let weights: string;
  let photos: string[];

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
    photos = [0, 1].map((seed) => join(folder, `${seed}.png`));
    await Promise.all(photos.map((photo, seed) => drawPicture(photo, seed)));
  });
  after(() => rm(folder, { recursive: true }));

  const written = async (how: PresetName, options: OnnxExportOptions) => {
    const loaded = await loadWeights(weights);
    const model = { ...loaded, labels: smallLabels, preprocessing: presets[how], temperature: 0.5 };
    return exportOnnx(model, options);
  };
  const run = async (
    file: Uint8Array,
    feeds: Record<string, [type: string, data: object, dims: number[]]>,
  ) => {
    const { InferenceSession, Tensor } = runtime as NonNullable<typeof runtime>;
    const session = await InferenceSession.create(file);
    const tensors = Object.entries(feeds).map(([name, [type, data, dims]]) => [
      name,
      new Tensor(type as "float32", data as Float32Array, dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    await session.release();
    return (name: string) => results[name]?.data as Float32Array;
  };
  const logitsOf = async (how: PresetName) => {
    await using model = await InceptionResNetV2.load(weights, {
      engine: "reference",
      preprocessing: how,
    });
    const all: Float32Array[] = [];
    for await (const one of model.logitsAll(photos)) if ("logits" in one) all.push(one.logits);
    return all;
  };

  for (const how of presetNames) {
    it(`takes the bytes of an image as ${how} does`, async () => {
      const expected = await logitsOf(how);
      const file = await written(how, { preprocessing: true });
      for (const [at, photo] of photos.entries()) {
        const { data, width, height } = await decodeImage(await readFile(photo), photo);
        const output = await run(file, { pixels: ["uint8", data, [1, height, width, 3]] });
        const logits = expected[at] as Float32Array;
        assert.ok(relativeL2(output("logits"), logits) < 1e-5, how);
        const sum = output("probabilities").reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - 1) < 1e-5);
        const masses = [...output("logits")].map((logit) => Math.exp(logit / 0.5));
        const total = masses.reduce((a, b) => a + b);
        assert.ok(
          relativeL2(
            output("probabilities"),
            masses.map((mass) => mass / total),
          ) < 1e-4,
        );
      }
    });
  }

  it("takes tensors in any number, in fp32 and fp16", async () => {
    await using model = await InceptionResNetV2.load(weights, { engine: "reference" });
    const size = 3 * smallSize * smallSize;
    for (const [dtype, bound] of [
      ["F32", 1e-5],
      ["F16", 1e-2],
    ] as const) {
      const file = await written("timm", { dtype });
      const images = new Float32Array(2 * size).map((_, index) => Math.sin(index));
      const both = await run(file, { image: ["float32", images, [2, 3, smallSize, smallSize]] });
      const { data } = await model.predict({ shape: [2, 3, smallSize, smallSize], data: images });
      assert.ok(relativeL2(both("logits"), data) < bound, dtype);
      assert.equal(both("features").length % 2, 0);
    }
  });

  it("refuses what ONNX cannot hold, and leaves nothing behind", async () => {
    const loaded = await loadWeights(weights);
    const lanczos = { ...presets.timm, filter: "lanczos" } as const;
    assert.throws(
      () =>
        exportOnnx(
          { ...loaded, labels: smallLabels, preprocessing: lanczos },
          { preprocessing: true },
        ),
      new UsageError(
        "EXPORT_FILTER",
        "Cannot include the preprocessing: expected one of the filters bicubic, bilinear, tensorflow, tensorflow-legacy, got lanczos",
      ),
    );
    const bias = loaded.parameters.get("logits/bias");
    bias?.data.fill(1e5);
    assert.throws(
      () =>
        exportOnnx(
          { ...loaded, labels: smallLabels, preprocessing: presets.timm },
          { dtype: "F16" },
        ),
      new ModelError(
        "WEIGHTS_OVERFLOW",
        'Cannot write "logits/bias" as float16: expected values up to 65504, got 100000',
      ),
    );
    const nowhere = await mkdtemp(join(tmpdir(), "irv2-"));
    await assert.rejects(exportWeights({ weights, out: join(nowhere, "x.bin") }));
    await assert.rejects(exportWeights({ weights, out: join(nowhere, "none", "x.onnx") }), {
      code: "FILE_UNWRITABLE",
    });
    assert.deepEqual(await readdir(nowhere), []);
    await rm(nowhere, { recursive: true });
  });
});
