import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallAugmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import { defaultErasing } from "@inception-resnet-v2/core/internal/image/random-erasing.js";
import {
  readTrainOptions,
  recipesText,
  type TrainFlags,
} from "inception-resnet-v2/internal/cli/train-options.js";

const read = (flags: TrainFlags) => readTrainOptions({ data: "photos", ...flags });

describe("the flags of irv2 train", () => {
  it("change one constant of a schedule, and leave the others", () => {
    const schedule = (flags: TrainFlags) => read(flags).schedule;
    assert.equal(schedule({}), undefined);
    assert.deepEqual(schedule({ schedule: "step", lrEpochs: [10, 20] }), {
      kind: "step",
      factor: 0.1,
      at: [10, 20],
    });
    assert.deepEqual(schedule({ schedule: "plateau", lrFactor: 0.5, lrEpochs: [2] }), {
      kind: "plateau",
      factor: 0.5,
      patience: 2,
    });
    assert.deepEqual(schedule({ recipe: "paper", lrEpochs: [3] }), {
      kind: "exponential",
      factor: 0.94,
      epochs: 3,
    });
  });

  it("add erasing to whatever else is done to photos", () => {
    assert.deepEqual(read({ erasing: 0.5 }).augmentation, {
      ...smallAugmentation,
      erasing: { ...defaultErasing, probability: 0.5 },
    });
  });

  it("are named as the library names its options", () => {
    const { auxiliary, auxiliaryWeight, statisticsDecay, clipNorm, ema } = read({
      aux: true,
      auxWeight: 0.3,
      statisticsDecay: 0.99,
      clipNorm: 0,
      ema: 0,
    });
    assert.deepEqual(
      [auxiliary, auxiliaryWeight, statisticsDecay, clipNorm, ema],
      [true, 0.3, 0.99, null, null],
    );
  });

  it("come with what the recipes give", () => {
    assert.match(
      recipesText(),
      /^ {2}paper {15}160 epochs, batch 32, rmsprop 0\.045, exponential, ema 0\.9999, aux$/m,
    );
  });
});
