/**
 * @file All 908 variables of slim's network at full size, in both of TensorFlow's formats, as
 * TensorFlow itself writes them: every tensor bit for bit.
 *
 * Needs a Python with TensorFlow in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { fromHwio } from "@inception-resnet-v2/core/internal/weights/sources/hwio.js";
import {
  parameterOfSlim,
  slimVariables,
} from "@inception-resnet-v2/core/internal/weights/sources/slim.js";
import { openTfCheckpoint } from "inception-resnet-v2/internal/weights/tf-checkpoint-files.js";
import { repositoryFile } from "./helpers/paths.js";

const python = process.env["IRV2_PYTHON"];
const skip = reasonToSkip();

function reasonToSkip(): string | false {
  if (!python) return "IRV2_PYTHON is not set";
  try {
    execFileSync(python, ["-c", "import tensorflow"], { stdio: "ignore" });
    return false;
  } catch {
    return "IRV2_PYTHON has no TensorFlow";
  }
}

describe("slim's checkpoints at full size", { skip }, () => {
  const { parameters } = lower(configureNetwork({ auxiliary: true, classes: 1001 }));
  const listed = readFileSync(repositoryFile("test/golden/slim-names.tsv"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t") as [string, string]);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "irv2-slim-"));
    const script = repositoryFile("scripts/python/make_slim_checkpoints.py");
    execFileSync(python ?? "", ["-W", "ignore", script, folder], { stdio: "ignore" });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Every variable as the values that the script noted, and the step that it set. */
  const assertValues = (file: TensorFile) => {
    const values = readFileSync(join(folder, "values.f32"));
    let at = 0;
    for (const [name, shape] of listed) {
      assert.equal(file.entries.get(name)?.dtype, "float32", name);
      assert.equal(file.entries.get(name)?.shape.join("x"), shape, name);
      const { buffer, byteOffset, byteLength } = file.floats(name);
      const expected = values.subarray(at, at + byteLength);
      assert.ok(Buffer.from(buffer, byteOffset, byteLength).equals(expected), name);
      at += byteLength;
    }
    assert.equal(at, values.length);
    assert.equal(file.entries.size, listed.length + 1);
    assert.deepEqual(file.floats("global_step"), Float32Array.of(123456));
  };

  /** Every parameter of our network has its variable, and the other way round. */
  const assertParameters = (file: TensorFile) => {
    const variables = [...slimVariables(file.entries.keys()).keys()];
    const found = new Map(variables.map((name) => [parameterOfSlim(name), name]));
    assert.deepEqual([...found.keys()].sort(), parameters.map(({ name }) => name).sort());
    for (const { name, shape } of parameters) {
      const variable = found.get(name) ?? "";
      const theirs = file.entries.get(variable)?.shape ?? [];
      const ours = fromHwio({ shape: theirs, data: file.floats(variable) });
      assert.deepEqual(ours.shape, shape, name);
    }
  };

  it("are read bit for bit from the first format", async () => {
    const file = await openTfCheckpoint(join(folder, "v1.ckpt"));
    assertValues(file);
    assertParameters(file);
  });

  it("are read bit for bit from the second format, without a copy", async () => {
    const file = await openTfCheckpoint(join(folder, "v2.ckpt"));
    assertValues(file);
    assertParameters(file);
    const bytes = parameters.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0);
    const buffers = new Set(listed.map(([name]) => file.floats(name).buffer));
    assert.equal(buffers.size, 1);
    assert.ok([...buffers].every(({ byteLength }) => byteLength === bytes + 8)); // and the step
  });
});
