/**
 * @file Learning rates over the course of a training, as data and one function.
 */

import { outOfRange } from "../ranges.js";

/** How the learning rate goes from its peak. */
export type Schedule =
  /** It stays. */
  | {
      /** Tag of the union. */
      readonly kind: "constant";
    }
  /** Times `factor` after every `epochs` epochs, in steps: the paper's is 0.94 every 2. */
  | {
      /** Tag of the union. */
      readonly kind: "exponential";
      /** What the rate is multiplied by each time, above 0 and at most 1. */
      readonly factor: number;
      /** Epochs from one fall to the next. */
      readonly epochs: number;
    }
  /** Half a cosine from the end of the warm-up down to `end` times the peak, which the step after the last would have. */
  | {
      /** Tag of the union. */
      readonly kind: "cosine";
      /** Rate at the end, as a fraction of the peak, 0 to 1. */
      readonly end: number;
    }
  /** Times `factor` at each of the given epochs. */
  | {
      /** Tag of the union. */
      readonly kind: "step";
      /** What the rate is multiplied by each time, above 0 and at most 1. */
      readonly factor: number;
      /** Epochs, counted from the start, after which the rate falls. */
      readonly at: readonly number[];
    }
  /** Times `factor` whenever the validation loss has not fallen for `patience` epochs. */
  | {
      /** Tag of the union. */
      readonly kind: "plateau";
      /** What the rate is multiplied by each time, above 0 and at most 1. */
      readonly factor: number;
      /** Epochs without a lower validation loss before the rate falls. */
      readonly patience: number;
    };

/** The schedules that can be named, with their usual constants. */
export const schedules = {
  constant: { kind: "constant" },
  exponential: { kind: "exponential", factor: 0.94, epochs: 2 },
  cosine: { kind: "cosine", end: 0 },
  step: { kind: "step", factor: 0.1, at: [30, 60, 80] },
  plateau: { kind: "plateau", factor: 0.1, patience: 3 },
} as const satisfies Readonly<Record<Schedule["kind"], Schedule>>;

/** Throws `UsageError` on constants that make no rates from 0 to the peak. */
export function checkSchedule(schedule: Schedule): void {
  const require = (what: string, value: number, holds: boolean) => {
    if (!holds) throw outOfRange("schedule", what, value);
  };
  if ("factor" in schedule) {
    const { factor } = schedule;
    require("a factor above 0 and at most 1", factor, factor > 0 && factor <= 1);
  }
  if (schedule.kind === "cosine") {
    require("an end from 0 to 1", schedule.end, schedule.end >= 0 && schedule.end <= 1);
  }
  if (schedule.kind === "exponential") {
    require("a number of epochs above 0", schedule.epochs, schedule.epochs > 0);
  }
  if (schedule.kind === "plateau") {
    const { patience } = schedule;
    require("a patience of 1 epoch or more", patience, Number.isInteger(patience) && patience > 0);
  }
  if (schedule.kind === "step") {
    for (const at of schedule.at) require("epochs from 0", at, at >= 0);
  }
}

/** Where a training stands. */
export interface Position {
  /** Epochs done, with the part of the present one: 2.5 is in the middle of the third. */
  readonly epoch: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** The part of an epoch that a step is. */
  readonly step: number;
  /** Validation losses of the epochs done; what `plateau` looks at. */
  readonly losses: readonly number[];
}

/** The warm-up takes at most this part of the epochs, so that a short run comes to learn. */
export const mostWarmup = 0.5;

/**
 * The learning rate of the step at a position: in the first `warmupEpochs`, but at most half of all, a
 * linear rise from 0, whose last step has the peak; then `peak` times the schedule's factor. Depends
 * on nothing else, so that a resumed run has the same.
 */
export function learningRate(
  {
    peak,
    schedule,
    warmupEpochs,
  }: { readonly peak: number; readonly schedule: Schedule; readonly warmupEpochs: number },
  position: Position,
): number {
  const { epoch, epochs, step } = position;
  const warmup = Math.min(warmupEpochs, mostWarmup * epochs);
  if (epoch < warmup) return peak * Math.min(1, (epoch + step) / warmup);
  return peak * factorAt(schedule, warmup, position);
}

function factorAt(schedule: Schedule, warmup: number, position: Position): number {
  const { epoch, epochs, losses } = position;
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "exponential":
      return schedule.factor ** Math.floor(epoch / schedule.epochs);
    case "cosine": {
      const part = Math.min(1, (epoch - warmup) / (epochs - warmup));
      return schedule.end + ((1 - schedule.end) * (1 + Math.cos(Math.PI * part))) / 2;
    }
    case "step":
      return schedule.factor ** schedule.at.filter((start) => epoch >= start).length;
    case "plateau":
      return schedule.factor ** countPlateaus(losses, schedule.patience);
  }
}

function countPlateaus(losses: readonly number[], patience: number): number {
  let [best, waited, count] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const loss of losses) {
    if (loss < best) [best, waited] = [loss, 0];
    else if (++waited >= patience) [waited, count] = [0, count + 1];
  }
  return count;
}
