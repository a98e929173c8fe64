import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { readTfjs } from "./tfjs.js";

describe("readTfjs()", () => {
  const read = (...paths: string[]) => {
    const weights = [{ name: "dense/kernel", shape: [1], dtype: "float32" }];
    const json = JSON.stringify({ weightsManifest: [{ paths, weights }] });
    const bytes = new Uint8Array(Float32Array.of(7).buffer);
    return readTfjs(new TextEncoder().encode(json), async () => bytes, "m");
  };

  it("takes shards beside the model, as its converter and its own handlers name them", async () => {
    for (const path of ["group1-shard1of1.bin", "./model.weights.bin", "..bin"]) {
      const file = await read(path);
      assert.deepEqual(file.floats("dense/kernel"), Float32Array.of(7), path);
    }
  });

  it("refuses shards anywhere else", async () => {
    for (const path of [
      "../x.bin",
      "/x.bin",
      "./a/x.bin",
      "a\\x.bin",
      "..",
      ".",
      "./..",
      "./",
      "",
    ]) {
      await assert.rejects(
        read(path),
        new ModelError(
          "WEIGHTS_FORMAT",
          `Cannot read weights "m": expected names of shards beside the model, got ${JSON.stringify([path])}`,
        ),
      );
    }
  });
});
