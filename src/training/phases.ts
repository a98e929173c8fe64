/**
 * @file The phases of a run, one after the other: each compiles its own steps and hands its
 * parameters on.
 */
import { availableParallelism } from "node:os";
import type { Sample } from "../data/dataset.js";
import { ResourceError } from "../errors.js";
import type { Executor } from "../executors/executor.js";
import type { Graph, Value } from "../graph/ir.js";
import { cacheFolder } from "../image/decode-cache.js";
import { ImageLoader } from "../image/loader.js";
import type { Tensors } from "../tensor/tensor.js";
import { stepsOf } from "./batches.js";
import type { TrainingEvent } from "./events.js";
import { cutGraph, divide, stageRates } from "./freeze.js";
import { headFeatures, loadRows } from "./head-features.js";
import { type PhaseParts, trainPhase } from "./loop.js";
import { pickVariables, trainingNetwork } from "./network.js";
import type { Run } from "./run.js";
import type { Phase, Settings } from "./settings.js";
import type { StepOptions } from "./step-graphs.js";
import { Trainer } from "./trainer.js";

/** What the phases start from. */
export interface PhaseStart {
  readonly executor: Executor;
  /** A value for each parameter of the network. */
  readonly parameters: Tensors;
  /** The optimiser's variables of the phase that a checkpoint is in. */
  readonly state?: Tensors | undefined;
}

/** Trains all phases that are left, until the run is stopped. */
export async function* trainPhases(run: Run, start: PhaseStart): AsyncGenerator<TrainingEvent> {
  let { parameters, state } = start;
  for (let index = run.progress.phase; index < run.settings.phases.length; index++) {
    if (index > run.progress.phase) {
      run.progress = { ...run.progress, phase: index, phaseEpochs: 0, updates: 0 };
      state = undefined;
    }
    const phase = run.settings.phases[index] as Phase;
    if (run.progress.phaseEpochs >= phase.epochs) continue;
    parameters = yield* trainOne(run, phase, { ...start, parameters, state });
    if (run.isStopped) return;
  }
}

async function* trainOne(
  run: Run,
  asked: Phase,
  start: PhaseStart,
): AsyncGenerator<TrainingEvent, Tensors> {
  const first = fitToPhotos(asked, run.dataset.train.length);
  if (first.batch < asked.batch) {
    yield warning(
      `There are ${run.dataset.train.length} photos to train on, so a step takes ${first.batch} of them, not ${asked.batch}.`,
    );
  }
  const { updates } = run.progress;
  try {
    return yield* trainWith(run, first, start);
  } catch (error) {
    const isFirstStep = run.progress.updates === updates;
    const halved = halve(first);
    const isMemory = error instanceof ResourceError && error.code === "OUT_OF_MEMORY";
    if (!isMemory || !isFirstStep || !halved) throw error;
    yield warning(
      `A step of ${first.batch / first.parts} photos did not fit in memory; each step now computes its ${first.batch} photos in ${halved.parts} parts.`,
    );
    await run.changePhase(halved);
    return yield* trainWith(run, halved, start);
  }
}

/** A step must not be larger than the photos. */
function fitToPhotos(phase: Phase, photos: number): Phase {
  if (stepsOf(photos, phase.batch) > 0) return phase;
  return { ...phase, batch: photos, parts: Math.min(phase.parts, 1) };
}

/** The same batch in at least twice as many parts. */
function halve(phase: Phase): Phase | undefined {
  for (let parts = 2 * phase.parts; parts <= phase.batch; parts++) {
    if (phase.batch % parts === 0) return { ...phase, parts };
  }
  return undefined;
}

async function* trainWith(
  run: Run,
  phase: Phase,
  { executor, parameters, state }: PhaseStart,
): AsyncGenerator<TrainingEvent, Tensors> {
  const loader = openLoader(run.settings);
  try {
    const photos = (sample: Sample, stream: string) =>
      loader.load(sample.file, stream === "" ? undefined : stream);
    const whole = trainingNetwork(run.settings, {
      classes: run.dataset.classes.length,
      batch: phase.batch / phase.parts,
      given: parameters.keys(),
    });
    const isHead = phase.freeze === "body";
    const network = isHead
      ? cutGraph(whole, whole.outputs.get("features") as Value, "features")
      : whole;
    let load: PhaseParts["load"] = photos;
    if (isHead) {
      const samples = [...run.dataset.train, ...run.dataset.validation];
      const { preprocessing } = run.settings;
      const { signal } = run;
      const made = headFeatures({
        executor,
        network: whole,
        parameters,
        preprocessing,
        samples,
        load: photos,
        signal,
      });
      let next = await made.next();
      for (; !next.done; next = await made.next()) {
        if (run.isStopped) return parameters;
        yield { event: "prepare", what: "features", done: next.value, total: samples.length };
      }
      load = loadRows(samples, next.value);
    }
    const options = stepOptions(run.settings, phase, whole);
    const trainer = await Trainer.create({
      executor,
      network,
      step: options,
      parameters: pickVariables(parameters, network.parameters, run.folder.state),
      seed: run.settings.seed,
      ...(state && { state }),
      ...(run.settings.ema !== null && { averageDecay: run.settings.ema }),
    });
    const held = new Set(network.parameters.map(({ name }) => name));
    run.kept = new Map([...parameters].filter(([name]) => !held.has(name)));
    try {
      yield* trainPhase(run, { trainer, phase, load });
      return new Map([...run.kept, ...(await trainer.read([...held]))]);
    } finally {
      await trainer.dispose();
    }
  } finally {
    await loader.dispose();
  }
}

/** How the steps of a phase are built. */
export function stepOptions(settings: Settings, phase: Phase, whole: Graph): StepOptions {
  const { optimizer, weightDecay, clipNorm, statisticsDecay, auxiliaryWeight } = settings;
  const division = divide(whole, phase.freeze);
  const frozen = new Set(
    whole.parameters.flatMap((one) => (division.isFrozen(one) ? [one.name] : [])),
  );
  const rates = stageRates(whole, settings.stageRate);
  return {
    optimizer,
    weightDecay,
    statisticsDecay,
    auxiliaryWeight,
    parts: phase.parts,
    averages: settings.ema !== null,
    trains: ({ name }) => !frozen.has(name),
    frozenNorms: (node) => settings.freezeNorms || division.isFrozenNorm(node),
    rateFactor: rates,
    ...(clipNorm !== null && { clipNorm }),
  };
}

/** The loader of a run's photos. */
export function openLoader(settings: Settings): ImageLoader {
  const { preprocessing, inputSize, augmentation, seed, cache } = settings;
  const [height, width] = inputSize;
  const shortSide = Math.ceil(Math.max(height, width) / preprocessing.cropFraction);
  return new ImageLoader({
    preprocessing,
    height,
    width,
    augmentation,
    seed,
    workers: Math.min(2, availableParallelism()),
    ...(cache === "memory" && { cache: { kind: "memory", bytes: memoryCacheBytes, shortSide } }),
    ...(cache === "disk" && { cache: { kind: "disk", folder: cacheFolder("pixels"), shortSide } }),
  });
}

/** Decoded photos that each loader thread keeps. */
const memoryCacheBytes = 2 ** 30;

function warning(message: string): TrainingEvent {
  return { event: "warning", message };
}
