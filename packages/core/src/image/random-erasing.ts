/**
 * @file Random erasing: a rectangle of a picture is hidden, for training.
 *
 * Sources: Zhong et al., Random Erasing Data Augmentation (arXiv:1708.04896); timm 1.0.29,
 * `timm/data/random_erasing.py`, whose defaults these are. It works on tensors after normalisation,
 * where the standard normal distribution looks like an average picture.
 */
import type { Random } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Range } from "./augment-crop.js";

/** What to erase. */
export interface Erasing {
  /** How often a picture is touched at all, 0 to 1. */
  readonly probability: number;
  /** Smallest and largest part of the area, 0 to 1. */
  readonly area: Range;
  /** Smallest and largest height divided by width, above 0; drawn evenly in the logarithm. */
  readonly aspect: Range;
  /** A normal random number for each value, or one number for all of them. */
  readonly fill: "noise" | number;
}

/** timm's defaults for networks trained with noise (`--reprob 0.25 --remode pixel`). */
export const defaultErasing: Erasing = {
  probability: 0.25,
  area: [0.02, 1 / 3],
  aspect: [0.3, 1 / 0.3],
  fill: "noise",
};

/** How often a rectangle is drawn before the picture stays as it is. */
const tries = 10;

/** Erases at most one rectangle of a picture [channels,height,width] in place. */
export function eraseAtRandom(picture: Tensor, erasing: Erasing, random: Random): void {
  if (random.uniform() >= erasing.probability) return;
  const [channels = 0, height = 0, width = 0] = picture.shape;
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = between(erasing.area, random) * height * width;
    const aspect = Math.exp(between(erasing.aspect.map(Math.log) as [number, number], random));
    const high = Math.round(Math.sqrt(area * aspect));
    const wide = Math.round(Math.sqrt(area / aspect));
    if (high >= height || wide >= width) continue;
    const top = random.below(height - high + 1);
    const left = random.below(width - wide + 1);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = top; y < top + high; y++) {
        const start = (channel * height + y) * width + left;
        const row = picture.data.subarray(start, start + wide);
        if (erasing.fill !== "noise") row.fill(erasing.fill);
        else for (let x = 0; x < wide; x++) row[x] = random.normal();
      }
    }
    return;
  }
}

function between([lower, upper]: Range, random: Random): number {
  return lower + random.uniform() * (upper - lower);
}
