import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { createReferenceExecutor } from "@inception-resnet-v2/core/internal/executors/reference/executor.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  relativeL2,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  hashImages,
  hashUnit,
  hashWeights,
} from "@inception-resnet-v2/test/helpers/hash-weights.js";
import {
  loadTfjs,
  predictTfjs,
  rebuildWithoutNames,
  saveTfjs,
  type TfjsModel,
} from "@inception-resnet-v2/test/helpers/tfjs.js";
import { loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";
import { exportWeights } from "./export.js";

/** Two sides that differ, so that none is taken for the other. */
const inputSize = [75, 107] as const;

const cases = [
  { what: "logits", top: true, pooling: "avg", batchNormScale: false },
  { what: "logits of a network with scales in its norms", top: true, batchNormScale: true },
  { what: "logits after a maximum", top: true, pooling: "max" },
  { what: "features", top: false, pooling: "avg" },
  { what: "features that are a grid", top: false, pooling: "none" },
] as const;

for (const { what, top, ...options } of cases) {
  const { pooling = "avg", batchNormScale = false } = options as {
    pooling?: "avg" | "max" | "none";
    batchNormScale?: boolean;
  };
  describe(`exportTfjs() of ${what}`, () => {
    let folder: string;
    let model: TfjsModel;
    let parameters: Map<string, Tensor>;
    const at = (name: string) => join(folder, name);
    const network = {
      arch: "inception_resnet_v2",
      width: 0.25,
      inputSize,
      pooling,
      dropout: 0.2,
    } as const;
    const graph = lower(configureNetwork({ ...network, classes: 7, top }), { batchNormScale });
    const image = hashImages(1, ...inputSize);

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "irv2-tfjs-"));
      parameters = hashWeights(graph);
      for (const { name, role } of graph.parameters) {
        if (role !== "gamma") continue;
        const { data } = parameters.get(name) as Tensor;
        for (let j = 0; j < data.length; j++) data[j] = 0.8 + 0.4 * hashUnit(1, j);
      }
      const metadata = { network, preprocessing: presets.timm };
      await saveWeights(at("x.safetensors"), parameters, { metadata });
      await exportWeights({ weights: at("x.safetensors"), out: at("ours"), format: "tfjs" });
      model = await loadTfjs(at("ours"));
    });
    after(() => rm(folder, { recursive: true }));

    it("gives the same numbers in TensorFlow.js", async () => {
      const inference = forInference({ graph, parameters });
      const program = await createReferenceExecutor().compile(
        inference.graph,
        inference.parameters,
      );
      const outputs = await program.run(new Map([["image", image]]));
      const expected = outputs.get(top ? "logits" : "features") as Tensor;
      const got = predictTfjs(model, image);
      assert.deepEqual(got.shape, expected.shape);
      const difference = relativeL2(got.data, expected.data);
      assert.ok(difference < 1e-5, `${difference}`);
    });

    it("is read bit for bit after TensorFlow.js has saved it", async () => {
      await saveTfjs(model, at("theirs"));
      const json = JSON.parse(await readFile(at("theirs/model.json"), "utf8"));
      assert.equal(json.generatedBy, "TensorFlow.js tfjs-layers v4.22.0");
      const loaded = await loadWeights(at("theirs"));
      assert.deepEqual(loaded.network, network);
      assertSameBits(loaded.parameters, parameters);
    });

    it("is read bit for bit from shards, without our metadata", async () => {
      model.setUserDefinedMetadata({});
      await saveTfjs(model, at("shards"), 100_001);
      assertSameBits((await loadWeights(at("shards"))).parameters, parameters);
    });

    it("is read bit for bit from layers without names", async () => {
      await saveTfjs(rebuildWithoutNames(model), at("nameless"));
      const json = JSON.parse(await readFile(at("nameless/model.json"), "utf8"));
      assert.match(json.weightsManifest[0].weights[0].name, /^conv2d_Conv2D\d+\/kernel$/);
      assertSameBits((await loadWeights(at("nameless"))).parameters, parameters);
    });
  });
}

function assertSameBits(got: Tensors, expected: Tensors): void {
  assert.deepEqual([...got.keys()], [...expected.keys()]);
  for (const [name, { shape, data }] of expected) {
    const theirs = got.get(name);
    assert.deepEqual(theirs?.shape, shape, name);
    const bits = (values: Float32Array) => new Uint32Array(Float32Array.from(values).buffer);
    assert.deepEqual(bits(theirs?.data as Float32Array), bits(data), name);
  }
}
