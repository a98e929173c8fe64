/**
 * @file timm's whole network in PyTorch's files: we read what they write, and they what we write.
 *
 * Needs a Python with timm in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  readSafetensors,
  type Safetensors,
} from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { isTimmCounter } from "@inception-resnet-v2/core/internal/weights/sources/timm.js";
import { readTorch } from "inception-resnet-v2/internal/weights/formats/torch/torch.js";
import { writeTorch } from "inception-resnet-v2/internal/weights/formats/torch/write-torch.js";
import { readWeightBytes } from "inception-resnet-v2/internal/weights/read-file.js";
import { repositoryFile } from "./helpers/paths.js";
import { runPython, skipPython as skip } from "./helpers/python.js";

const sameBits = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

describe("timm's whole network", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-torch-"));
  const safetensors = join(folder, "model.safetensors");
  let theirs: Safetensors;
  before(async () => {
    runPython([repositoryFile("scripts/python/timm_torch_files.py"), folder]);
    theirs = readSafetensors(await readWeightBytes(safetensors), safetensors);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const form of ["zip", "legacy"]) {
    it(`has in the ${form} form the bits that it has in safetensors`, async () => {
      const path = join(folder, `${form}.pth`);
      const file = readTorch(await readWeightBytes(path), path);
      assert.deepEqual([...file.entries.keys()].sort(), [...theirs.entries.keys()].sort());
      assert.equal(file.entries.size, 1306);
      for (const [name, { shape }] of theirs.entries) {
        assert.deepEqual(file.entries.get(name)?.shape, shape, name);
        if (isTimmCounter(name)) {
          assert.equal(file.entries.get(name)?.dtype, "int64", name);
          assert.equal(file.floats(name)[0], Number(counterOf(theirs, name)), name);
        } else {
          assert.ok(sameBits(file.floats(name), theirs.floats(name)), name);
        }
      }
    });

    it(`is read in the ${form} form with less than 700 MB`, () => {
      const url = (path: string) => pathToFileURL(repositoryFile(path)).href;
      const script = `
import { readTorch } from ${JSON.stringify(url("packages/node/dist/weights/formats/torch.js"))};
import { readWeightBytes } from ${JSON.stringify(url("packages/node/dist/weights/read-file.js"))};
const file = readTorch(await readWeightBytes(process.argv[1]), "x");
const all = [...file.entries.keys()].map((name) => file.floats(name));
console.log(all.length, process.resourceUsage().maxRSS);`;
      const args = ["--input-type=module", "-e", script, join(folder, `${form}.pth`)];
      const [count, kilobytes] = execFileSync(process.execPath, args).toString().split(" ");
      assert.equal(count, "1306");
      assert.ok(Number(kilobytes) < 700_000, `${kilobytes} kB`);
    });
  }

  it("is taken from our file by torch.load(weights_only=True) and timm, bit for bit", async () => {
    const names = [...theirs.entries.keys()];
    const tensors = names
      .filter((name) => !isTimmCounter(name))
      .map((name): [string, Tensor] => {
        const shape = theirs.entries.get(name)?.shape ?? [];
        return [name, tensor(shape, theirs.floats(name))];
      });
    const counters = names
      .filter(isTimmCounter)
      .map((name): [string, bigint] => [name, counterOf(theirs, name)]);
    const path = join(folder, "ours.pth");
    await writeTorch(path, new Map(tensors), { counters: new Map(counters) });
    const script = `
import sys, torch, timm
from safetensors.torch import load_file
ours, theirs = torch.load(sys.argv[1], weights_only=True, mmap=True), load_file(sys.argv[2])
assert ours.keys() == theirs.keys()
assert all(torch.equal(ours[k], theirs[k]) and ours[k].dtype == theirs[k].dtype for k in ours)
timm.create_model("inception_resnet_v2", pretrained=False).load_state_dict(ours, strict=True)
print("equal", end="")`;
    assert.equal(runPython(["-c", script, path, safetensors]), "equal");
  });
});

/** A counter's value, from the file's bytes. */
function counterOf(file: Safetensors, name: string): bigint {
  const from = file.entries.get(name)?.range[0] ?? 0;
  return new DataView(file.bytes.buffer, file.bytes.byteOffset + from, 8).getBigInt64(0, true);
}
