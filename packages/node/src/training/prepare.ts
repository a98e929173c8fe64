/**
 * @file Prepares a training, new or resumed: settings, photos, network, initial values.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { titleOf } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { InputError, ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { divide } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { checkNorms } from "@inception-resnet-v2/core/internal/training/norm-cells.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { type DataOptions, type Dataset, findDataset, refuseMultiLabel } from "../data/dataset.js";
import { type DataReport, inspectDataset, withoutUnreadable } from "../data/inspect.js";
import { isLoaded, loadWeights } from "../weights/load.js";
import { inMemory, placeText, resolveWeights } from "../weights/place.js";
import { fitToPhotos } from "./batches.js";
import type { DataEvent, PrepareEvent, WarningEvent } from "./events.js";
import { pickVariables, startingParameters, trainingNetwork } from "./network.js";
import { type Checkpoint, readCheckpoint } from "./run/checkpoint.js";
import type { RunConfig } from "./run/config-schema.js";
import {
  checkRunWritable,
  exists,
  type RunFolder,
  readRunConfig,
  runFolder,
} from "./run/run-folder.js";
import { type Phase, type Settings, settle } from "./settings.js";
import type { TrainOptions } from "./train-options.js";
import { checkNames, type Use, unusedOptions } from "./unused-options.js";

/** How to go on with a run. */
export interface ResumeOptions {
  /** The run folder. */
  readonly resume: string;
  /**
   * Epochs to add to the last phase.
   * @defaultValue 0
   */
  readonly extendEpochs?: number | undefined;
}

/** What stops a training from outside. */
export interface TrainControls {
  /**
   * Stops after the step under way, with a checkpoint.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Stops once the run has this many epochs, with a checkpoint; the schedule is that of them
   * all.
   * @defaultValue none
   */
  readonly stopAfter?: number | undefined;
}

