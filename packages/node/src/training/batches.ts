/**
 * @file Samples to the batches of a step, loaded ahead while the step before them computes.
 */

import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { stack, type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { cutmix, mixup } from "@inception-resnet-v2/core/internal/training/mix.js";
import {
  makeTargets,
  type TargetOptions,
} from "@inception-resnet-v2/core/internal/training/targets.js";
import type { Part } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Dataset, Sample } from "../data/dataset.js";
import { classWeights, epochOrder } from "../data/sampler.js";
import type { WarningEvent } from "./events.js";
import type { Phase, Settings } from "./settings.js";

/** What goes into the network for a sample: a photo's tensor, or kept features. */
export type LoadSample = (sample: Sample, stream: string) => Promise<Tensor>;

/** How an epoch is cut into steps. */
export interface BatchOptions extends TargetOptions {
  readonly load: LoadSample;
  readonly samples: readonly Sample[];
  /** Order of the samples in this epoch. */
  readonly order: Int32Array;
  readonly epoch: number;
  /** Steps of this epoch that are done already. */
  readonly from: number;
  readonly batch: number;
  readonly parts: number;
  readonly mixup: number;
  readonly cutmix: number;
  readonly seed: number;
}

/** What the batches of a phase follow from, beside the number of the epoch. */
export interface BatchSource {
  readonly settings: Pick<
    Settings,
    "seed" | "balanced" | "classWeights" | "labelSmoothing" | "mixup" | "cutmix"
  >;
  readonly phase: Pick<Phase, "batch" | "parts">;
  readonly dataset: Pick<Dataset, "train" | "classes">;
  readonly load: LoadSample;
}

/** Batches that are loaded or being loaded beside the one that is computed. */
const ahead = 2;

/** Steps of an epoch: a last batch that is not full is left out. */
export function stepsOf(samples: number, batch: number): number {
  return Math.floor(samples / batch);
}

/** A phase whose steps take no more photos than there are, and no more at once than before. */
export function fitToPhotos(phase: Phase, photos: number): Phase {
  if (stepsOf(photos, phase.batch) > 0) return phase;
  const atOnce = Math.min(photos, phase.batch / phase.parts);
  const parts = Math.floor(photos / atOnce);
  return { ...phase, batch: parts * atOnce, parts };
}

/** What to say where `fitToPhotos` changed a phase. */
export function* fitWarning(asked: Phase, phase: Phase, photos: number): Generator<WarningEvent> {
  if (phase.batch === asked.batch) return;
  const message = `There are ${photos} photos to train on, so a step takes ${phase.batch} of them, not ${asked.batch}.`;
  yield { event: "warning", message };
}

/**
 * The batches of an epoch of a phase from a step on, as training, the search for a learning rate and
 * the plan of a training see them. Throws as `epochBatches` does.
 */
export function trainingBatches(
  { settings, phase, dataset, load }: BatchSource,
  epoch: number,
  from = 0,
): AsyncGenerator<readonly Part[]> {
  const { seed, balanced, labelSmoothing, mixup, cutmix } = settings;
  const { train: samples, classes } = dataset;
  return epochBatches({
    seed,
    labelSmoothing,
    mixup,
    cutmix,
    batch: phase.batch,
    parts: phase.parts,
    load,
    samples,
    order: epochOrder(samples, { seed, epoch, balanced }),
    epoch,
    from,
    classes: classes.length,
    ...(settings.classWeights && { classWeights: classWeights(samples, classes.length) }),
  });
}

/**
 * The parts of each step of an epoch, in order. What is in a batch depends on the seed, the epoch
 * and the step alone. Throws `InputError` when a photo cannot be read.
 */
export async function* epochBatches(options: BatchOptions): AsyncGenerator<readonly Part[]> {
  const { samples, order, epoch, from, batch, load } = options;
  const steps = stepsOf(order.length, batch);
  const start = (step: number) => {
    const rows = [...order.subarray(step * batch, (step + 1) * batch)];
    const chosen = rows.map((row) => samples[row] as Sample);
    const tensors = Promise.all(
      chosen.map((sample, at) => load(sample, `augment/${epoch}/${step * batch + at}`)),
    );
    tensors.catch(() => {}); // the error comes out where the batch is awaited
    return { step, chosen, tensors };
  };
  const queue = Array.from({ length: Math.min(ahead, steps - from) }, (_, at) => start(from + at));
  for (let step = from; step < steps; step++) {
    if (step + ahead < steps) queue.push(start(step + ahead));
    const next = queue.shift();
    if (!next) return;
    yield joinParts(next.chosen, await next.tensors, options, `mix/${epoch}/${step}`);
  }
}

/** The batch is mixed whole and then cut, so that its parts are those of any other number of them. */
function joinParts(
  samples: readonly Sample[],
  tensors: readonly Tensor[],
  options: BatchOptions,
  stream: string,
): readonly Part[] {
  const { parts } = options;
  const input = stack(tensors);
  const targets = makeTargets(
    samples.map(({ label }) => label),
    options,
  );
  if (input.shape.length === 4) mix(input, targets, options, stream); // features are not mixed
  if (parts === 1) return [{ input, targets }];
  const [inputs, rows] = [cut(input, parts), cut(targets, parts)];
  return inputs.map((one, at) => ({ input: one, targets: rows[at] as Tensor }));
}

function mix(
  input: Tensor,
  targets: Tensor,
  { seed, mixup: blend, cutmix: cut }: BatchOptions,
  stream: string,
): void {
  const random = createRandom(seed, stream);
  const isCut = cut > 0 && (blend === 0 || random.uniform() < 0.5);
  if (isCut) cutmix(input, targets, cut, random);
  else if (blend > 0) mixup(input, targets, blend, random);
}

/** Equal parts along the first axis, each in a buffer of its own: it is sent to the engine. */
function cut({ shape: [rows = 0, ...rest], data }: Tensor, parts: number): Tensor[] {
  const length = data.length / parts;
  return Array.from({ length: parts }, (_, at) =>
    tensor([rows / parts, ...rest], data.slice(at * length, (at + 1) * length)),
  );
}

/** Batches in the order of the samples, the last one as long as what is left. */
export async function* validationBatches(
  samples: readonly Sample[],
  batch: number,
  load: LoadSample,
): AsyncGenerator<Tensor> {
  const start = (from: number) => {
    const tensors = Promise.all(samples.slice(from, from + batch).map((one) => load(one, "")));
    tensors.catch(() => {});
    return tensors;
  };
  let next = start(0);
  for (let from = 0; from < samples.length; from += batch) {
    const now = next;
    if (from + batch < samples.length) next = start(from + batch);
    yield stack(await now);
  }
}
