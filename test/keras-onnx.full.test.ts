/**
 * @file Whole networks in the ONNX files that Keras writes itself: we compute what Keras computes.
 *
 * Needs a Python with Keras, PyTorch and onnx in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { relativeL2, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import { importWeights } from "inception-resnet-v2/internal/export/import.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { repositoryFile } from "./helpers/paths.js";
import { skipPython as skip } from "./helpers/python.js";

describe("ONNX files of Keras", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-keras-onnx-"));
  const at = (name: string) => join(folder, name);
  const floats = (name: string) => {
    const { buffer } = new Uint8Array(readFileSync(at(name)));
    return new Float32Array(buffer);
  };

  before(() => {
    execFileSync(process.env["IRV2_PYTHON"] ?? "", ["-W", "ignore", "keras_onnx.py", folder], {
      cwd: repositoryFile("scripts/python"),
      env: { ...process.env, CUDA_VISIBLE_DEVICES: "", TF_CPP_MIN_LOG_LEVEL: "3" },
      stdio: ["ignore", "ignore", "inherit"],
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [file, output, expected, count] of [
    ["any-batch.onnx", "logits", "keras.f32", 1000],
    ["one-image.onnx", "logits", "keras.f32", 1000],
    ["features.onnx", "features", "features.f32", 1536],
  ] as const) {
    it(`${file} gives the ${output} of Keras`, async () => {
      const { graph, parameters } = await loadWeights(at(file));
      const executor = await createExecutor();
      const program = await executor.compile(graph, parameters);
      const image = tensor([1, 3, 299, 299], floats("image.f32"));
      const outputs = await program.run(new Map([["image", image]]), { outputs: [output] });
      await executor.dispose();
      const { data } = outputs.get(output) ?? tensor([0]);
      const difference = relativeL2(data, floats(expected));
      assert.equal(data.length, count);
      assert.ok(difference < 1e-4, `${difference}`);
    });

    it(`${file} is imported with a report of that`, async () => {
      const { parity = [] } = await importWeights({ weights: at(file) });
      assert.ok(!("reason" in parity), JSON.stringify(parity));
      assert.equal(parity.at(-1)?.at, output);
      for (const { difference } of parity) assert.ok(difference < 1e-5, JSON.stringify(parity));
    });
  }
});