/** What a training starts from. */
export interface Prepared {
  readonly settings: Settings;
  readonly dataset: Dataset;
  /** Hash over the photos. */
  readonly fingerprint: string;
  /** The whole network, at batch 1. */
  readonly network: Graph;
  readonly parameters: Tensors;
  /** Parameters that the weights did not give, where there are weights. */
  readonly fresh: readonly string[];
  /** Of a resumed run. */
  readonly folder?: RunFolder | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** A run as it was left, or what is asked of a new one. */
interface Asked {
  readonly settings: Settings;
  readonly loaded?: LoadedWeights;
  readonly folder?: RunFolder;
  readonly config?: RunConfig;
  readonly checkpoint?: Checkpoint;
}

/**
 * Looks at settings, weights and photos, and says what the photos are. Throws as `train` does, and
 * the reason of the signal when that stops it.
 */
export async function* prepare(
  options: (TrainOptions | ResumeOptions) & TrainControls,
  use: Use = "train",
): AsyncGenerator<PrepareEvent | DataEvent | WarningEvent, Prepared> {
  if (!("resume" in options)) checkNames(options);
  const asked = "resume" in options ? await reopen(options) : await begin(options);
  const { settings, checkpoint, loaded, config, folder } = asked;
  const { seed } = settings;
  const found = await findDataset(settings.data, dataOptions(settings));
  refuseMultiLabel(found, settings.annotations ?? settings.data);
  const report = yield* inspect(found, options.signal);
  yield { event: "data", report };
  const dataset = withoutUnreadable(found, report);
  checkSchedule(settings, dataset);
  const { classes } = dataset;
  const { fingerprint } = report;
  if (config) checkPhotos(config, fingerprint, classes, settings.data);
  const given = (loaded?.parameters ?? checkpoint?.variables ?? new Map()).keys();
  const network = trainingNetwork(settings, { classes: classes.length, batch: 1, given });
  for (const asked of settings.phases) {
    divide(network, asked.freeze); // unknown blocks come out here
    checkNormsOf(fitToPhotos(asked, dataset.train.length), network, settings);
  }
  yield* unusedOptions(options, { use, settings, network, dataset });
  const common = { settings, dataset, fingerprint, network, folder };
  if (checkpoint) {
    const file = folder?.state ?? "";
    const parameters = pickVariables(checkpoint.variables, network.parameters, file);
    return { ...common, parameters, fresh: [], checkpoint };
  }
  const { parameters, fresh } = await startingParameters(
    network,
    { seed, classes, signal: options.signal },
    loaded,
  );
  return { ...common, parameters, fresh: loaded ? fresh : [] };
}

/** Throws `UsageError` on a schedule that looks at validation losses where there are none. */
function checkSchedule({ schedule }: Settings, { validation }: Dataset): void {
  if (schedule.kind !== "plateau" || validation.length > 0) return;
  throw new UsageError(
    "OPTION_UNUSED",
    "Cannot train by the schedule plateau: expected validation photos, whose loss it follows, got none",
    { option: "schedule" },
  );
}

function checkNormsOf(
  { freeze, batch, parts }: Phase,
  network: Graph,
  { freezeNorms }: Settings,
): void {
  const options = { freeze, freezeNorms, photos: batch / parts };
  checkNorms(network, options, parts > 1 ? "microBatch" : "batch");
}

/** How the photos of a run are found and split. */
function dataOptions({ annotations, valFraction, folds, fold, splitRule }: Settings): DataOptions {
  const given = Object.entries({ annotations, valFraction, folds, fold });
  return { ...Object.fromEntries(given.filter(([, value]) => value !== null)), splitRule };
}

/** Milliseconds between two events that say how many photos were looked at. */
const progressMs = 500;

async function* inspect(
  dataset: Dataset,
  signal: AbortSignal | undefined,
): AsyncGenerator<PrepareEvent, DataReport> {
  let [done, total] = [0, 0];
  const inspection = inspectDataset(dataset, {
    onProgress(now, all) {
      [done, total] = [now, all];
    },
    ...(signal && { signal }),
  });
  inspection.catch(() => {}); // the error comes out where the report is awaited
  for (;;) {
    const report = await Promise.race([inspection, sleep(progressMs, undefined, { ref: false })]);
    if (report) return report;
    yield { event: "prepare", what: "photos", done, total };
  }
}

/** Classes without names are replaced by those of the photos, however many they are. */
const startWith = { dropBackground: "unnamed" } as const;

async function begin({ weights, ...options }: TrainOptions & TrainControls): Promise<Asked> {
  if (weights === undefined) return { settings: settle(options) };
  if (isLoaded(weights)) {
    return { settings: settle({ ...options, weights: inMemory }, weights), loaded: weights };
  }
  const { signal, arch } = options;
  const place = await resolveWeights(weights, { signal });
  const loaded = await loadWeights(place, { ...startWith, arch, signal });
  return { settings: settle({ ...options, weights: placeText(place) }, loaded), loaded };
}

async function reopen({ resume, extendEpochs = 0 }: ResumeOptions): Promise<Asked> {
  const folder = runFolder(resume);
  const config = await readRunConfig(resume);
  await checkRunWritable(resume);
  const { phases } = config.settings;
  const checkpoint = await readCheckpoint(folder.state).catch((error: unknown) => {
    if (error instanceof ModelError && error.code === "WEIGHTS_MISSING") return undefined;
    throw error;
  });
  const { arch } = config.settings;
  if (checkpoint && checkpoint.arch !== arch)
    throw otherNetwork(folder.state, arch, checkpoint.arch);
  const { phase = 0, phaseEpochs = 0 } = checkpoint?.progress ?? {};
  const last = phases.length - 1;
  if (phase > last) throw otherPhases(folder.state, phases.length, phase);
  const isDone = phase === last && phaseEpochs >= (phases[last]?.epochs ?? 0);
  if (isDone && extendEpochs === 0 && (await exists(folder.report))) {
    throw new UsageError(
      "RUN_FINISHED",
      `Cannot resume "${resume}": expected epochs left to train, got a finished run; extendEpochs adds epochs`,
    );
  }
  const extended = phases.map((one, index) =>
    index === last ? { ...one, epochs: one.epochs + extendEpochs } : one,
  );
  const settings = { ...config.settings, phases: extended };
  if (checkpoint) return { settings, folder, config, checkpoint };
  // An untrained run that was stopped before its first checkpoint starts again, from its seed.
  if (settings.weights === null) return { settings, folder, config };
  throw new ModelError(
    "RUN_WEIGHTS",
    `Cannot resume "${resume}": expected its state.safetensors, which keeps the weights that it started from, got no such file`,
  );
}

function otherNetwork(file: string, expected: string, found: string): ModelError {
  return new ModelError(
    "CHECKPOINT_NETWORK",
    `Cannot resume from "${file}": expected a checkpoint of ${titleOf(expected)} (${expected}), got one of ${titleOf(found)} (${found})`,
  );
}

function otherPhases(file: string, phases: number, found: number): ModelError {
  return new ModelError(
    "CHECKPOINT_DAMAGED",
    `Cannot resume from "${file}": expected a phase below ${phases}, as in config.json, in "progress.phase", got ${found}`,
  );
}

function checkPhotos(
  config: RunConfig,
  fingerprint: string,
  classes: readonly string[],
  folder: string,
): void {
  if (config.fingerprint === fingerprint) return;
  const isSame = config.classes.join("\n") === classes.join("\n");
  const got = isSame ? "other photos" : `other classes (${classes.length} of them)`;
  throw new InputError(
    "DATA_CHANGED",
    `Cannot resume with "${folder}": expected the photos that the run was started with, got ${got}`,
  );
}
