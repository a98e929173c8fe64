import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadWeights } from "inception-resnet-v2";
import { jsonLines, runIrv2 } from "../helpers/run-irv2.js";
import { drawPicture, smallLabels, smallModelFolder } from "../helpers/small-model.js";

describe("weights that name no classes", () => {
  let folder: string;
  let unnamed: string;
  const at = (name: string) => join(folder, name);
  const run = async (...args: string[]) => {
    const result = await runIrv2([...args, "--engine", "onnxruntime"]);
    return { ...result, notes: result.stderr.trim().split("\n") };
  };
  const plain = (...args: string[]) => runIrv2(args);

  before(async () => {
    const model = await smallModelFolder();
    folder = model.folder;
    unnamed = at("unnamed.safetensors");
    for (const [index, name] of smallLabels.entries()) {
      await mkdir(at(`photos/${name}`), { recursive: true });
      await drawPicture(at(`photos/${name}/0.png`), index);
    }
    await writeFile(at("labels.txt"), smallLabels.join("\n"));
    await writeFile(at("few.json"), '["ant", "bee"]');
    const args = ["--format", "timm", "--out", unnamed, "--no-parity"];
    const { code, stderr } = await plain("export", model.weights, ...args);
    assert.equal(code, 0, stderr);
  });
  after(() => rm(folder, { recursive: true }));

  it("are measured and calibrated by the order of the folders, which is said", async () => {
    const note = `the weights do not name their 6 classes: the classes in "${at("photos")}" are taken in their order, "ant" for class 0 to "fox" for class 5`;
    const data = ["--data", at("photos"), "--weights", unnamed];
    const evaluated = await run("evaluate", ...data, "--json");
    assert.equal(evaluated.code, 0, evaluated.stderr);
    assert.deepEqual(evaluated.notes, [`Note: ${note}`]);
    const [{ perClass } = { perClass: [] }] = jsonLines<{ perClass: { label: string }[] }>(
      evaluated.stdout,
    );
    assert.deepEqual(
      perClass.map(({ label }) => label),
      smallLabels,
    );
    const calibrated = await run("calibrate", ...data, "--out", at("calibrated.safetensors"));
    assert.equal(calibrated.code, 0, calibrated.stderr);
    assert.deepEqual(calibrated.notes, [`Note: ${note}`]);
    assert.equal((await loadWeights(at("calibrated.safetensors"))).labels, undefined);
  });

  it("take names from a file, on every verb that shows or writes them", async () => {
    const labels = ["--labels", at("labels.txt")];
    const photo = at("photos/cat/0.png");
    const shown = await run("classify", photo, "--weights", unnamed, ...labels, "--json");
    const [{ predictions } = { predictions: [] }] = jsonLines<{
      predictions: { index: number; label: string }[];
    }>(shown.stdout);
    assert.equal(predictions.length, 5);
    for (const { index, label } of predictions) assert.equal(label, smallLabels[index]);
    const evaluated = await run(
      "evaluate",
      "--data",
      at("photos"),
      "--weights",
      unnamed,
      ...labels,
    );
    assert.deepEqual([evaluated.code, evaluated.stderr], [0, ""]);
    for (const verb of ["import", "export"]) {
      const out = at(`${verb}ed.safetensors`);
      const { code, stderr } = await plain(verb, unnamed, ...labels, "--out", out);
      assert.equal(code, 0, stderr);
      assert.deepEqual((await loadWeights(out)).labels, smallLabels);
    }
  });

  it("refuse another number of names", async () => {
    const labels = ["--labels", at("few.json")];
    for (const args of [
      ["classify", at("photos"), "--weights", unnamed],
      ["import", unnamed, "--out", at("never.safetensors")],
    ]) {
      const { code, stderr } = await plain(...args, ...labels);
      const last = stderr.trim().split("\n").at(-1);
      assert.equal(last, "irv2: Cannot name the classes: expected 6 labels, got 2 (--labels)");
      assert.equal(code, 2);
    }
  });
});
