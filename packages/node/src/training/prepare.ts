/**
 * @file Prepares a training, new or resumed: settings, photos, network, initial values.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { divide } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { checkNorms } from "@inception-resnet-v2/core/internal/training/norm-cells.js";
import { type DataOptions, type Dataset, findDataset, refuseMultiLabel } from "../data/dataset.js";
import {
  type Inspection,
  inspectPhotos,
  type KnownPhoto,
  withContent,
  withoutUnreadable,
} from "../data/inspect.js";
import { isLoaded, loadWeights } from "../weights/load.js";
import { inMemory, placeText, resolveWeights } from "../weights/place.js";
import { fitToPhotos } from "./batches.js";
import type { DataEvent, PrepareEvent, WarningEvent } from "./events.js";
import { pickVariables, startingParameters, trainingNetwork } from "./network.js";
import { type Asked, movedHint, otherPhotos, type ResumeOptions, reopen } from "./reopen.js";
import type { Checkpoint } from "./run/checkpoint.js";
import type { RunFolder } from "./run/run-folder.js";
import { type Phase, type Settings, settle } from "./settings.js";
import type { TrainOptions } from "./train-options.js";
import { checkNames, type Use, unusedOptions } from "./unused-options.js";

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
  /** All photos that were found, by content. */
  readonly photos: readonly KnownPhoto[];
  /** The whole network, at batch 1. */
  readonly network: Graph;
  readonly parameters: Tensors;
  /** Parameters that the weights did not give, where there are weights. */
  readonly fresh: readonly string[];
  /** Of a resumed run. */
  readonly folder?: RunFolder | undefined;
  readonly checkpoint?: Checkpoint | undefined;
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
  const found = await findDataset(settings.data, dataOptions(settings)).catch((error) => {
    throw folder ? movedHint(error) : error;
  });
  refuseMultiLabel(found, settings.annotations ?? settings.data);
  const { report, photos } = yield* inspect(found, options.signal);
  yield { event: "data", report };
  const { fingerprint } = report;
  if (folder && config?.fingerprint !== fingerprint) {
    throw await otherPhotos(settings.data, folder, config?.classes, { found, photos });
  }
  const dataset = withoutUnreadable(withContent(found, photos), report);
  checkSchedule(settings, dataset);
  const { classes } = dataset;
  const names = (loaded?.parameters ?? checkpoint?.variables ?? new Map()).keys();
  const network = trainingNetwork(settings, { classes: classes.length, batch: 1, given: names });
  for (const asked of settings.phases) {
    divide(network, asked.freeze); // unknown blocks come out here
    checkNormsOf(fitToPhotos(asked, dataset.train.length), network, settings);
  }
  const given = "resume" in options ? { stopAfter: options.stopAfter } : options;
  yield* unusedOptions(given, { use, settings, network, dataset });
  const common = { settings, dataset, fingerprint, photos, network, folder };
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
): AsyncGenerator<PrepareEvent, Inspection> {
  let [done, total] = [0, 0];
  const inspection = inspectPhotos(dataset, {
    onProgress(now, all) {
      [done, total] = [now, all];
    },
    ...(signal && { signal }),
  });
  inspection.catch(() => {}); // the error comes out where the report is awaited
  for (;;) {
    const found = await Promise.race([inspection, sleep(progressMs, undefined, { ref: false })]);
    if (found) return found;
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
