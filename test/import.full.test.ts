/**
 * @file Whole networks that timm, Keras and TensorFlow wrote, and ours that they read: the logits agree.
 *
 * Needs a Python with timm, Keras, TensorFlow, onnx and onnxruntime in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  relativeL2,
  type Tensor,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { InceptionResNetV2 } from "inception-resnet-v2/internal/model/model.js";
import { repositoryFile } from "./helpers/paths.js";
import { skipPython as skip } from "./helpers/python.js";
import { runIrv2 } from "./helpers/run-irv2.js";

const mostMegabytes = 700;
const noProc = process.platform !== "linux" && "there is no /proc";

describe("files of the real size", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-import-"));
  const at = (name: string) => join(folder, name);
  const floats = (name: string) => {
    const { buffer } = new Uint8Array(readFileSync(at(name)));
    return new Float32Array(buffer);
  };
  let image: Tensor;

  const python = (...args: string[]) =>
    execFileSync(
      process.env["IRV2_PYTHON"] ?? "",
      ["-W", "ignore", "write_everywhere.py", ...args],
      {
        cwd: repositoryFile("scripts/python"),
        env: { ...process.env, CUDA_VISIBLE_DEVICES: "", TF_CPP_MIN_LOG_LEVEL: "3" },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );

  before(() => {
    python("write", folder);
    image = tensor([1, 3, 299, 299], floats("image.f32"));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [file, writer] of [
    ["timm.safetensors", "timm"],
    ["zip.pth", "timm"],
    ["legacy.bin", "timm"],
    ["checkpoint.pth.tar", "timm"],
    ["torchscript.onnx", "timm"],
    ["dynamo.onnx", "timm"],
    ["unfolded.onnx", "timm"],
    ["keras.weights.h5", "keras"],
    ["keras.keras", "keras"],
    ["keras.h5", "keras"],
    ["v1.ckpt", "keras"],
    ["v2.ckpt", "keras"],
  ] as const) {
    it(`${file} gives the logits of ${writer}`, async () => {
      await using model = await InceptionResNetV2.load(at(file));
      const { data } = await model.predict(image);
      const difference = relativeL2(data, floats(`${writer}.f32`));
      assert.ok(difference < 1e-4, `${difference}`);
      assert.equal(data.length, 1000);
    });

    // VmHWM: what getrusage tells of a process begins with the peak of the one that started it.
    it(`${file} is read in less than ${mostMegabytes} MB`, { skip: noProc }, () => {
      const script = `
import { readFileSync } from "node:fs";
import { loadWeights } from ${JSON.stringify(import.meta.resolve("inception-resnet-v2/internal/weights/load.js"))};
const { parameters } = await loadWeights(${JSON.stringify(at(file))}, { dropBackground: true });
const [, kilobytes] = /VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"));
console.log(parameters.size, kilobytes / 1024);`;
      const args = ["--input-type=module", "--eval", script];
      const [count, megabytes] = execFileSync(process.execPath, args).toString().split(" ");
      assert.ok(Number(count) >= 898);
      assert.ok(Number(megabytes) < mostMegabytes, `${megabytes} MB`);
    });
  }

  for (const [from, format, out, writer] of [
    ["timm.safetensors", "torch", "ours.pth", "timm"],
    ["keras.h5", "torch", "from-keras.pth", "keras"],
    ["timm.safetensors", "timm", "ours.safetensors", "timm"],
    ["v1.ckpt", "keras", "ours.weights.h5", "keras"],
    ["keras.keras", "onnx", "ours.onnx", "keras"],
  ] as const) {
    it(`${from} exported to ${format} gives the same logits there`, async () => {
      const args = [at(from), "--format", format, "--out", at(out)];
      const { code, stderr } = await runIrv2(["export", ...args]);
      assert.equal(code, 0, stderr);
      python("run", at(out), at("image.f32"), at("theirs.f32"));
      const difference = relativeL2(floats("theirs.f32"), floats(`${writer}.f32`));
      assert.ok(difference < 1e-4, `${difference}`);
    });
  }
});
