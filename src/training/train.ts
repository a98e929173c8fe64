/**
 * @file A whole training as a stream of events: photos looked at, phases trained, report written.
 */
import { findDataset } from "../data/dataset.js";
import { inspectDataset, withoutUnreadable } from "../data/inspect.js";
import { classWeights } from "../data/sampler.js";
import { InputError, ModelError, UsageError } from "../errors.js";
import { createExecutor } from "../executors/index.js";
import { type Graph, isTrainable, type Parameter } from "../graph/ir.js";
import { sizeOf } from "../tensor/tensor.js";
import { type LoadedWeights, loadWeights } from "../weights/load.js";
import { type Checkpoint, readCheckpoint } from "./checkpoint.js";
import type { DoneEvent, StartEvent, TrainingEvent } from "./events.js";
import { divide } from "./freeze.js";
import { pickVariables, startingParameters, trainingNetwork } from "./network.js";
import { trainPhases } from "./phases.js";
import { writeReport } from "./report.js";
import { Run, start } from "./run.js";
import {
  createRunFolder,
  exists,
  type RunConfig,
  type RunFolder,
  readRunConfig,
  runFolder,
  writeText,
} from "./run-folder.js";
import { type Settings, settle, type TrainOptions } from "./settings.js";
import { openEvents } from "./tensorboard.js";

/** How to go on with a run. */
export interface ResumeOptions {
  /** The run folder. */
  readonly resume: string;
  /** Epochs to add to the last phase. */
  readonly extendEpochs?: number | undefined;
}

/** What stops a training from outside. */
export interface TrainControls {
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains, fine-tunes, or goes on with a run, and tells what happens as it happens; the last event is
 * `done` or `interrupted`. Everything is in the run folder.
 *
 * Throws `UsageError`, `InputError`, `ModelError` or `ResourceError` before the first step when
 * something cannot be used, and `Irv2Error` when the loss stops being finite.
 */
export async function* train(
  options: (TrainOptions | ResumeOptions) & TrainControls,
): AsyncGenerator<TrainingEvent> {
  const asked = "resume" in options ? await reopen(options) : await prepare(options);
  const { settings, checkpoint } = asked;
  const { valFraction } = settings;
  const found = await findDataset(settings.data, { ...(valFraction !== null && { valFraction }) });
  const report = await inspectDataset(found, options.signal ? { signal: options.signal } : {});
  yield { event: "data", report };
  const dataset = withoutUnreadable(found, report);
  const { classes } = dataset;
  if (asked.config) checkPhotos(asked.config, report.fingerprint, classes, settings.data);

  const given = (asked.loaded?.parameters ?? checkpoint?.variables ?? new Map()).keys();
  const network = trainingNetwork(settings, { classes: classes.length, batch: 1, given });
  for (const { freeze } of settings.phases) divide(network, freeze);
  const started = startingParameters(network, { seed: settings.seed, classes }, asked.loaded);
  const parameters = checkpoint
    ? pickVariables(checkpoint.variables, network.parameters, asked.folder?.state ?? "")
    : started.parameters;
  const { fingerprint } = report;
  const folder = asked.folder ?? (await createRunFolder(asked.out));
  const config: RunConfig = { settings, classes, fingerprint };
  await writeText(folder.config, `${JSON.stringify(config, null, 2)}\n`);
  const weighs = settings.classWeights;
  const run = new Run(
    {
      settings,
      folder,
      dataset,
      network,
      fingerprint,
      classWeights: weighs ? classWeights(dataset.train, classes.length) : undefined,
      signal: options.signal,
    },
    checkpoint?.progress ?? start,
  );
  const { engine, threads } = settings;
  const executor = await createExecutor(engine, { ...(threads !== null && { threads }) });
  run.events = await openEvents(folder.path);
  try {
    const fresh = asked.loaded ? started.fresh : [];
    yield startEvent(run, network, executor.description, fresh);
    yield* trainPhases(run, { executor, parameters, state: checkpoint?.variables });
  } finally {
    await run.events.close();
    await executor.dispose();
  }
  if (!run.isStopped) await writeReport(run);
  yield doneEvent(run);
}

/** What a training starts from. */
interface Prepared {
  readonly settings: Settings;
  readonly loaded?: LoadedWeights;
  readonly out?: string;
  readonly folder?: RunFolder;
  readonly config?: RunConfig;
  readonly checkpoint?: Checkpoint;
}

async function prepare(options: TrainOptions): Promise<Prepared> {
  const { weights, out } = options;
  const loaded = weights === undefined ? undefined : await loadWeights(weights);
  const settings = settle(options, loaded);
  return { settings, ...(loaded && { loaded }), ...(out !== undefined && { out }) };
}

async function reopen({ resume, extendEpochs = 0 }: ResumeOptions): Promise<Prepared> {
  const folder = runFolder(resume);
  const config = await readRunConfig(resume);
  const { phases } = config.settings;
  const checkpoint = await readCheckpoint(folder.state).catch((error: unknown) => {
    if (error instanceof ModelError && error.code === "WEIGHTS_MISSING") return undefined;
    throw error;
  });
  const { phase = 0, phaseEpochs = 0 } = checkpoint?.progress ?? {};
  const isDone = phase === phases.length - 1 && phaseEpochs >= (phases.at(-1)?.epochs ?? 0);
  if (isDone && extendEpochs === 0 && (await exists(folder.report))) {
    throw new UsageError(
      "RUN_FINISHED",
      `Cannot resume "${resume}": expected epochs left to train, got a finished run; --extend-epochs <n> adds some`,
    );
  }
  const extended = phases.map((one, index) =>
    index === phases.length - 1 ? { ...one, epochs: one.epochs + extendEpochs } : one,
  );
  const settings = { ...config.settings, phases: extended };
  // A run that was stopped before its first checkpoint starts once more.
  if (checkpoint) return { settings, folder, config, checkpoint };
  const { weights } = settings;
  return {
    settings,
    folder,
    config,
    ...(weights !== null && { loaded: await loadWeights(weights) }),
  };
}

function checkPhotos(
  config: RunConfig,
  fingerprint: string,
  classes: readonly string[],
  folder: string,
): void {
  if (config.fingerprint === fingerprint) return;
  const names = (list: readonly string[]) => `${list.length} classes`;
  const isSame = config.classes.join("\n") === classes.join("\n");
  const got = isSame ? "other photos or labels" : `other classes (${names(classes)})`;
  throw new InputError(
    "DATA_CHANGED",
    `Cannot resume with "${folder}": expected the photos that the run was started with, got ${got}`,
  );
}

function startEvent(
  run: Run,
  network: Graph,
  engine: string,
  fresh: readonly string[],
): StartEvent {
  const { settings, dataset, progress, folder } = run;
  const division = divide(network, settings.phases[progress.phase]?.freeze ?? "none");
  const count = (list: readonly Parameter[]) =>
    list.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const trainable = network.parameters.filter(isTrainable);
  return {
    event: "start",
    run: folder.path,
    settings,
    classes: dataset.classes,
    engine,
    trainedParameters: count(trainable.filter((one) => !division.isFrozen(one))),
    parameters: count(network.parameters),
    fresh,
    epochs: run.epochs,
    resumedAt: { epoch: progress.rows.length, step: progress.step },
  };
}

function doneEvent(run: Run): DoneEvent {
  const { best, rows } = run.progress;
  return {
    event: run.isStopped ? "interrupted" : "done",
    run: run.folder.path,
    epoch: rows.length,
    ...(best && { best }),
  };
}
