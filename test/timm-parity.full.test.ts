/**
 * @file Weights that timm wrote, photos that timm saw: our logits against timm's own.
 *
 * Needs a Python with timm in IRV2_PYTHON and photos beside the repository.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  relativeL2,
  type Tensor,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { InceptionResNetV2, loadWeights, saveWeights } from "inception-resnet-v2";
import { findImages } from "inception-resnet-v2/internal/image/find-images.js";
import { repositoryFile, sharedFile } from "./helpers/paths.js";

const python = process.env["IRV2_PYTHON"];
const sets = ["clothing", "trashnet", "grocery"].map((name) => sharedFile(`datasets/${name}/val`));
const skip = python ? (sets.find((set) => set.skip)?.skip ?? false) : "IRV2_PYTHON is not set";
const photosWanted = 40;

describe("timm's weights on photos", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-timm-"));
  const weights = join(folder, "timm.safetensors");
  let photos: string[];
  let expected: Float32Array;
  let model: InceptionResNetV2;

  const floats = (name: string) => new Float32Array(readFileSync(join(folder, name)).buffer);
  const row = (at: number) => expected.subarray(at * 1000, (at + 1) * 1000);
  const topFive = (logits: ArrayLike<number>) =>
    Array.from(logits, (value, index) => ({ value, index }))
      .sort((a, b) => b.value - a.value)
      .slice(0, 5)
      .map(({ index }) => index);

  before(async () => {
    const found = await findImages(sets.map(({ path }) => path));
    const step = Math.floor(found.length / photosWanted);
    photos = Array.from({ length: photosWanted }, (_, at) => found[at * step] ?? "");
    const run = (script: string, args: string[]) =>
      execFileSync(python ?? "", ["-W", "ignore", repositoryFile(script), ...args], {
        stdio: "ignore",
      });
    run("bench/python/make_timm_files.py", [folder]);
    run("scripts/python/timm_logits.py", [folder, ...photos]);
    expected = floats("logits.f32");
    model = await InceptionResNetV2.load(weights);
  });
  after(() => model?.dispose());

  it("gives timm's logits from the photos, and the same five classes in order", async () => {
    for (const [at, photo] of photos.entries()) {
      const found = (await model.features(photo, ["logits"])).get("logits") as Tensor;
      const distance = relativeL2(found.data, row(at));
      assert.ok(distance <= 1e-3, `${photo}: relative L2 distance ${distance}`);
      assert.deepEqual(topFive(found.data), topFive(row(at)), photo);
    }
  });

  it("gives timm's logits from timm's pixels", async () => {
    const pixels = floats("pixels.f32");
    const size = 3 * 299 * 299;
    let worst = 0;
    for (let at = 0; at < photosWanted; at++) {
      const image = tensor([1, 3, 299, 299], pixels.slice(at * size, (at + 1) * size));
      worst = Math.max(worst, relativeL2((await model.predict(image)).data, row(at)));
    }
    assert.ok(worst <= 1e-4, `relative L2 distance ${worst}`);
  });

  it("writes timm's file back, bit for bit", async () => {
    const { parameters } = await loadWeights(weights);
    const again = join(folder, "again.safetensors");
    await saveWeights(again, parameters, { naming: "timm" });
    const script = `
import sys, torch, timm
from safetensors.torch import load_file
a, b = load_file(sys.argv[1]), load_file(sys.argv[2])
assert a.keys() == b.keys()
assert all(torch.equal(a[k], b[k]) for k in a if not k.endswith("num_batches_tracked"))
timm.create_model("inception_resnet_v2", pretrained=False).load_state_dict(b)
print("equal")`;
    const output = execFileSync(python ?? "", ["-W", "ignore", "-c", script, weights, again]);
    assert.equal(output.toString(), "equal\n");
  });
});
