/**
 * @file A few layers in PyTorch's files: PyTorch and timm read what we write.
 *
 * Needs a Python with timm in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import {
  timmCounters,
  timmNames,
} from "@inception-resnet-v2/core/internal/weights/sources/timm.js";
import { readTorch } from "inception-resnet-v2/internal/weights/formats/torch/torch.js";
import { writeTorch } from "inception-resnet-v2/internal/weights/formats/torch/write-torch.js";
import { readWeightBytes } from "inception-resnet-v2/internal/weights/read-file.js";
import { runPython, skipPython as skip } from "./helpers/python.js";

const sameBits = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

describe("a few layers for PyTorch and timm", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-torch-"));
  after(() => rmSync(folder, { recursive: true }));

  /** Random values under timm's names for the first layer and the first block. */
  function fewLayers(): { tensors: Map<string, Tensor>; counters: Map<string, bigint> } {
    const { parameters } = lower(configureNetwork(), { batchNormScale: true });
    const few = parameters.filter(({ name }) => /^(conv2d_1a|block35_1)\//.test(name));
    const names = timmNames(few.map(({ name }) => name));
    const tensors = new Map(
      few.map(({ name, shape }): [string, Tensor] => {
        const random = createRandom(7, name);
        const value = tensor(shape);
        for (let at = 0; at < value.data.length; at++) value.data[at] = random.uniform() - 0.5;
        return [names.get(name) ?? name, value];
      }),
    );
    const counters = timmCounters(names.keys()).map((name, at): [string, bigint] => [
      name,
      BigInt(at) * 2n ** 33n,
    ]);
    return { tensors, counters: new Map(counters) };
  }

  it("are taken by torch.load(weights_only=True) and by timm's modules, bit for bit", async () => {
    const { tensors, counters } = fewLayers();
    await writeTorch(join(folder, "few.pth"), tensors, { counters });
    const script = `
import collections, json, sys, torch
from safetensors.torch import save_file
from timm.layers import ConvNormAct
from timm.models.inception_resnet_v2 import Block35
state = torch.load(sys.argv[1], weights_only=True)
mapped = torch.load(sys.argv[1], weights_only=True, mmap=True)
assert type(state) is collections.OrderedDict
assert list(state) == list(mapped) and all(torch.equal(state[k], mapped[k]) for k in state)
assert not any(value.requires_grad for value in state.values())
module = torch.nn.Module()
module.conv2d_1a = ConvNormAct(3, 32, kernel_size=3, stride=2)
module.repeat = torch.nn.Sequential(Block35(scale=0.17))
module.load_state_dict(state, strict=True)
save_file({k: v.contiguous() for k, v in module.state_dict().items()}, sys.argv[2])
print(json.dumps({k: int(v) for k, v in state.items() if v.dim() == 0}))`;
    const again = join(folder, "again.safetensors");
    const printed = runPython(["-c", script, join(folder, "few.pth"), again]);
    const expected = [...counters].map(([name, value]) => [name, Number(value)]);
    assert.deepEqual(JSON.parse(printed), Object.fromEntries(expected));
    const theirs = readSafetensors(await readWeightBytes(again), again);
    assert.equal(theirs.entries.size, tensors.size + counters.size);
    for (const [name, { data }] of tensors) {
      assert.ok(sameBits(theirs.floats(name), data), name);
    }
  });

  it("are taken as halves of both kinds", async () => {
    const { tensors } = fewLayers();
    for (const [dtype, name] of [
      ["F16", "float16"],
      ["BF16", "bfloat16"],
    ] as const) {
      const path = join(folder, `${name}.pth`);
      await writeTorch(path, tensors, { dtype });
      const script = `
import sys, torch
state = torch.load(sys.argv[1], weights_only=True)
assert all(value.dtype == getattr(torch, sys.argv[2]) for value in state.values())
torch.save({k: v.float() for k, v in state.items()}, sys.argv[3])`;
      const wide = join(folder, `${name}-wide.pth`);
      runPython(["-c", script, path, name, wide]);
      const ours = readTorch(await readWeightBytes(path), path);
      const theirs = readTorch(await readWeightBytes(wide), wide);
      for (const key of tensors.keys()) {
        assert.ok(sameBits(ours.floats(key), theirs.floats(key)), key);
      }
    }
  });
});
