import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { encodeSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { writeSafetensors } from "./write-safetensors.js";

const values = Float32Array.of(0, -0, 1, -2.5, 65504, 1e-7, 6e-8, 3.25, 2 ** -24, 2 ** -14);
const tensors = new Map([
  ["b", tensor([2, 5], values)],
  ["a", tensor([3], Float32Array.of(1, 2, 3))],
]);

describe("writeSafetensors()", () => {
  it("writes the same bytes each time, and leaves nothing beside", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    await writeSafetensors(join(folder, "a.safetensors"), tensors, { dtype: "F16" });
    await writeSafetensors(join(folder, "b.safetensors"), tensors, { dtype: "F16" });
    assert.deepEqual((await readdir(folder)).sort(), ["a.safetensors", "b.safetensors"]);
    const [a, b] = ["a", "b"].map((name) => readFile(join(folder, `${name}.safetensors`)));
    assert.deepEqual(await a, await b);
  });

  it("leaves no file behind when it fails", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const large = new Map([["w", tensor([1], Float32Array.of(1e6))]]);
    const path = join(folder, "c.safetensors");
    await assert.rejects(writeSafetensors(path, large, { dtype: "F16" }), {
      code: "WEIGHTS_OVERFLOW",
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it("writes one whole file when several write at once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const path = join(folder, "a.safetensors");
    await Promise.all([1, 2, 3].map(() => writeSafetensors(path, tensors)));
    assert.deepEqual(await readdir(folder), ["a.safetensors"]);
    assert.ok((await readFile(path)).equals(encodeSafetensors(tensors)));
  });

  it("says where it cannot write", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const path = join(folder, "none", "a.safetensors");
    await assert.rejects(writeSafetensors(path, tensors), {
      name: "ResourceError",
      code: "FILE_UNWRITABLE",
      message: `Cannot write weights "${path}": expected a place for the file, got ENOENT`,
    });
  });
});
