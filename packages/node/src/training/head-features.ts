/**
 * @file The features that a frozen body computes of each photo, computed once and cached on disk.
 *
 * The file is named after everything that its content depends on: the body's weights, the
 * preprocessing, the input size, and the photos by their content, wherever they are.
 */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { freeing } from "@inception-resnet-v2/core/internal/abort.js";
import {
  isAuxiliary,
  isClassifier,
} from "@inception-resnet-v2/core/internal/architecture/heads.js";
import type { Executor } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { selectOutputs } from "@inception-resnet-v2/core/internal/graph/passes/select-outputs.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  item,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  readSafetensors,
  safetensorsParts,
} from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import type { Sample } from "../data/dataset.js";
import { writeParts } from "../files/write-file.js";
import { cacheFolder } from "../image/decode-cache.js";
import { readWeightBytes } from "../weights/read-file.js";
import { type LoadSample, validationBatches } from "./batches.js";
import type { PrepareEvent, WarningEvent } from "./events.js";

/** What features are made from. */
export interface FeatureOptions {
  readonly executor: Executor;
  /** The network, with its output `features` [batch,n]. */
  readonly network: Graph;
  readonly parameters: Tensors;
  readonly preprocessing: Preprocessing;
  readonly samples: readonly Sample[];
  /** Loads a photo without augmentation. */
  readonly load: LoadSample;
  readonly signal?: AbortSignal | undefined;
  /** Whether to keep them on disk. */
  readonly keep: boolean;
}

/**
 * Computes the features [samples,n] or reads them; says how many are done, and when they cannot be
 * kept.
 */
export async function* headFeatures(
  options: FeatureOptions,
): AsyncGenerator<PrepareEvent | WarningEvent, Tensor> {
  const { network, samples } = options;
  const size = network.outputs.get("features")?.shape[1] ?? 0;
  const path = join(cacheFolder("features"), `${keyOf(options)}.safetensors`);
  const kept = await readFeatures(path, [samples.length, size]);
  if (kept) return kept;
  const features = tensor([samples.length, size]);
  let done = 0;
  for await (const rows of computeFeatures(options)) {
    features.data.set(rows.data, done * size);
    done += rows.shape[0] ?? 0;
    yield { event: "prepare", what: "features", done, total: samples.length };
  }
  if (!options.keep) return features;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeParts(path, safetensorsParts(new Map([["features", features]])));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    yield {
      event: "warning",
      message: `The features will be computed again next time, since they could not be saved (${reason}).`,
    };
  }
  return features;
}

/** Gives the row of each sample instead of its photo. */
export function loadRows(samples: readonly Sample[], features: Tensor): LoadSample {
  const rows = new Map(samples.map((sample, row) => [sample, row]));
  return async (sample) => item(features, rows.get(sample) ?? -1);
}

async function* computeFeatures({
  executor,
  network,
  parameters,
  samples,
  load,
  signal,
}: FeatureOptions): AsyncGenerator<Tensor> {
  const features = network.outputs.get("features");
  if (!features) return;
  const body = selectOutputs(network, new Map([["features", features]]));
  const program = await executor.compile(body, parameters, { signal });
  await using _ = freeing(signal, () => program.dispose());
  const [input] = body.inputs;
  for await (const images of validationBatches(samples, input?.shape[0] ?? 1, load)) {
    const inputs = new Map([[input?.name ?? "", images]]);
    const rows = (await program.run(inputs, { transfer: true, signal })).get("features");
    if (rows) yield rows;
  }
}

async function readFeatures(path: string, shape: readonly number[]): Promise<Tensor | undefined> {
  try {
    const file = readSafetensors(await readWeightBytes(path), path);
    const data = file.floats("features");
    return data.every(Number.isFinite) ? tensor(shape, data) : undefined;
  } catch {
    return undefined; // not there, or damaged: it is made anew
  }
}

function keyOf({ network, parameters, preprocessing, samples }: FeatureOptions): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([preprocessing, network.inputs[0]?.shape.slice(1)]));
  for (const { name } of network.parameters) {
    if (isAuxiliary(name) || isClassifier(name)) continue;
    const data = parameters.get(name)?.data ?? new Float32Array();
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  for (const { sha256 } of samples) hash.update(`${sha256}\n`);
  return hash.digest("hex").slice(0, 32);
}
