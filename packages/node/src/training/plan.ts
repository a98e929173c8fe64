/**
 * @file Estimates a training: a few real steps are measured, the rest is arithmetic.
 */

import { freeing, orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { type Graph, isTrainable } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { divide } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { slots } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import type { Sample } from "../data/dataset.js";
import { fitToPhotos, fitWarning } from "./batches.js";
import type { TrainingEvent, WarningEvent } from "./events.js";
import { type OpenPhase, openPhase, type PhaseOptions } from "./open-phase.js";
import { prepare, type TrainControls } from "./prepare.js";
import { openExecutor, type Phase, type Settings } from "./settings.js";
import type { TrainOptions } from "./train-options.js";

/** What a training takes; of one in two phases the second. */
export interface Plan {
  /** Name of the network. */
  readonly arch: ArchitectureName;
  /** What stays as it is: `none`, `body` or the name of a block. */
  readonly freeze: string;
  /** Parameters that are trained. */
  readonly trainedParameters: number;
  /** Epochs of the phase. */
  readonly epochs: number;
  /** Photos a step. */
  readonly batch: number;
  /** Photos a second while training; rows of features where the body is frozen. */
  readonly imagesPerSecond: number;
  /** Seconds before the first step: compiling, and the features of a frozen body. */
  readonly startSeconds: number;
  /** Seconds of an epoch, its validation included. */
  readonly epochSeconds: number;
  /** Seconds from start to end. */
  readonly totalSeconds: number;
  /** Largest resident memory of this process, in bytes. */
  readonly memoryBytes: number;
  /** Weights, checkpoint and kept features, in bytes. */
  readonly diskBytes: number;
  /** What the training would warn of before its first step. */
  readonly warnings: readonly WarningEvent[];
}

/** Steps that are timed, after one that is not. */
const timedSteps = 3;

/**
 * Measures the last phase of what would be trained, in this process: call it in one of its own for
 * the memory to be its own. Leaves nothing behind; throws as `train` does, and the reason of the
 * signal, whenever that comes.
 */
export async function measurePlan(options: TrainOptions & TrainControls): Promise<Plan> {
  const { signal } = options;
  const warnings: WarningEvent[] = [];
  const prepared = await drain(prepare(options, "plan"), warnings);
  const { settings, dataset, network, parameters } = prepared;
  const asked = settings.phases.at(-1) as Phase;
  const phase = fitToPhotos(asked, dataset.train.length);
  warnings.push(...fitWarning(asked, phase, dataset.train.length));
  const photos = dataset.train.length + dataset.validation.length;
  const executor = await openExecutor(settings);
  await using _ = freeing(signal, () => executor.dispose());
  const featuresOf = dataset.train.slice(0, phase.batch);
  const opening = { settings, dataset, phase, executor, parameters, signal, featuresOf };
  const { open, startSeconds } = await timeOpening(opening, photos);
  await using __ = freeing(signal, () => open[Symbol.asyncDispose]());
  const imagesPerSecond = await timeSteps(phase, open, signal);
  const perSecond = await orAborted(timeValidation(dataset.validation, phase, open), signal);
  const { length: validated } = dataset.validation;
  const validationSeconds = validated === 0 ? 0 : validated / perSecond;
  const epochSeconds = dataset.train.length / imagesPerSecond + validationSeconds;
  const { epochs } = phase;
  const trained = trainedParameters(network, phase, settings);
  return {
    arch: settings.arch,
    freeze: phase.freeze,
    trainedParameters: trained,
    epochs,
    batch: phase.batch,
    imagesPerSecond,
    startSeconds,
    epochSeconds,
    totalSeconds: startSeconds + epochs * epochSeconds,
    memoryBytes: process.resourceUsage().maxRSS * 1024,
    diskBytes: diskBytes(settings, network, trained, phase.freeze === "body" ? photos : 0),
    warnings,
  };
}

/** Opens a phase; features, of which only some were made, are counted for all photos. */
async function timeOpening(options: PhaseOptions, photos: number) {
  const started = performance.now();
  const opening = openPhase({ ...options, keepFeatures: false });
  let [featureSeconds, made] = [0, 0];
  let next = await opening.next();
  for (; !next.done; next = await opening.next()) {
    if (next.value.event === "prepare") made = next.value.done;
    featureSeconds = (performance.now() - started) / 1000;
  }
  const seconds = (performance.now() - started) / 1000;
  const all = made > 0 ? (featureSeconds / made) * photos : 0;
  return { open: next.value, startSeconds: seconds - featureSeconds + all };
}

async function timeSteps(
  { batch }: Phase,
  { trainer, batches }: OpenPhase,
  signal: AbortSignal | undefined,
): Promise<number> {
  let [step, started] = [0, performance.now()];
  for (let epoch = 0; step <= timedSteps; epoch++) {
    for await (const parts of batches(epoch)) {
      await orAborted(trainer.gradients(step, parts), signal);
      await orAborted(trainer.update(step, 1e-6), signal);
      if (step === 0) started = performance.now();
      if (++step > timedSteps) break;
    }
  }
  return (timedSteps * batch * 1000) / (performance.now() - started);
}

async function timeValidation(
  validation: readonly Sample[],
  { batch, parts }: Phase,
  open: OpenPhase,
): Promise<number> {
  const some = validation.slice(0, (2 * batch) / parts);
  const started = performance.now();
  for await (const images of open.validation(some)) await open.trainer.evaluate(images);
  return (some.length * 1000) / (performance.now() - started);
}

function trainedParameters(network: Graph, { freeze }: Phase, settings: Settings): number {
  const division = divide(network, freeze, settings.freezeNorms);
  const trained = network.parameters.filter((one) => isTrainable(one) && !division.isFrozen(one));
  return trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function diskBytes(settings: Settings, network: Graph, trained: number, photos: number): number {
  const all = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const kept = Object.keys(slots[settings.optimizer.kind]).length + (settings.ema === null ? 0 : 1);
  const features = photos * (network.outputs.get("features")?.shape[1] ?? 0);
  // Best and last weights, the parameters in the checkpoint, and what the optimiser keeps.
  return 4 * (3 * all + kept * trained + features);
}

/** Runs a generator to its end for what it returns, and keeps its warnings. */
async function drain<T>(
  steps: AsyncGenerator<TrainingEvent, T>,
  warnings: WarningEvent[],
): Promise<T> {
  let next = await steps.next();
  for (; !next.done; next = await steps.next()) {
    if (next.value.event === "warning") warnings.push(next.value);
  }
  return next.value;
}
