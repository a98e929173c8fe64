/**
 * @file A run as it was left: its settings and checkpoint, and whether its photos are still the same.
 */
import { dirname, isAbsolute, join, relative } from "node:path";
import { titleOf } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { InputError, ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import type { Dataset } from "../data/dataset.js";
import type { KnownPhoto } from "../data/inspect.js";
import { type Checkpoint, readCheckpoint } from "./run/checkpoint.js";
import type { RunConfig } from "./run/config-schema.js";
import { photoChanges, readPhotoList } from "./run/photo-list.js";
import {
  checkRunWritable,
  exists,
  type RunFolder,
  readRunConfig,
  runFolder,
} from "./run/run-folder.js";
import type { Settings } from "./settings.js";

/** How to go on with a run. */
export interface ResumeOptions {
  /** The run folder. */
  readonly resume: string;
  /**
   * Folder where the photos are now; they must be the same.
   * @defaultValue the folder that the run was started with
   */
  readonly data?: string | undefined;
  /**
   * Table of photos where it is now; the photos and their classes must be the same.
   * @defaultValue the table that the run was started with, moved along with `data`
   */
  readonly annotations?: string | undefined;
  /**
   * Epochs to add to the last phase.
   * @defaultValue 0
   */
  readonly extendEpochs?: number | undefined;
}

/** A run as it was left, or what is asked of a new one. */
export interface Asked {
  readonly settings: Settings;
  readonly loaded?: LoadedWeights;
  readonly folder?: RunFolder;
  readonly config?: RunConfig;
  readonly checkpoint?: Checkpoint;
}

/** The settings, checkpoint and places of a run as it was left. Throws `UsageError` or `ModelError`. */
export async function reopen(options: ResumeOptions): Promise<Asked> {
  const { resume, extendEpochs = 0 } = options;
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
  const settings = { ...config.settings, ...placesNow(config.settings, options), phases: extended };
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

/** What differs from the photos that a run was started with, as an error. */
export async function otherPhotos(
  place: string,
  folder: RunFolder,
  classes: readonly string[] | undefined,
  { found, photos }: { readonly found: Dataset; readonly photos: readonly KnownPhoto[] },
): Promise<InputError> {
  const isSame = classes?.join("\n") === found.classes.join("\n");
  const others = isSame ? "other photos" : `other classes (${found.classes.length} of them)`;
  const before = await readPhotoList(folder.photos);
  const changes = before && photoChanges(before, photos);
  return new InputError(
    "DATA_CHANGED",
    `Cannot resume with "${place}": expected the photos that the run was started with, got ${others}${changes ? `: ${changes}` : ""}`,
  );
}

/** An error about the folder of a resumed run, with what helps where it was moved. */
export function movedHint(error: unknown): unknown {
  if (!(error instanceof InputError) || error.code !== "FOLDER_MISSING") return error;
  const message = `${error.message}; where the photos were moved, "data" beside "resume" names their folder`;
  return new InputError(error.code, message, { cause: error });
}

/** Where the photos and their table are now: a table in the folder of the photos moves with it. */
function placesNow(
  { data: oldData, annotations: oldTable }: Settings,
  { data, annotations }: ResumeOptions,
): Pick<Settings, "data" | "annotations"> {
  if (annotations !== undefined) {
    const isBeside = oldTable !== null && dirname(oldTable) === oldData;
    return { data: data ?? (isBeside ? dirname(annotations) : oldData), annotations };
  }
  if (data === undefined || oldTable === null)
    return { data: data ?? oldData, annotations: oldTable };
  const inside = relative(oldData, oldTable);
  const moves = !inside.startsWith("..") && !isAbsolute(inside);
  return { data, annotations: moves ? join(data, inside) : oldTable };
}
