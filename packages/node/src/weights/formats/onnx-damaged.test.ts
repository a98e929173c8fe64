import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import type { FileFormat } from "@inception-resnet-v2/core/internal/weights/opened.js";
import { takeWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { smallModelFolder } from "@inception-resnet-v2/test/helpers/small-model.js";
import { exportWeights } from "../../export/export.js";
import { loadWeights } from "../load.js";
import { openWeights } from "../open.js";
import type { WeightPlace } from "../place.js";
import { readWeightBytes } from "../read-file.js";

describe("damaged files", () => {
  let folder: string;
  before(async () => {
    let weights: string;
    ({ folder, weights } = await smallModelFolder());
    await exportWeights({ weights, out: join(folder, "model.onnx") });
    await exportWeights({ weights, out: join(folder, "tfjs"), format: "tfjs" });
  });
  after(() => rm(folder, { recursive: true }));

  /** Changes, drops or repeats a few bytes, most of them where structure is. */
  const mutate = (bytes: Uint8Array, seed: number, structure: (at: number) => number) => {
    const random = createRandom(seed, "mutate");
    const copy = new Uint8Array(bytes);
    for (let change = 0; change <= random.below(4); change++) {
      copy[structure(random.uniform())] = random.below(256);
    }
    return random.below(8) === 0 ? copy.subarray(0, random.below(copy.length)) : copy;
  };
  /** What `loadWeights` does in its thread; six hundred threads would take minutes. */
  const read = async (place: WeightPlace, format?: FileFormat) =>
    takeWeights(await openWeights(place, format), place.name);
  const loadsOrRefuses = async (load: Promise<unknown>, seed: number) => {
    await load.catch((error: unknown) => {
      assert.ok(error instanceof Irv2Error, `seed ${seed}: ${(error as Error).stack}`);
    });
  };

  it("of ONNX load or are refused in a sentence", async () => {
    const bytes = await readWeightBytes(join(folder, "model.onnx"));
    const nodes = 60_000; // the nodes come first, then the weights
    for (let seed = 0; seed < 300; seed++) {
      const damaged = mutate(bytes, seed, (part) =>
        Math.floor(part * (seed % 3 === 0 ? bytes.length : nodes)),
      );
      await loadsOrRefuses(read({ kind: "bytes", bytes: damaged, name: "bytes" }, "onnx"), seed);
    }
  });

  it("of TensorFlow.js load or are refused in a sentence", async () => {
    const path = join(folder, "tfjs", "model.json");
    const json = await readWeightBytes(path);
    const from = Buffer.from(json).indexOf('"weightsManifest"');
    for (let seed = 0; seed < 300; seed++) {
      const damaged = mutate(json, seed, (part) => from + Math.floor(part * (json.length - from)));
      await writeFile(path, damaged);
      await loadsOrRefuses(read({ kind: "file", path: dirname(path), name: path }), seed);
    }
    await writeFile(path, json);
    await rm(join(folder, "tfjs", "group1-shard1of1.bin"));
    await assert.rejects(loadWeights(path), {
      message: `Cannot read weights "${path}": expected the shards "group1-shard1of1.bin", got none`,
    });
  });
});
