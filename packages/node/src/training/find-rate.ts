/**
 * @file The learning rate range test (Smith 2017, arXiv 1506.01186): steps at a rate that grows from
 * tiny to too large, and the rate at which the loss fell fastest. It leaves no files.
 */
import { freeing, orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import { numbers, outOfRange, requireRanges } from "@inception-resnet-v2/core/internal/ranges.js";
import { fitToPhotos, fitWarning } from "./batches.js";
import type { DataEvent, PrepareEvent, WarningEvent } from "./events.js";
import { openPhase } from "./open-phase.js";
import { prepare, type TrainControls } from "./prepare.js";
import { openExecutor, type Phase } from "./settings.js";
import type { TrainOptions } from "./train-options.js";

/** How to look for a rate. */
export interface FindRateOptions extends TrainOptions, TrainControls {
  /**
   * Lowest and highest rate that is tried.
   * @defaultValue [1e-6, 1]
   */
  readonly range?: readonly [lowest: number, highest: number];
  /**
   * Steps, evenly spread on a logarithmic scale.
   * @defaultValue 100
   */
  readonly steps?: number | undefined;
}

/** A step was made at a rate. */
export interface RateEvent {
  /** Tag of the union. */
  readonly event: "rate";
  /** The rate of this step. */
  readonly learningRate: number;
  /** Loss of this step's batch, in nats. */
  readonly loss: number;
  /** The loss as a running average, which the choice is made from. */
  readonly smoothed: number;
}

/** The end: the rates that suggest themselves. */
export interface RateFoundEvent {
  /** Tag of the union. */
  readonly event: "found";
  /** Where the smoothed loss fell fastest. */
  readonly steepest: number;
  /** A tenth of the rate at which it was lowest. */
  readonly minimumTenth: number;
}

const smoothing = 0.9;
/** The test ends when the smoothed loss is this many times the lowest. */
const divergence = 4;

/**
 * Runs the test on the last phase of what would be trained. Throws as `train` does, and the reason of the
 * signal, whenever that comes.
 */
export async function* findLearningRate(
  options: FindRateOptions,
): AsyncGenerator<DataEvent | PrepareEvent | WarningEvent | RateEvent | RateFoundEvent> {
  const { range = [1e-6, 1] as const, steps = 100, ...training } = options;
  const [lowest, highest] = range;
  requireRanges({ range, steps }, { range: numbers.positive, steps: numbers.countFrom1 });
  if (!(lowest < highest)) {
    throw outOfRange("range", "a lowest rate below the highest", range.join(", "));
  }
  const { signal } = training;
  const { settings, dataset, parameters } = yield* prepare(training, "find-rate");
  const asked = settings.phases.at(-1) as Phase;
  const phase = fitToPhotos(asked, dataset.train.length);
  yield* fitWarning(asked, phase, dataset.train.length);
  const executor = await openExecutor(settings);
  await using _ = freeing(signal, () => executor.dispose());
  const opening = { settings, dataset, phase, executor, parameters, signal, keepFeatures: false };
  const open = yield* openPhase(opening);
  await using __ = freeing(signal, () => open[Symbol.asyncDispose]());
  const found: RateEvent[] = [];
  let [average, epoch] = [0, 0];
  search: while (found.length < steps && open.steps > 0) {
    for await (const batch of open.batches(epoch++)) {
      const at = found.length;
      signal?.throwIfAborted();
      if (at === steps) break search;
      const learningRate = lowest * (highest / lowest) ** (at / Math.max(steps - 1, 1));
      const { loss } = await orAborted(open.trainer.gradients(at, batch), signal);
      average = smoothing * average + (1 - smoothing) * loss;
      const smoothed = average / (1 - smoothing ** (at + 1));
      if (!Number.isFinite(smoothed)) break search;
      const event: RateEvent = { event: "rate", learningRate, loss, smoothed };
      found.push(event);
      yield event;
      const least = Math.min(...found.map((one) => one.smoothed));
      if (smoothed > divergence * least) break search;
      await orAborted(open.trainer.update(at, learningRate), signal);
    }
  }
  const choice = chooseRate(found);
  if (choice) yield { event: "found", ...choice };
}

/** The rates that a test suggests; undefined when it had too few steps. */
export function chooseRate(found: readonly RateEvent[]): Omit<RateFoundEvent, "event"> | undefined {
  if (found.length < 3) return undefined;
  const lowest = found.reduce((best, one) => (one.smoothed < best.smoothed ? one : best));
  let [steepest, slope] = [lowest, 0];
  // A tenth of the steps to either side, as one batch is harder than another; the running average
  // settles over the first tenth.
  const reach = Math.max(1, Math.round(found.length / 10));
  for (let at = Math.min(2 * reach, found.length - 2); at + reach < found.length; at++) {
    const [before, now, after] = [at - reach, at, at + reach].map((one) => found[one]) as [
      RateEvent,
      RateEvent,
      RateEvent,
    ];
    if (now.learningRate > lowest.learningRate) break;
    const change = after.smoothed - before.smoothed;
    if (change < slope) [steepest, slope] = [now, change];
  }
  return { steepest: steepest.learningRate, minimumTenth: lowest.learningRate / 10 };
}
