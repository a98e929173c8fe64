/**
 * @file Inception-v4 as timm writes and runs it: our names, logits, counts and files against timm's own.
 *
 * Needs a Python with timm in IRV2_PYTHON; scripts/python/timm_inception_v4.py makes what is compared.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { relativeL2, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { exportWeights, InceptionResNetV2, loadWeights } from "inception-resnet-v2";
import { repositoryFile } from "./helpers/paths.js";
import { runPython, skipPython } from "./helpers/python.js";

const images = 2;

describe("timm's Inception-v4", { skip: skipPython }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-v4-"));
  const at = (name: string) => join(folder, name);
  const floats = (name: string) => new Float32Array(new Uint8Array(readFileSync(at(name))).buffer);
  let facts: { parameters: number; macs: number; crop: number };

  before(() => {
    runPython([repositoryFile("scripts/python/timm_inception_v4.py"), folder, "onnx"]);
    facts = JSON.parse(readFileSync(at("facts.json"), "utf8"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function logitsOf(file: string): Promise<Float32Array> {
    await using model = await InceptionResNetV2.load(at(file));
    return (await model.predict(tensor([images, 3, 299, 299], floats("image.f32")))).data;
  }

  for (const file of ["timm.safetensors", "timm.pth", "timm.onnx"]) {
    it(`gives timm's logits from ${file}`, async () => {
      const distance = relativeL2(await logitsOf(file), floats("logits.f32"));
      assert.ok(distance <= 1e-4, `relative L2 distance ${distance}`);
    });
  }

  it("says which network and pixels the file is for", async () => {
    const { network, naming, preprocessing } = await loadWeights(at("timm.safetensors"));
    assert.deepEqual([network.arch, naming], ["inception_v4", "timm"]);
    assert.equal(preprocessing?.cropFraction, facts.crop);
    await assert.rejects(loadWeights(at("timm.safetensors"), { arch: "inception_resnet_v2" }), {
      name: "ModelError",
      code: "WEIGHTS_NETWORK",
      message: `Cannot use weights "${at("timm.safetensors")}": expected weights of Inception-ResNet-v2 (inception_resnet_v2), got weights of Inception-v4 (inception_v4)`,
    });
  });

  it("has the parameters and multiply-adds of timm's module in its summary", async () => {
    await using model = await InceptionResNetV2.load(at("timm.safetensors"));
    const { trainable, multiplyAdds } = model.summary().totals;
    // A scale of timm's norms that is not 1 everywhere stays a parameter, as these are.

    assert.deepEqual([trainable, multiplyAdds], [facts.parameters, facts.macs]);
  });

  for (const [format, file] of [
    ["timm", "again.safetensors"],
    ["torch", "again.pth"],
  ] as const) {
    it(`comes back to timm bit for bit as ${format}`, async () => {
      await exportWeights({ weights: at("timm.safetensors"), out: at(file), format });
      const script = `
import sys, torch, timm
from safetensors.torch import load_file
read = lambda p: load_file(p) if p.endswith("safetensors") else torch.load(p, weights_only=True)
a, b = map(read, sys.argv[1:])
assert a.keys() == b.keys()
assert all(torch.equal(a[k], b[k]) for k in a if not k.endswith("num_batches_tracked"))
timm.create_model("inception_v4", pretrained=False).load_state_dict(b)
print("equal")`;
      assert.equal(runPython(["-c", script, at("timm.safetensors"), at(file)]), "equal\n");
    });
  }

  for (const file of ["own.safetensors", "own.onnx"]) {
    it(`keeps its logits in ${file}`, async () => {
      await exportWeights({ weights: at("timm.safetensors"), out: at(file), parity: false });
      const distance = relativeL2(await logitsOf(file), floats("logits.f32"));
      assert.ok(distance <= 1e-4, `relative L2 distance ${distance}`);
      assert.equal((await loadWeights(at(file))).network.arch, "inception_v4");
    });
  }
});
