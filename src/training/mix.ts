/**
 * @file Mixup (Zhang et al. 2018, arXiv 1710.09412) and cutmix (Yun et al. 2019, arXiv 1905.04899): a
 * batch with itself in another order, photos and targets alike.
 */
import type { Random } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";

/** Blends each photo [n,3,h,w] and its target [n,classes] with another's, in place. */
export function mixup(images: Tensor, targets: Tensor, alpha: number, random: Random): void {
  const share = drawBeta(alpha, random);
  const partners = drawPartners(images, random);
  for (const tensor of [images, targets]) {
    const old = tensor.data.slice();
    const size = old.length / partners.length;
    partners.forEach((partner, row) => {
      for (let at = row * size, from = partner * size; at < (row + 1) * size; at++, from++) {
        tensor.data[at] = share * (old[at] as number) + (1 - share) * (old[from] as number);
      }
    });
  }
}

/** Puts a part of another photo over each, in place; targets are blended by area. */
export function cutmix(images: Tensor, targets: Tensor, alpha: number, random: Random): void {
  const [, channels = 1, height = 1, width = 1] = images.shape;
  const side = Math.sqrt(1 - drawBeta(alpha, random));
  const [left, right] = drawSpan(width, side, random);
  const [top, bottom] = drawSpan(height, side, random);
  const share = 1 - ((right - left) * (bottom - top)) / (width * height);
  const partners = drawPartners(images, random);
  const old = images.data.slice();
  partners.forEach((partner, row) => {
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < bottom; y++) {
        const to = ((row * channels + c) * height + y) * width;
        const from = ((partner * channels + c) * height + y) * width;
        images.data.set(old.subarray(from + left, from + right), to + left);
      }
    }
  });
  const before = targets.data.slice();
  const classes = before.length / partners.length;
  partners.forEach((partner, row) => {
    for (let at = 0; at < classes; at++) {
      const own = before[row * classes + at] as number;
      const other = before[partner * classes + at] as number;
      targets.data[row * classes + at] = share * own + (1 - share) * other;
    }
  });
}

/** A stretch of an axis around a random centre, cut off at the edges. */
function drawSpan(length: number, share: number, random: Random): [number, number] {
  const centre = random.below(length);
  const half = Math.floor((length * share) / 2);
  return [Math.max(0, centre - half), Math.min(length, centre + half)];
}

function drawPartners({ shape: [rows = 0] }: Tensor, random: Random): number[] {
  const order = Array.from({ length: rows }, (_, at) => at);
  random.shuffle(order);
  return order;
}

/** A number of the distribution Beta(alpha, alpha). */
function drawBeta(alpha: number, random: Random): number {
  const [a, b] = [drawGamma(alpha, random), drawGamma(alpha, random)];
  return a + b > 0 ? a / (a + b) : 1;
}

/** A number of the gamma distribution of scale 1 (Marsaglia and Tsang 2000). */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
