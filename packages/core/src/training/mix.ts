/**
 * @file Mixing the pictures of a batch with each other, and their targets alike.
 *
 * Sources: Zhang et al., mixup (arXiv:1710.09412); Yun et al., CutMix (arXiv:1905.04899); the
 * rectangle is that of timm 1.0.29, `timm/data/mixup.py`. Each picture gets a partner by a permutation
 * of the batch, and one share, drawn from the distribution Beta(alpha, alpha), holds for all of them.
 */
import { InputError, UsageError } from "../errors.js";
import type { Random } from "../tensor/random.js";
import { formatShape, type Tensor } from "../tensor/tensor.js";

/**
 * Makes each picture of a batch [n,channels,height,width] the weighted mean of itself and its
 * partner, and so the targets [n,classes]; both in place. `alpha` is above 0: 0.2 mixes few pictures
 * much, 1 mixes all alike. Gives the share that each picture keeps of itself. Throws `UsageError` for
 * an alpha or shapes that do not fit.
 */
export function mixup(batch: Tensor, targets: Tensor, alpha: number, random: Random): number {
  checkMix(batch, targets, alpha);
  const kept = drawBeta(alpha, random);
  const partners = drawPartners(batch, random);
  blend(batch, partners, kept);
  blend(targets, partners, kept);
  return kept;
}

/**
 * Puts into each picture of a batch [n,channels,height,width] a rectangle of its partner, the same
 * place for all, and mixes the targets [n,classes] by its area; both in place. `alpha` is above 0, 1
 * in the paper: areas of all sizes alike. Gives the share that each picture keeps of itself. Throws
 * `UsageError` for an alpha or shapes that do not fit.
 */
export function cutmix(batch: Tensor, targets: Tensor, alpha: number, random: Random): number {
  checkMix(batch, targets, alpha);
  const [, , height = 0, width = 0] = batch.shape;
  const side = Math.sqrt(1 - drawBeta(alpha, random));
  const [top, bottom] = drawSpan(height, side, random);
  const [left, right] = drawSpan(width, side, random);
  const partners = drawPartners(batch, random);
  const before = batch.data.slice();
  const size = batch.data.length / partners.length;
  partners.forEach((partner, at) => {
    for (let plane = 0; plane < size; plane += height * width) {
      for (let y = top; y < bottom; y++) {
        const row = plane + y * width;
        const from = partner * size + row;
        batch.data.set(before.subarray(from + left, from + right), at * size + row + left);
      }
    }
  });
  const kept = 1 - ((bottom - top) * (right - left)) / (height * width);
  blend(targets, partners, kept);
  return kept;
}

/** A number from 0 to 1 of the distribution Beta(alpha, alpha); alpha above 0. */
export function drawBeta(alpha: number, random: Random): number {
  // Of logarithms, since for a small alpha both gammas may be too small for a number.
  const difference = drawLogGamma(alpha, random) - drawLogGamma(alpha, random);
  return 1 / (1 + Math.exp(-difference));
}

/**
 * The logarithm of a number of the gamma distribution, scale 1. Source: Marsaglia and Tsang, A simple
 * method for generating gamma variables (2000), with their boost for shapes below 1.
 */
function drawLogGamma(shape: number, random: Random): number {
  if (shape < 1) {
    return drawLogGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const log = Math.log(1 - random.uniform());
    if (log < 0.5 * x * x + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}

/** Where a side of the rectangle starts and ends: its middle is anywhere, its ends are cut off. */
function drawSpan(length: number, part: number, random: Random): readonly [number, number] {
  const span = Math.trunc(length * part);
  const middle = random.below(length);
  const start = middle - Math.floor(span / 2);
  return [Math.max(0, start), Math.min(length, start + span)];
}

function drawPartners(batch: Tensor, random: Random): readonly number[] {
  const partners = Array.from({ length: batch.shape[0] ?? 0 }, (_, at) => at);
  random.shuffle(partners);
  return partners;
}

function blend({ data }: Tensor, partners: readonly number[], kept: number): void {
  const before = data.slice();
  const size = data.length / partners.length;
  partners.forEach((partner, at) => {
    if (partner === at) return;
    for (let i = at * size, j = partner * size; i < (at + 1) * size; i++, j++) {
      data[i] = (before[i] as number) * kept + (before[j] as number) * (1 - kept);
    }
  });
}

function checkMix(batch: Tensor, targets: Tensor, alpha: number): void {
  if (!(alpha > 0 && alpha < Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      "OPTION_RANGE",
      `Cannot mix pictures: expected alpha above 0, got ${alpha}`,
    );
  }
  const [pictures = 0] = batch.shape;
  const fits = batch.shape.length === 4 && targets.shape.length === 2;
  if (!fits || pictures === 0 || targets.shape[0] !== pictures) {
    throw new InputError(
      "TENSOR_SHAPE",
      `Cannot mix pictures: expected a batch of pictures and as many rows of targets, got ${formatShape(batch.shape)} and ${formatShape(targets.shape)}`,
    );
  }
}
