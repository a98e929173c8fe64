import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom, type Random } from "../tensor/random.js";
import { learningRate, type Schedule, schedules } from "./schedule.js";

const at = (schedule: Schedule, epoch: number, losses: number[] = [], warmupEpochs = 0) =>
  learningRate({ peak: 0.5, schedule, warmupEpochs }, { epoch, epochs: 10, step: 0.25, losses });
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

describe("learningRate()", () => {
  it("stays", () => near(at(schedules.constant, 7.3), 0.5));

  it("falls by 0.94 every two epochs, in steps", () => {
    near(at(schedules.exponential, 1.99), 0.5);
    near(at(schedules.exponential, 2), 0.47);
    near(at(schedules.exponential, 9), 0.5 * 0.94 ** 4);
  });

  it("follows half a cosine from the end of the warm-up to the last step", () => {
    near(at(schedules.cosine, 0), 0.5);
    near(at(schedules.cosine, 5), 0.25);
    near(at(schedules.cosine, 10), 0);
    near(at(schedules.cosine, 6, [], 2), 0.25);
    near(at({ kind: "cosine", end: 0.1 }, 10), 0.05);
  });

  it("falls at the given epochs", () => {
    const schedule = { kind: "step", factor: 0.1, at: [3, 6] } as const;
    near(at(schedule, 2.9), 0.5);
    near(at(schedule, 3), 0.05);
    near(at(schedule, 8), 0.005);
  });

  it("falls when the validation loss does not", () => {
    const schedule = { kind: "plateau", factor: 0.1, patience: 2 } as const;
    near(at(schedule, 3, [3, 2, 1]), 0.5);
    near(at(schedule, 4, [3, 2, 2, 2]), 0.05);
    near(at(schedule, 7, [3, 2, 2, 2, 1, 1, 1]), 0.005);
  });

  it("rises from 0 over the warm-up", () => {
    near(at(schedules.constant, 0, [], 2), 0.0625);
    near(at(schedules.constant, 0.75, [], 2), 0.25);
    near(at(schedules.constant, 1.75, [], 2), 0.5);
    near(at(schedules.constant, 2, [], 2), 0.5);
  });

  it("rises for at most half of the epochs", () => {
    near(at(schedules.cosine, 2.5, [], 20), 0.5 * (2.75 / 5));
    near(at(schedules.cosine, 4.75, [], 20), 0.5);
    near(at(schedules.cosine, 7.5, [], 20), 0.25);
  });
});

/** A training drawn at random: any schedule, of few epochs and steps as of many. */
function drawTraining(random: Random) {
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)] as T;
  const epochs = 1 + random.below(pick([1, 3, 12]));
  const steps = 1 + random.below(pick([1, 3, 50]));
  const factor = pick([1, 0.94, 0.1, 1e-3]);
  const schedule: Schedule = pick([
    { kind: "constant" },
    { kind: "cosine", end: pick([0, 0.01, 1]) },
    { kind: "exponential", factor, epochs: pick([0.5, 1, 2, 100]) },
    { kind: "step", factor, at: [random.below(4), 3 + random.below(30)] },
    { kind: "plateau", factor, patience: 1 + random.below(3) },
  ]);
  const warmupEpochs = pick([0, 1e-9, 0.3, 0.5, 1, 2.7, epochs, 2 * epochs, 1e6]);
  const losses = Array.from({ length: epochs }, () => 3 * random.uniform());
  return { peak: pick([1e-6, 0.01, 3]), schedule, warmupEpochs, epochs, steps, losses };
}

type Training = ReturnType<typeof drawTraining>;

/** The rate of a step, counted from 0 over all epochs. */
function rateOf(training: Training, step: number): number {
  const { epochs, steps, losses } = training;
  const done = Math.floor(step / steps);
  const epoch = done + (step % steps) / steps;
  const position = { epoch, epochs, step: 1 / steps, losses: losses.slice(0, done) };
  return learningRate(training, position);
}

/** What a schedule has multiplied the peak by after so many epochs; what `plateau` does is data. */
function fallenBy(schedule: Schedule, epochs: number): number | undefined {
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "cosine":
      return schedule.end;
    case "exponential":
      return schedule.factor ** Math.floor(epochs / schedule.epochs);
    case "step":
      return schedule.factor ** schedule.at.filter((at) => at <= epochs).length;
    case "plateau":
      return undefined;
  }
}

describe("the learning rates of 2000 trainings", () => {
  const random = createRandom(2, "schedules");
  const drawn = Array.from({ length: 2000 }, () => {
    const training = drawTraining(random);
    const steps = training.epochs * training.steps;
    const rates = Array.from({ length: steps }, (_, step) => rateOf(training, step));
    return { training, rates, what: JSON.stringify(training) };
  });

  it("are finite, above 0 and at most the peak, which one of them is", () => {
    for (const { training, rates, what } of drawn) {
      const { peak, schedule, warmupEpochs } = training;
      for (const rate of rates) assert.ok(rate > 0 && rate <= peak, `${rate} in ${what}`);
      // Who asks for a fall before the first step asks for no peak.
      const falls = schedule.kind === "step" && schedule.at.includes(0) && warmupEpochs === 0;
      const expected = falls ? schedule.factor : 1;
      const highest = Math.max(...rates) / peak;
      assert.ok(Math.abs(highest - expected) < 1e-9, `${highest} of the peak in ${what}`);
    }
  });

  it("rise in the warm-up, and never after it", () => {
    for (const { training, rates, what } of drawn) {
      const { peak, epochs, steps, warmupEpochs } = training;
      const warm = Math.ceil(Math.min(warmupEpochs, epochs / 2) * steps);
      for (const [at, rate] of rates.slice(1).entries()) {
        const change = (rate - (rates[at] ?? 0)) / peak;
        const isRight = at + 1 < warm ? change > 0 : change < 1e-12;
        assert.ok(isRight, `${change} of the peak after step ${at} of ${what}`);
      }
    }
  });

  it("end as the schedule says", () => {
    for (const { training, what } of drawn) {
      const { peak, schedule, epochs, steps } = training;
      const last = rateOf(training, epochs * steps) / peak;
      const expected = fallenBy(schedule, epochs) ?? last;
      assert.ok(Math.abs(last - expected) < 1e-9, `${last} instead of ${expected} in ${what}`);
    }
  });
});
