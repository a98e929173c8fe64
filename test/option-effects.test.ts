/**
 * @file Options of a training against what they do: one that changes nothing in a run is named by the
 * run, and one that changes something is not.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { slimAugmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import { defaultAdamW, defaultSgd } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { fit } from "inception-resnet-v2/internal/training/fit.js";
import { train } from "inception-resnet-v2/internal/training/train.js";
import type { TrainOptions } from "inception-resnet-v2/internal/training/train-options.js";
import { colorPhotos } from "./helpers/color-photos.js";

/** Values that differ from what the runs below have without them; all are about results. */
const values: Partial<TrainOptions> = {
  recipe: "slim",
  preprocessing: "keras",
  epochs: 3,
  batch: 4,
  microBatch: 3,
  optimizer: defaultAdamW,
  learningRate: 0.03,
  schedule: { kind: "step", factor: 0.1, at: [1] },
  warmupEpochs: 1,
  weightDecay: 0.5,
  clipNorm: 1e-3,
  ema: 0.5,
  statisticsDecay: 0.5,
  freezeNorms: false,
  dropout: 0.5,
  labelSmoothing: 0.3,
  mixup: 1,
  cutmix: 1,
  auxiliary: true,
  auxiliaryWeight: 0.1,
  augmentation: slimAugmentation,
  stageRate: 0.5,
  balanced: true,
  classWeights: true,
  seed: 7,
};

describe("an option changes a run, or is named", () => {
  let folder: string;
  let common: TrainOptions;
  let count = 0;

  before(async () => {
    const { folder: made, photos: data } = await colorPhotos({ train: 4, validation: 2 });
    folder = made;
    process.env["XDG_CACHE_HOME"] = join(folder, "cache");
    const place = join(folder, "start");
    const small = { width: 0.05, inputSize: 107, engine: "onnxruntime", batch: 6 } as const;
    await fit({ data, ...small, epochs: 1, out: place });
    const weights = join(place, "weights", "last.safetensors");
    common = { data, weights, engine: "onnxruntime", batch: 6, epochs: 2, optimizer: defaultSgd };
  });
  after(() => rm(folder, { recursive: true }));

  /** All losses of a run, and the options that it named; it ends before its report. */
  async function run(options: Partial<TrainOptions>) {
    const losses: unknown[] = [];
    const named: string[] = [];
    const out = join(folder, `run${count++}`);
    for await (const event of train({ ...common, ...options, out })) {
      if (event.event === "warning") named.push(...(event.options ?? []));
      if (event.event === "step") losses.push(event.loss);
      if (event.event !== "epoch") continue;
      losses.push(event.validationLoss);
      if (event.epoch === event.epochs) break;
    }
    return { losses, named };
  }

  const kinds: Readonly<Record<string, { base: Partial<TrainOptions>; tried: readonly string[] }>> =
    {
      "the classifier alone": { base: { freeze: "body" }, tried: Object.keys(values) },
      "the last blocks": {
        base: { freeze: "block8_9" },
        tried: ["mixup", "statisticsDecay", "auxiliaryWeight"],
      },
    };
  for (const [kind, { base, tried }] of Object.entries(kinds)) {
    it(`on ${kind}`, async () => {
      const plain = await run(base);
      assert.deepEqual(plain.named, []);
      for (const option of tried) {
        const value = values[option as keyof TrainOptions];
        const { losses, named } = await run({ ...base, [option]: value });
        const isSame = JSON.stringify(losses) === JSON.stringify(plain.losses);
        assert.deepEqual(named, isSame ? [option] : [], `${option}: ${losses}`);
      }
    });
  }
});
