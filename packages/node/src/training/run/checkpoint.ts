/**
 * @file Everything that a stopped training needs to resume, in one safetensors file: the network's
 * parameters, the optimiser's variables, the averages, and where the run stands as JSON metadata.
 *
 * One file that is written beside and renamed, so that its parts always belong together.
 */
import { defaultArchitecture } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { ModelError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { isFull } from "../../files/write-file.js";
import { JsonProblem, readJson } from "../../json/read.js";
import { readWeightBytes } from "../../weights/read-file.js";
import { writeSafetensors } from "../../weights/write-safetensors.js";
import type { Progress } from "./progress-schema.js";

/** A checkpoint in memory. */
export interface Checkpoint {
  /** Which network it is of; older checkpoints do not say it, and are of the first. */
  readonly arch: string;
  readonly progress: Progress;
  /** Parameters and the optimiser's variables by name. */
  readonly variables: Tensors;
}

const formatName = "inception-resnet-v2-checkpoint";
const formatVersion = "1";

/** Writes a checkpoint. Throws `ResourceError` when the disk is full. */
export async function writeCheckpoint(
  path: string,
  { arch, progress, variables }: Checkpoint,
): Promise<void> {
  const metadata = {
    format: formatName,
    version: formatVersion,
    arch,
    progress: JSON.stringify(progress),
  };
  await saving(path, () => writeSafetensors(path, variables, { metadata }));
}

/** Reads a checkpoint. Throws `ModelError` when it is missing, damaged or of another version. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const file = readSafetensors(await readWeightBytes(path), path);
  const { metadata } = file;
  if (metadata.get("format") !== formatName || metadata.get("version") !== formatVersion) {
    const [format = "another file", version = "none"] = ["format", "version"].map((key) =>
      metadata.get(key),
    );
    throw new ModelError(
      "CHECKPOINT_VERSION",
      `Cannot resume from "${path}": expected a checkpoint of version ${formatVersion}, got ${format === formatName ? `version ${version}` : format}`,
    );
  }
  const variables = new Map(
    [...file.entries].map(([name, { shape }]): [string, Tensor] => [
      name,
      tensor(shape, file.floats(name)),
    ]),
  );
  const arch = metadata.get("arch") ?? defaultArchitecture;
  return { arch, progress: await readProgress(metadata.get("progress"), path), variables };
}

async function readProgress(text: string | undefined, path: string): Promise<Progress> {
  const { progressSchema } = await import("./progress-schema.js");
  try {
    return readJson(progressSchema, text ?? "", "progress");
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new ModelError("CHECKPOINT_DAMAGED", `Cannot resume from "${path}": ${error.message}`);
  }
}

/** Runs a write; an error of a full disk says that what was there before still is. */
export async function saving(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const cause = error instanceof ResourceError ? error.cause : error;
    if (!isFull(cause)) throw error;
    const { code } = cause as NodeJS.ErrnoException;
    throw new ResourceError(
      "DISK_FULL",
      `Cannot save "${path}": expected space on the disk, got ${code}; the previous checkpoint is kept`,
      { cause },
    );
  }
}
