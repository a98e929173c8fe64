import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { smallLabels, smallModelFolder, smallSize } from "../../test/helpers/small-model.js";
import { ResourceError, UsageError } from "../errors.js";
import { InceptionResNetV2 } from "../model/model.js";
import { relativeL2, tensor } from "../tensor/tensor.js";
import { loadWeights } from "../weights/load.js";
import { type ExportFormat, exportWeights } from "./export.js";

describe("exportWeights()", () => {
  let folder: string;
  let weights: string;

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
  });
  after(() => rm(folder, { recursive: true }));

  const files: readonly (readonly [format: ExportFormat, file: string])[] = [
    ["safetensors", "again.safetensors"],
    ["timm", "timm.safetensors"],
    ["torch", "model.pth"],
    ["keras", "model.weights.h5"],
    ["tfjs", "tfjs"],
  ];
  for (const [format, file] of files) {
    it(`to ${format} and back gives the same bits`, async () => {
      const out = join(folder, file);
      const { tensors } = await exportWeights({ weights, out, format });
      const before = await loadWeights(weights);
      const after = await loadWeights(out);
      assert.equal(tensors, before.parameters.size);
      assert.deepEqual([...after.parameters.keys()], [...before.parameters.keys()]);
      for (const [name, { shape, data }] of before.parameters) {
        assert.deepEqual(after.parameters.get(name)?.shape, shape, name);
        const bits = (values: ArrayLike<number> = []) =>
          new Uint32Array(Float32Array.from(values).buffer);
        assert.deepEqual(bits(after.parameters.get(name)?.data), bits(data), name);
      }
      if (format === "safetensors" || format === "tfjs") {
        assert.deepEqual(after.labels, smallLabels);
        assert.deepEqual(after.network, before.network);
      }
    });
  }

  it("to ONNX and back gives the same logits, with class names", async () => {
    const out = join(folder, "model.onnx");
    await exportWeights({ weights, out });
    const image = tensor([1, 3, smallSize, smallSize]);
    image.data.forEach((_, index) => {
      image.data[index] = Math.sin(index);
    });
    const logits = [];
    for (const source of [weights, out]) {
      await using model = await InceptionResNetV2.load(source, { engine: "reference" });
      assert.deepEqual(model.labels, smallLabels);
      logits.push((await model.predict(image)).data);
    }
    const [ours = [], theirs = []] = logits;
    assert.ok(relativeL2(theirs, ours) < 1e-5);
  });

  it("refuses what a format cannot hold, and leaves nothing behind", async () => {
    const nowhere = await mkdtemp(join(tmpdir(), "irv2-"));
    const refused = (file: string, options: object, error: Error) =>
      assert.rejects(exportWeights({ weights, out: join(nowhere, file), ...options }), error);
    await refused(
      "x.bin",
      {},
      new UsageError(
        "EXPORT_FORMAT",
        `Cannot tell the format of "${join(nowhere, "x.bin")}": expected .onnx, .safetensors, .pth, .pt, .weights.h5, or --format onnx, safetensors, timm, torch, keras, tfjs`,
      ),
    );
    await refused(
      "x.weights.h5",
      { dtype: "F16" },
      new UsageError(
        "EXPORT_DTYPE",
        "Cannot export to keras: expected numbers of type F32, got F16",
      ),
    );
    await refused(
      "x.pth",
      { preprocessing: true },
      new UsageError(
        "EXPORT_OPTIONS",
        "Cannot export to torch: expected --with-preprocessing and --batch with onnx alone",
      ),
    );
    for (const [format, file] of files) {
      await assert.rejects(
        exportWeights({ weights, out: join(nowhere, "none", file), format }),
        ResourceError,
      );
    }
    assert.deepEqual(await readdir(nowhere), []);
    await rm(nowhere, { recursive: true });
  });
});
