/**
 * @file The phases of a run, one after the other: each compiles its own steps and hands its
 * parameters on.
 */
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Executor } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { findStarvedNorm } from "@inception-resnet-v2/core/internal/training/norm-cells.js";
import { fitToPhotos, fitWarning } from "./batches.js";
import type { TrainingEvent } from "./events.js";
import { trainPhase } from "./loop.js";
import { openPhase } from "./open-phase.js";
import type { Run } from "./run/run.js";
import type { Phase } from "./settings.js";

/** What the phases start from. */
export interface PhaseStart {
  readonly executor: Executor;
  /** The whole network, at batch 1. */
  readonly network: Graph;
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

/** Trains a phase; where its first step does not fit in memory, once more in smaller parts. */
async function* trainOne(
  run: Run,
  asked: Phase,
  start: PhaseStart,
): AsyncGenerator<TrainingEvent, Tensors> {
  const photos = run.dataset.train.length;
  const phase = fitToPhotos(asked, photos);
  yield* fitWarning(asked, phase, photos);
  const { updates } = run.progress;
  try {
    return yield* trainWith(run, phase, start);
  } catch (error) {
    const halved = halve(phase, start.network, run.settings.freezeNorms);
    if (!isOutOfMemory(error) || !halved || run.progress.updates !== updates) throw error;
    yield warning(
      `A step of ${phase.batch / phase.parts} photos did not fit in memory; its ${phase.batch} photos are now computed in ${halved.parts} parts.`,
    );
    await run.changePhase(halved);
    return yield* trainWith(run, halved, start);
  }
}

async function* trainWith(
  run: Run,
  phase: Phase,
  { executor, parameters, state }: PhaseStart,
): AsyncGenerator<TrainingEvent, Tensors> {
  const { settings, dataset, signal } = run;
  const opening = { settings, dataset, phase, executor, parameters, state, signal };
  await using open = yield* openPhase(opening);
  const { trainer, held } = open;
  run.kept = new Map([...parameters].filter(([name]) => !held.has(name)));
  yield* trainPhase(run, { phase, open });
  return new Map([...run.kept, ...(await trainer.read([...held]))]);
}

/**
 * The same batch in at least twice as many parts; undefined where it cannot be divided, or a batch norm
 * would have nothing to learn from in smaller parts.
 */
export function halve(phase: Phase, network: Graph, freezeNorms: boolean): Phase | undefined {
  const { freeze, batch } = phase;
  for (let parts = 2 * phase.parts; parts <= batch; parts++) {
    if (batch % parts !== 0) continue;
    const norm = findStarvedNorm(network, { freeze, freezeNorms, photos: batch / parts });
    return norm === undefined ? { ...phase, parts } : undefined;
  }
  return undefined;
}

/** ONNX Runtime's, or JavaScript's own, which it reports in words only. */
function isOutOfMemory(error: unknown): boolean {
  if (error instanceof ResourceError) return error.code === "OUT_OF_MEMORY";
  const message = error instanceof Error ? error.message : "";
  return /out of memory|allocation failed|invalid array length/i.test(message);
}

function warning(message: string): TrainingEvent {
  return { event: "warning", message };
}
