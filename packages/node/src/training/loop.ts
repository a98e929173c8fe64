/**
 * @file The loop of one phase: epochs of steps, a validation and a checkpoint after each.
 *
 * What a step does depends on the variables, the seed and the number of the step alone. So a run that
 * was stopped anywhere goes on from its last checkpoint to the same bits, whenever checkpoints fall.
 */

import { InputError, Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type EpochRow,
  isBetterEpoch,
} from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import {
  type Evaluation,
  evaluateLogits,
} from "@inception-resnet-v2/core/internal/evaluation/metrics.js";
import { learningRate } from "@inception-resnet-v2/core/internal/training/schedule.js";
import type { EpochEvent, PrepareEvent, StepEvent } from "./events.js";
import type { OpenPhase } from "./open-phase.js";
import type { Progress } from "./run/progress-schema.js";
import type { Run } from "./run/run.js";
import type { Phase } from "./settings.js";

/** What a phase works with. */
export interface PhaseParts {
  readonly phase: Phase;
  readonly open: OpenPhase;
}

/** A checkpoint is due after this long without one. */
const checkpointMs = 10 * 60 * 1000;

/**
 * Trains to the end of a phase from where the run stands. Ends early, after a checkpoint, when the
 * run's signal says so. Throws `Irv2Error` on a loss that is not finite.
 */
export async function* trainPhase(
  run: Run,
  parts: PhaseParts,
): AsyncGenerator<StepEvent | PrepareEvent | EpochEvent> {
  while (run.progress.phaseEpochs < parts.phase.epochs) {
    try {
      yield* trainEpoch(run, parts);
      if (!run.isStopped) yield* finishEpoch(run, parts);
    } catch (error) {
      if (error instanceof InputError) throw await keepingSteps(run, parts, error);
      throw error;
    }
    if (run.isStopped) {
      await run.saveCheckpoint(parts.open.trainer);
      return;
    }
  }
}

/** Saves the steps that are done where a photo cannot be read any more; gives the error that says so. */
async function keepingSteps(
  run: Run,
  { open }: PhaseParts,
  error: InputError,
): Promise<InputError> {
  await run.saveCheckpoint(open.trainer);
  return new InputError(error.code, `${error.message}; ${run.lastSaved}`, { cause: error });
}

async function* trainEpoch(run: Run, parts: PhaseParts): AsyncGenerator<StepEvent> {
  const { phase, open } = parts;
  const { trainer, steps } = open;
  const epoch = run.progress.rows.length;
  run.clock.start(run.progress.seconds);
  for await (const batch of open.batches(epoch, run.progress.step)) {
    const { step, sums, updates } = run.progress;
    const rate = rateAt(run, phase, step / steps, 1 / steps);
    const result = await trainer.gradients(updates, batch);
    checkFinite(run, "loss", result.loss);
    checkFinite(run, "gradient norm", (await trainer.update(updates, rate)) ?? 0);
    run.progress = {
      ...run.progress,
      step: step + 1,
      seconds: run.clock.seconds(),
      updates: updates + 1,
      sums: {
        loss: sums.loss + result.loss * result.images,
        correct: sums.correct + result.correct,
        images: sums.images + result.images,
      },
    };
    yield stepEvent(run, phase, steps, rate);
    if (run.isStopped) return;
    if (run.clock.sinceSaved() > checkpointMs) await run.saveCheckpoint(trainer);
  }
}

function rateAt(run: Run, phase: Phase, part: number, step: number): number {
  const { rows, phaseEpochs } = run.progress;
  const losses = rows
    .slice(rows.length - phaseEpochs)
    .map((row) => row.validationLoss ?? Number.NaN);
  const position = { epoch: phaseEpochs + part, epochs: phase.epochs, step, losses };
  const { learningRate: peak, warmupEpochs } = phase;
  return learningRate({ peak, warmupEpochs, schedule: run.settings.schedule }, position);
}

function stepEvent(run: Run, phase: Phase, steps: number, rate: number): StepEvent {
  const { step, sums, seconds, rows } = run.progress;
  return {
    event: "step",
    phase: phase.name,
    epoch: rows.length + 1,
    epochs: run.epochs,
    step,
    steps,
    images: phase.batch,
    loss: sums.loss / sums.images,
    accuracy: sums.correct / sums.images,
    learningRate: rate,
    imagesPerSecond: sums.images / seconds,
  };
}

/** Validates and saves, unless the run is stopped before it is through the photos. */
async function* finishEpoch(
  run: Run,
  parts: PhaseParts,
): AsyncGenerator<PrepareEvent | EpochEvent> {
  const { phase, open } = parts;
  const { trainer, steps } = open;
  const isMeasured = run.dataset.validation.length > 0;
  const evaluation = isMeasured ? yield* validate(run, parts) : undefined;
  if (isMeasured && !evaluation) return;
  const { loss = null, top1 = null, top5 = null } = evaluation ?? {};
  const { sums, seconds, rows, best, phaseEpochs, updates } = run.progress;
  const row: EpochRow = {
    epoch: rows.length + 1,
    trainLoss: sums.loss / sums.images,
    trainTop1: sums.correct / sums.images,
    validationLoss: loss,
    validationTop1: top1,
    validationTop5: top5,
    learningRate: rateAt(run, phase, (steps - 1) / steps, 1 / steps),
    imagesPerSecond: sums.images / seconds,
    seconds: run.clock.seconds(),
  };
  const isBest = evaluation !== undefined && (!best || isBetterEpoch(evaluation, best));
  const progress: Progress = {
    ...run.progress,
    phaseEpochs: phaseEpochs + 1,
    updates,
    step: 0,
    sums: { loss: 0, correct: 0, images: 0 },
    seconds: 0,
    rows: [...rows, row],
    best: isBest ? { epoch: row.epoch, top1: evaluation.top1, loss: evaluation.loss } : best,
  };
  const isLast = progress.phaseEpochs === phase.epochs;
  const isKept = isMeasured ? isBest : isLast; // the last epoch, where nothing tells the best
  await run.saveEpoch(trainer, progress, { isBest: isKept, isLast });
  const secondsLeft = (phase.epochs - progress.phaseEpochs) * row.seconds;
  yield { event: "epoch", phase: phase.name, epochs: run.epochs, isBest, secondsLeft, ...row };
}

async function* validate(
  run: Run,
  { open }: PhaseParts,
): AsyncGenerator<PrepareEvent, Evaluation | undefined> {
  const { classes, validation } = run.dataset;
  const logits = new Float32Array(validation.length * classes.length);
  const total = validation.length;
  let at = 0;
  for await (const images of open.validation(validation)) {
    if (run.isStopped) return undefined;
    const rows = await open.trainer.evaluate(images);
    logits.set(rows.data, at);
    at += rows.data.length;
    yield { event: "prepare", what: "validation", done: at / classes.length, total };
  }
  const notFinite = logits.find((value) => !Number.isFinite(value));
  checkFinite(run, "validation logit", notFinite ?? 0);
  const labels = validation.map(({ label }) => label);
  const files = validation.map(({ file }) => file);
  return evaluateLogits({ classes, logits, labels, files });
}

function checkFinite(run: Run, what: string, value: number): void {
  if (Number.isFinite(value)) return;
  const { rows, step } = run.progress;
  throw new Irv2Error(
    "TRAINING_NOT_FINITE",
    `Cannot continue in epoch ${rows.length + 1} after step ${step}: expected a finite ${what}, got ${value}; ${run.lastSaved}`,
  );
}
