import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { ResourceError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { relativeL2, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import {
  smallLabels,
  smallModelFolder,
  smallSize,
} from "@inception-resnet-v2/test/helpers/small-model.js";
import { InceptionResNetV2 } from "../model/model.js";
import { loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";
import { exportWeights } from "./export.js";
import type { ExportFormat } from "./formats.js";

describe("exportWeights()", () => {
  let folder: string;
  let weights: string;

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
  });
  after(() => rm(folder, { recursive: true }));

  /** Each format with a name for its file and the first tensor in it. */
  const files: readonly (readonly [format: ExportFormat, file: string, first: object])[] = [
    ["safetensors", "again.safetensors", { name: "conv2d_1a/weight", shape: [8, 3, 3, 3] }],
    ["timm", "timm.safetensors", { name: "conv2d_1a.conv.weight", shape: [8, 3, 3, 3] }],
    ["torch", "model.pth", { name: "conv2d_1a.conv.weight", shape: [8, 3, 3, 3] }],
    ["keras", "model.weights.h5", { name: "layers/conv2d/vars/0", shape: [3, 3, 3, 8] }],
    ["tfjs", "tfjs", { name: "Conv2d_1a/kernel", shape: [3, 3, 3, 8] }],
  ];
  for (const [format, file, first] of files) {
    it(`to ${format} and back gives the same bits`, async () => {
      const out = join(folder, file);
      const { tensors, check } = await exportWeights({ weights, out, format });
      assert.ok(check);
      const { tensors: taken, ...rest } = check;
      assert.equal(taken.length, tensors);
      assert.deepEqual(taken[0], { name: "conv2d_1a/weight", shape: [8, 3, 3, 3], from: first });
      const before = await loadWeights(weights);
      const after = await loadWeights(out);
      assert.equal(tensors, before.parameters.size);
      assert.deepEqual(
        { ...rest, added: rest.added.every((one) => one.endsWith("num_batches_tracked")) },
        { leftOut: [], added: true, equal: tensors, largestDifference: 0 },
      );
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

  for (const [format, out] of [
    ["keras", "scaled.weights.h5"],
    ["tfjs", "scaled"],
    ["torch", "scaled.pth"],
  ] as const) {
    it(`to ${format} says what became of an auxiliary head and of learned scales`, async () => {
      const network = {
        arch: "inception_resnet_v2",
        width: 0.1,
        inputSize: [smallSize, smallSize] as const,
      } as const;
      const described = { ...network, pooling: "avg", dropout: 0 } as const;
      const graph = lower(configureNetwork({ ...network, classes: 3, auxiliary: true }), {
        batchNormScale: true,
      });
      const parameters = new Map(initializeParameters(graph, { initializer: "slim", seed: 1 }));
      for (const { name, shape, role } of graph.parameters) {
        if (role !== "gamma") continue;
        const gamma = tensor(shape);
        parameters.set(name, { ...gamma, data: gamma.data.map((_, at) => 1 + (at % 5) / 7) });
      }
      const scaled = join(folder, "with-scales.safetensors");
      await saveWeights(scaled, parameters, { metadata: { network: described } });
      const { check } = await exportWeights({ weights: scaled, out: join(folder, out), format });
      const auxiliary = graph.parameters.map(({ name }) => name).filter((one) => /^aux_/.test(one));
      assert.deepEqual(
        check?.leftOut.filter((one) => !one.endsWith("/gamma")),
        format === "torch" ? [] : auxiliary.filter((one) => !one.endsWith("/gamma")),
      );
      assert.equal(check?.largestDifference, 0);
      const logits = [];
      for (const source of [scaled, join(folder, out)]) {
        await using model = await InceptionResNetV2.load(source, {
          engine: "reference",
          inputSize: [smallSize, smallSize],
        });
        const image = tensor([1, 3, smallSize, smallSize]);
        logits.push(
          (await model.predict({ ...image, data: image.data.map((_, at) => Math.sin(at)) })).data,
        );
      }
      assert.ok(relativeL2(logits[1] ?? [], logits[0] ?? []) < 1e-5);
    });
  }

  it("of classes without names are read again, still without", async () => {
    const nameless = join(folder, "nameless.safetensors");
    const { parameters, network } = await loadWeights(weights);
    await saveWeights(nameless, parameters, { metadata: { network } });
    for (const [format, file] of [...files, ["onnx", "x.onnx"]] as const) {
      const out = join(folder, `nameless-${file}`);
      await exportWeights({ weights: nameless, out, format });
      assert.equal((await loadWeights(out)).labels, undefined, format);
    }
  });

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
        `Cannot tell the format of "${join(nowhere, "x.bin")}": expected .onnx, .safetensors, .pth, .pt, .weights.h5, or the format as one of onnx, safetensors, timm, torch, keras, tfjs`,
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
        "OPTION_UNUSED",
        "Cannot export to torch: expected preprocessing and batch only with onnx",
        { option: "preprocessing" },
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
