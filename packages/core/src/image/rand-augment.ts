/**
 * @file RandAugment: a few operations drawn from a list, all of one magnitude.
 *
 * Sources: Cubuk et al., RandAugment (arXiv:1909.13719); timm 1.0.29, `timm/data/auto_augment.py`,
 * policy `rand` with `inc1`: with the magnitude every operation gets stronger, and each one drawn is
 * done half of the time. Where timm draws bilinear or bicubic for rotating, shearing and moving, here
 * it is always bilinear. The operations themselves are Pillow's to the bit.
 */
import type { Random } from "../tensor/random.js";
import { rotate, transformAffine } from "./pillow-affine.js";
import * as pillow from "./pillow-color.js";
import type { Color, Pixels } from "./pixels.js";

/** How much to change pictures. */
export interface RandAugment {
  /** How many operations are drawn for a picture; the same one may come again. */
  readonly operations: number;
  /** From 0 to 10; timm's usual one is 9. */
  readonly magnitude: number;
}

/** What an operation gets. */
interface Setting {
  /** The magnitude as a part of the largest, 0 to 1. */
  readonly level: number;
  /** Which way it goes, drawn for each operation. */
  readonly sign: 1 | -1;
  /** The color of what comes in from outside the picture. */
  readonly fill: Color;
}

const operations = {
  AutoContrast: (pixels) => pillow.autoContrast(pixels),
  Equalize: (pixels) => pillow.equalize(pixels),
  Invert: (pixels) => pillow.invert(pixels),
  Rotate: (pixels, { level, sign, fill }) => rotate(pixels, sign * 30 * level, fill),
  Posterize: (pixels, { level }) => pillow.posterize(pixels, 4 - Math.trunc(level * 4)),
  Solarize: (pixels, { level }) => pillow.solarize(pixels, 256 - Math.trunc(level * 256)),
  SolarizeAdd: (pixels, { level }) => pillow.solarizeAdd(pixels, Math.trunc(level * 110)),
  Color: (pixels, setting) => pillow.enhanceColor(pixels, factorOf(setting)),
  Contrast: (pixels, setting) => pillow.enhanceContrast(pixels, factorOf(setting)),
  Brightness: (pixels, setting) => pillow.enhanceBrightness(pixels, factorOf(setting)),
  Sharpness: (pixels, setting) => pillow.enhanceSharpness(pixels, factorOf(setting)),
  ShearX: (pixels, { level, sign, fill }) =>
    transformAffine(pixels, [1, sign * 0.3 * level, 0, 0, 1, 0], fill),
  ShearY: (pixels, { level, sign, fill }) =>
    transformAffine(pixels, [1, 0, 0, sign * 0.3 * level, 1, 0], fill),
  TranslateX: (pixels, { level, sign, fill }) =>
    transformAffine(pixels, [1, 0, sign * 0.45 * level * pixels.width, 0, 1, 0], fill),
  TranslateY: (pixels, { level, sign, fill }) =>
    transformAffine(pixels, [1, 0, 0, 0, 1, sign * 0.45 * level * pixels.height], fill),
} satisfies Record<string, (pixels: Pixels, setting: Setting) => Pixels>;

/** The operations by the names of the paper. */
export type RandOperation = keyof typeof operations;

/** All names of operations. */
export const randOperations = Object.keys(operations) as readonly RandOperation[];

/** Does one operation, at a level from 0 to 1. */
export function applyOperation(name: RandOperation, pixels: Pixels, setting: Setting): Pixels {
  return operations[name](pixels, setting);
}

/** Draws operations and does them; `fill` is the color of what comes in from outside. */
export function applyRandAugment(
  pixels: Pixels,
  { operations: count, magnitude }: RandAugment,
  fill: Color,
  random: Random,
): Pixels {
  const level = Math.min(1, Math.max(0, magnitude / 10));
  let out = pixels;
  for (let i = 0; i < count; i++) {
    const name = randOperations[random.below(randOperations.length)] as RandOperation;
    const isDone = random.uniform() < 0.5;
    const sign = random.uniform() < 0.5 ? 1 : -1;
    if (isDone) out = applyOperation(name, out, { level, sign, fill });
  }
  return out;
}

/** Factor 1 changes nothing; timm keeps it from 0.1 on. */
function factorOf({ level, sign }: Setting): number {
  return Math.max(0.1, 1 + sign * (level * 0.9));
}
