import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { readZip } from "../zip/zip.js";
import { readTorch } from "./torch.js";
import { encodeTorch, writeTorch } from "./write-torch.js";

const values = Float32Array.of(0, -0, 1, -2.5, 65504, 3.25, 2 ** -24, 2 ** -14);
const tensors = new Map([
  ["b", tensor([2, 4], values)],
  ["a.ü\n", tensor([], Float32Array.of(7))],
  ["empty", tensor([0, 3])],
  ["10", tensor([1, 1, 2, 1], Float32Array.of(1, 2))],
]);
const counters = new Map([
  ["n", 7n],
  ["long", -(2n ** 40n)],
]);

// That PyTorch and timm read these files is tested in test/torch-files.full.test.ts.
describe("encodeTorch()", () => {
  it("writes what readTorch() reads, bit for bit, in order", () => {
    const bytes = new Uint8Array(encodeTorch(tensors, { counters }));
    const file = readTorch(bytes, "test");
    assert.deepEqual([...file.entries.keys()], [...tensors.keys(), ...counters.keys()]);
    for (const [name, { shape, data }] of tensors) {
      assert.deepEqual(file.entries.get(name), { dtype: "float32", shape });
      assert.deepEqual(file.floats(name), data);
    }
    assert.deepEqual(file.entries.get("n"), { dtype: "int64", shape: [] });
    assert.deepEqual(file.floats("long"), Float32Array.of(-(2 ** 40)));
    assert.equal(file.floats("b").buffer, bytes.buffer);
  });

  it("writes halves of both kinds", () => {
    for (const [dtype, name] of [
      ["F16", "float16"],
      ["BF16", "bfloat16"],
    ] as const) {
      const file = readTorch(encodeTorch(tensors, { dtype }), "test");
      assert.equal(file.entries.get("b")?.dtype, name);
      assert.deepEqual(file.floats("10"), Float32Array.of(1, 2));
    }
  });

  it("puts each storage at a multiple of 64 bytes", () => {
    const bytes = encodeTorch(tensors, { counters });
    const entries = readZip(bytes, readingFailure("x"));
    const storages = [...entries].filter(([name]) => name.startsWith("archive/data/"));
    assert.equal(storages.length, 6);
    for (const [name, read] of storages) {
      assert.equal((read().byteOffset - bytes.byteOffset) % 64, 0, name);
    }
  });
});

describe("writeTorch()", () => {
  it("writes the bytes of encodeTorch() each time, and leaves nothing beside", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    for (const name of ["a.pth", "b.pth"]) {
      await writeTorch(join(folder, name), tensors, { counters });
      assert.ok((await readFile(join(folder, name))).equals(encodeTorch(tensors, { counters })));
    }
    assert.deepEqual((await readdir(folder)).sort(), ["a.pth", "b.pth"]);
  });

  it("leaves no file behind when a value does not fit", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const large = new Map([...tensors, ["w", tensor([1], Float32Array.of(1e6))]]);
    await assert.rejects(writeTorch(join(folder, "c.pth"), large, { dtype: "F16" }), {
      name: "ModelError",
      code: "WEIGHTS_OVERFLOW",
      message: 'Cannot write "w" as float16: expected values up to 65504, got 1000000',
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it("says where it cannot write", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const path = join(folder, "none", "a.pth");
    await assert.rejects(writeTorch(path, tensors), {
      name: "ResourceError",
      code: "FILE_UNWRITABLE",
      message: `Cannot write weights "${path}": expected a place for the file, got ENOENT`,
    });
  });
});
