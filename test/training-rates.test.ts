/**
 * @file The learning rates of a run in two phases do not depend on where it was stopped and resumed.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fit } from "inception-resnet-v2/internal/training/fit.js";
import { train } from "inception-resnet-v2/internal/training/train.js";
import type { TrainOptions } from "inception-resnet-v2/internal/training/train-options.js";
import { colorPhotos } from "./helpers/color-photos.js";

describe("the learning rates of a run", () => {
  let folder: string;
  let options: TrainOptions;

  before(async () => {
    const { folder: made, photos: data } = await colorPhotos({ train: 4, validation: 1 });
    folder = made;
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    const small = { width: 0.05, inputSize: 75, engine: "onnxruntime", batch: 6 } as const;
    const { run } = await fit({ data, ...small, epochs: 1, out: join(folder, "start") });
    const weights = join(run, "weights", "last.safetensors");
    const phases = { fineTune: true, freeze: "block8_9", headEpochs: 2, epochs: 2 } as const;
    options = { data, weights, engine: "onnxruntime", batch: 6, warmupEpochs: 0.7, ...phases };
  });
  after(() => rm(folder, { recursive: true }));

  /** The rates of a run to its end, or of so many of its steps. */
  async function ratesOf(
    asked: TrainOptions | { readonly resume: string },
    steps = Number.POSITIVE_INFINITY,
  ): Promise<number[]> {
    const rates: number[] = [];
    const controller = new AbortController();
    for await (const event of train({ ...asked, signal: controller.signal })) {
      if (event.event === "step") rates.push(event.learningRate);
      if (rates.length >= steps) controller.abort();
      if (event.event === "epoch" && event.epoch === event.epochs) break;
    }
    return rates;
  }

  it("are the same wherever it is stopped", async () => {
    const whole = await ratesOf({ ...options, out: join(folder, "whole") });
    assert.equal(whole.length, 8);
    const [head, tune] = [whole.slice(0, 4), whole.slice(4)];
    assert.ok(Math.abs(Math.max(...head) / Math.max(...tune) - 100) < 1e-9, `${whole}`);
    for (const stop of [1, 2, 4, 7]) {
      const out = join(folder, `stopped${stop}`);
      const before = await ratesOf({ ...options, out }, stop);
      assert.equal(before.length, stop);
      assert.deepEqual([...before, ...(await ratesOf({ resume: out }))], whole);
    }
  });
});
