/**
 * @file Weights of the real size that Keras wrote, in all its layouts, and ours that Keras reads.
 *
 * Needs a Python with Keras and h5py in IRV2_PYTHON; the layout of the released files is recreated
 * with h5py. The small network of the fixtures is written and read again by Keras here, too.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import {
  sameShape,
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { fromHwio, shapeToHwio } from "@inception-resnet-v2/core/internal/weights/sources/hwio.js";
import {
  kerasDatasets,
  kerasNames,
} from "@inception-resnet-v2/core/internal/weights/sources/keras.js";
import { hdf5Parts } from "inception-resnet-v2/internal/weights/formats/hdf5/write-hdf5.js";
import { readKeras } from "inception-resnet-v2/internal/weights/formats/keras.js";
import { readWeightBytes } from "inception-resnet-v2/internal/weights/read-file.js";
import { writeWeights } from "inception-resnet-v2/internal/weights/write-weights.js";
import { repositoryFile } from "./helpers/paths.js";
import { smallKerasParameters } from "./helpers/small-keras.js";

const python = process.env["IRV2_PYTHON"];
const skip = python ? false : "IRV2_PYTHON is not set";
const environment = { ...process.env, CUDA_VISIBLE_DEVICES: "", TF_CPP_MIN_LOG_LEVEL: "3" };
const mostMegabytes = 700;

/** What a script prints, run in the folder of the Python scripts. */
function run(...args: string[]): string {
  const output = execFileSync(python ?? "", ["-W", "ignore", ...args], {
    cwd: repositoryFile("scripts/python"),
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.toString().trim();
}

/** The released files' name of one of our parameters' layers, and Keras' name of its variable. */
function releasedVariable(name: string): string {
  const kernels: Readonly<Record<string, string>> = {
    conv2d_1a: "_3x3",
    conv2d_2a: "_3x3",
    conv2d_2b: "_3x3",
    conv2d_3b: "_1x1",
    conv2d_4a: "_3x3",
    conv2d_7b: "_1x1",
  };
  const path = name.split("/");
  const leaf = path.pop() ?? "";
  const parts = path.map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  const layer = parts.join("_").replace(/_Up$/, "_Conv2d_1x1") + (kernels[path[0] ?? ""] ?? "");
  if (leaf === "weight") return `${layer}/kernel`;
  return leaf === "bias" ? `${layer}/bias` : `${layer}_BatchNorm/${leaf}`;
}

/** What scripts/python/keras_full_files.py puts into a parameter. */
function expectedTensor(name: string, shape: readonly number[]): Tensor {
  const seed = crc32(releasedVariable(name));
  const data = new Float32Array(sizeOf(shape));
  for (let at = 0; at < data.length; at++) {
    data[at] = ((Math.imul(at, 2654435761) + seed) >>> 8) / 2 ** 24;
  }
  return fromHwio(tensor(shapeToHwio(shape), data));
}

describe("Keras' files of the real size", { skip }, () => {
  let folder: string;
  const { parameters } = lower(configureNetwork({}));
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "irv2-keras-"));
    run("keras_full_files.py", "make", folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const file of ["released.h5", "numbered.weights.h5", "model.keras", "model.h5"]) {
    it(`${file} holds every tensor bit for bit`, async () => {
      const read = readKeras(await readWeightBytes(join(folder, file)), file);
      const found = kerasNames(
        read,
        parameters.map(({ name }) => name),
        file,
      );
      assert.equal(found.size, 898);
      assert.equal(read.entries.size, 898);
      for (const { name, shape } of parameters) {
        const entry = found.get(name) ?? "";
        const theirs = read.entries.get(entry)?.shape ?? [];
        const { shape: ours, data } = fromHwio(tensor(theirs, read.floats(entry)));
        const expected = expectedTensor(name, shape);
        assert.ok(sameShape(ours, shape), name);
        assert.equal(Buffer.compare(bytesOf(data), bytesOf(expected.data)), 0, name);
      }
    });

    it(`${file} is read in less than ${mostMegabytes} MB`, () => {
      const script = `
import { readKeras } from ${JSON.stringify(import.meta.resolve("inception-resnet-v2/internal/weights/formats/keras.js"))};
import { readWeightBytes } from ${JSON.stringify(import.meta.resolve("inception-resnet-v2/internal/weights/read-file.js"))};
import { fromHwio } from ${JSON.stringify(import.meta.resolve("@inception-resnet-v2/core/internal/weights/sources/hwio.js"))};
const file = readKeras(await readWeightBytes(${JSON.stringify(join(folder, file))}), "x");
const kept = [...file.entries].map(([path, { shape }]) => fromHwio({ shape, data: file.floats(path) }));
console.log(kept.length, Math.round(process.resourceUsage().maxRSS / 1024));`;
      const args = ["--input-type=module", "--eval", script];
      const [count, megabytes] = execFileSync(process.execPath, args).toString().split(" ");
      assert.equal(count, "898");
      assert.ok(Number(megabytes) < mostMegabytes, `${megabytes} MB`);
    });
  }

  it("are written so that Keras loads them, every tensor bit for bit", async () => {
    const values: Tensors = new Map(
      parameters.map(({ name, shape }): [string, Tensor] => [name, expectedTensor(name, shape)]),
    );
    const path = join(folder, "ours.weights.h5");
    await writeWeights(path, hdf5Parts(kerasDatasets(values)));
    assert.equal(run("keras_full_files.py", "check", path), "898 of 898");
  });
});

describe("Keras' files of the small network", { skip }, () => {
  it("are written so that Keras and h5py read them", () => {
    const folder = mkdtempSync(join(tmpdir(), "irv2-keras-"));
    const path = join(folder, "small.weights.h5");
    writeFileSync(path, Buffer.concat([...hdf5Parts(kerasDatasets(smallKerasParameters()))]));
    const script = `
import sys
import h5py
import numpy as np
from keras_network import small_network
expected = [w.numpy() for w in small_network().weights]
model = small_network()
model.set_weights([np.zeros_like(w) for w in expected])
model.load_weights(sys.argv[1])
assert all(np.array_equal(a, b) for a, b in zip(expected, [w.numpy() for w in model.weights]))
with h5py.File(sys.argv[1]) as file:
    assert all(d.dtype == "<f4" and d.chunks is None for g in file["layers"].values() for d in g["vars"].values())
with h5py.File(sys.argv[1], "a") as file:
    file["layers/conv2d/vars/0"][...] = 1
    file["layers/more/vars/0"] = np.ones(3, "f4")
    file.attrs["name"] = "changed"
with h5py.File(sys.argv[1]) as file:
    assert file["layers/more/vars/0"][2] == 1 and len(file["layers"]) == 41
print("equal")`;
    assert.equal(run("-c", script, path), "equal");
    rmSync(folder, { recursive: true });
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
