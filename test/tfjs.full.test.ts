/**
 * @file The network of the real size as TensorFlow.js computes it from our export; and back again.
 *
 * The CPU backend takes some forty seconds for the photo: it is the one that needs no download.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { relativeL2 } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { InceptionResNetV2 } from "inception-resnet-v2/internal/model/model.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { saveWeights } from "inception-resnet-v2/internal/weights/save.js";
import { hashImages, hashWeights } from "./helpers/hash-weights.js";
import { runIrv2 } from "./helpers/run-irv2.js";
import { loadTfjs, predictTfjs, saveTfjs } from "./helpers/tfjs.js";

const folder = mkdtempSync(join(tmpdir(), "irv2-tfjs-"));
const at = (name: string) => join(folder, name);
after(() => rmSync(folder, { recursive: true }));

it("irv2 export --format tfjs gives the same logits in TensorFlow.js, which saves what we read", async () => {
  const parameters = hashWeights(lower(configureNetwork()));
  await saveWeights(at("x.safetensors"), parameters);
  const args = [at("x.safetensors"), "--format", "tfjs", "--out", at("ours")];
  const { code, stderr } = await runIrv2(["export", ...args]);
  assert.equal(code, 0, stderr);
  const image = hashImages(1, 299, 299);
  const tfjs = await loadTfjs(at("ours"));
  const theirs = predictTfjs(tfjs, image);
  await saveTfjs(tfjs, at("theirs"), 4 * 2 ** 20);
  await using model = await InceptionResNetV2.load(at("x.safetensors"));
  const difference = relativeL2(theirs.data, (await model.predict(image)).data);
  assert.ok(difference < 1e-4, `${difference}`);
  const loaded = await loadWeights(at("theirs"));
  assert.deepEqual([...loaded.parameters.keys()], [...parameters.keys()]);
  for (const [name, { data }] of parameters) {
    const again = loaded.parameters.get(name)?.data ?? [];
    assert.ok(
      data.every((value, index) => Object.is(again[index], value)),
      name,
    );
  }
});
