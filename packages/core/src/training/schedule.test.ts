import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
});
