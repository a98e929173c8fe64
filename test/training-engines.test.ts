/**
 * @file Whole trainings, a few steps each, on every engine that trains: they have the losses of ONNX
 * Runtime's native build, whose steps are tested against PyTorch's.
 *
 * Engines add up in other orders, and each step multiplies what rounding differs by: after four steps
 * losses differ by some 1e-5 of themselves. Without the steps they differ by some 1e-2.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { noAugmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import {
  defaultAdamW,
  defaultSgd,
  paperRmsProp,
} from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { type EngineName, engineNames } from "inception-resnet-v2/internal/executors/index.js";
import { findLearningRate } from "inception-resnet-v2/internal/training/find-rate.js";
import { fit } from "inception-resnet-v2/internal/training/fit.js";
import type { TrainOptions } from "inception-resnet-v2/internal/training/train-options.js";
import { colorPhotos } from "./helpers/color-photos.js";
import { noOneDnn } from "./helpers/engines.js";

/** Each part of the network and each optimiser once; micro-batches and averages along with one. */
const trainings = {
  "the classifier with AdamW": { freeze: "body", optimizer: defaultAdamW, learningRate: 0.01 },
  "the last blocks with RMSProp": {
    freeze: "block8_9",
    optimizer: paperRmsProp,
    learningRate: 0.01,
    microBatch: 3,
    ema: 0.9,
  },
  "the whole network with SGD": {
    freeze: "none",
    optimizer: defaultSgd,
    learningRate: 0.002,
    epochs: 1,
  },
} as const satisfies Readonly<Record<string, Partial<TrainOptions>>>;

const baseline = "onnxruntime";
const tolerance = 2e-4;

describe("whole trainings", () => {
  let folder: string;
  let common: TrainOptions;
  let count = 0;
  const place = () => join(folder, `run${count++}`);
  const expected = new Map<string, readonly number[]>();

  before(async () => {
    const { folder: made, photos: data } = await colorPhotos({ train: 4, validation: 2 });
    folder = made;
    const small = { data, width: 0.05, inputSize: 75, batch: 6, threads: 2 } as const;
    const { run } = await fit({ ...small, epochs: 1, out: place(), engine: baseline });
    common = {
      data,
      weights: join(run, "weights", "last.safetensors"),
      recipe: "from-scratch-small",
      augmentation: noAugmentation,
      batch: 6,
      epochs: 2,
      warmupEpochs: 0,
      threads: 2,
    };
  });
  after(() => rm(folder, { recursive: true }));

  /** The losses of all steps and validations; a run of two epochs is stopped and taken up between. */
  async function train(engine: EngineName, options: Partial<TrainOptions>): Promise<number[]> {
    const losses: number[] = [];
    const onStep = ({ loss }: { loss: number }) => losses.push(loss);
    const onEpoch = (epoch: { validationLoss: number | null }) =>
      losses.push(epoch.validationLoss ?? Number.NaN);
    const all = { ...common, ...options, engine, out: place() };
    const { run, status } = await fit({ ...all, stopAfter: 1, onStep, onEpoch });
    if (status === "interrupted") await fit({ resume: run, onStep, onEpoch });
    return losses;
  }

  async function tryRates(engine: EngineName): Promise<number[]> {
    const losses: number[] = [];
    const options = { ...common, freeze: "body", steps: 5, range: [1e-3, 1e-1], engine } as const;
    for await (const event of findLearningRate(options)) {
      if (event.event === "rate") losses.push(event.loss);
    }
    return losses;
  }

  /** Compares with what the first engine found. */
  function compare(what: string, found: readonly number[], length: number): void {
    assert.equal(found.length, length);
    const first = expected.get(what) ?? found;
    expected.set(what, first);
    found.forEach((loss, at) => {
      const gap = Math.abs(loss / (first[at] ?? 0) - 1);
      assert.ok(gap <= tolerance, `loss ${at} of ${found}: expected ${first[at]}`);
    });
  }

  const engines = engineNames.filter((name) => name !== "auto" && name !== baseline);
  for (const engine of [baseline, ...engines] as const) {
    const skip = engine === "onednn" && noOneDnn;
    for (const [what, options] of Object.entries(trainings)) {
      it(`train ${what} on ${engine}`, { skip }, async () => {
        const { epochs = 2 }: Partial<TrainOptions> = options;
        compare(what, await train(engine, options), 3 * epochs);
      });
    }
    it(`find a learning rate on ${engine}`, { skip }, async () => {
      compare("rates", await tryRates(engine), 5);
    });
  }
});
