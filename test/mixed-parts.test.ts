/**
 * @file A batch computed in parts has the losses of the batch computed whole, mixed pictures, dropout
 * and all, where batch norms do not look at the batch.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { findLearningRate } from "inception-resnet-v2/internal/training/find-rate.js";
import type { TrainOptions } from "inception-resnet-v2/internal/training/train-options.js";
import { colorPhotos } from "./helpers/color-photos.js";

/** Float32 sums in another order, over three steps. */
const tolerance = 1e-5;

describe("training in parts of a batch", () => {
  let folder: string;
  let common: TrainOptions;

  before(async () => {
    const { folder: made, photos: data } = await colorPhotos({ train: 4, validation: 1 });
    folder = made;
    const small = { data, width: 0.05, inputSize: 75, batch: 6 } as const;
    const frozen = { freeze: "block8_9", freezeNorms: true } as const;
    common = { ...small, ...frozen, dropout: 0.3, engine: "onnxruntime" };
  });
  after(() => rm(folder, { recursive: true }));

  async function losses(options: Partial<TrainOptions>): Promise<number[]> {
    const found: number[] = [];
    const test = { ...common, ...options, steps: 3, range: [1e-3, 1e-2] } as const;
    for await (const event of findLearningRate(test)) {
      if (event.event === "rate") found.push(event.loss);
    }
    return found;
  }

  for (const mixing of [{ mixup: 1 }, { cutmix: 1 }]) {
    it(`mixes as much as in one part: ${Object.keys(mixing)}`, async () => {
      const whole = await losses(mixing);
      assert.equal(whole.length, 3);
      for (const microBatch of [3, 1]) {
        const found = await losses({ ...mixing, microBatch });
        found.forEach((loss, at) => {
          const gap = Math.abs(loss / (whole[at] ?? 0) - 1);
          assert.ok(gap < tolerance, `${microBatch} at once: ${found} instead of ${whole}`);
        });
      }
      const plain = await losses({});
      assert.ok(Math.abs((plain[0] ?? 0) / (whole[0] ?? 0) - 1) > 10 * tolerance, `${plain}`);
    });
  }
});
