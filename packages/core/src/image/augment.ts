/**
 * @file From pixels to a tensor as `preprocess` does it, changed at random: for training.
 *
 * The order is slim's and timm's: crop, resize, flip, then RandAugment on bytes, then colors, then
 * the numbers of the preset, then erasing. The crop goes straight to the input size with the preset's
 * own filter, so that training sees pixels made as those of evaluation are: Pillow's filters shrink
 * without aliasing; TensorFlow's bilinear aliases, as it did when slim trained. Everything after the
 * resize works at the input size, whatever the size of the photo.
 */
import type { Random } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";
import { colorDistortions, distortColor } from "./augment-color.js";
import { drawCrop, type RandomCrop, slimCrop } from "./augment-crop.js";
import { type Color, cropPixels, type Pixels } from "./pixels.js";
import { preprocess, type Size } from "./preprocess.js";
import type { Preprocessing } from "./presets.js";
import { applyRandAugment, type RandAugment } from "./rand-augment.js";
import { type Erasing, eraseAtRandom } from "./random-erasing.js";

/** What is done to a picture at random; plain data that travels as JSON. */
export interface Augmentation {
  /** Which part to take; `none` takes what the preset takes. */
  readonly crop: "none" | RandomCrop;
  /** Whether half of the pictures are mirrored, left to right. */
  readonly flip: boolean;
  /** How colors change. */
  readonly color: "none" | keyof typeof colorDistortions;
  /** RandAugment's operations and magnitude; none where left out. */
  readonly randAugment?: RandAugment;
  /** Random erasing; none where left out. */
  readonly erasing?: Erasing;
}

/** What slim trained with (`preprocess_for_train`, all four changes of color). */
export const slimAugmentation: Augmentation = { crop: slimCrop, flip: true, color: "slim" };

/** For small sets and short trainings: larger crops, colors nearly as they are. */
export const smallAugmentation: Augmentation = {
  crop: { ...slimCrop, area: [0.35, 1] },
  flip: true,
  color: "slight",
};

/** Nothing: `augment` gives what `preprocess` gives. */
export const noAugmentation: Augmentation = { crop: "none", flip: false, color: "none" };

/**
 * The tensor [3,height,width] of a picture, RGB, float32, with the random changes of `augmentation`. One
 * state of `random` gives one result.
 */
export function augment(
  image: Pixels,
  size: Size,
  preprocessing: Preprocessing,
  augmentation: Augmentation,
  random: Random,
): Tensor {
  const { crop, flip, color, randAugment, erasing } = augmentation;
  const isChanged = color !== "none" || randAugment !== undefined;
  const part = crop === "none" ? image : cropPixels(image, drawCrop(image, crop, random));
  const out = preprocess(
    part,
    {
      ...preprocessing,
      ...(crop === "none" ? {} : wholeToSize),
      ...(isChanged ? blackToWhite : {}),
    },
    size,
  );
  if (flip && random.uniform() < 0.5) mirror(out);
  if (randAugment) changeBytes(out, randAugment, preprocessing, random);
  if (color !== "none") distortColor(out.data, colorDistortions[color], random);
  if (isChanged) normalize(out, preprocessing);
  if (erasing) eraseAtRandom(out, erasing, random);
  return out;
}

/** Stretches all there is to the input size. */
const wholeToSize = { resize: "squash", cropFraction: 1 } as const;

/** Leaves numbers from 0 for black to 1 for white. */
const blackToWhite = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

function mirror({ data, shape }: Tensor): void {
  const width = shape[2] ?? 0;
  for (let start = 0; start < data.length; start += width) {
    data.subarray(start, start + width).reverse();
  }
}

/** RandAugment needs bytes; levels between them, which TensorFlow's filters make, are rounded. */
function changeBytes(
  { data, shape }: Tensor,
  randAugment: RandAugment,
  { mean }: Preprocessing,
  random: Random,
): void {
  const [, height = 0, width = 0] = shape;
  const plane = width * height;
  const bytes = new Uint8Array(data.length);
  for (let i = 0, o = 0; i < plane; i++, o += 3) {
    for (let c = 0; c < 3; c++) bytes[o + c] = Math.round((data[c * plane + i] as number) * 255);
  }
  const fill = mean.map((level) => Math.min(255, Math.round(level * 255)));
  const pixels = { width, height, data: bytes };
  const changed = applyRandAugment(pixels, randAugment, fill as unknown as Color, random).data;
  for (let i = 0, o = 0; i < plane; i++, o += 3) {
    for (let c = 0; c < 3; c++) data[c * plane + i] = (changed[o + c] as number) / 255;
  }
}

function normalize({ data }: Tensor, { mean, std }: Preprocessing): void {
  const { fround } = Math;
  const plane = data.length / 3;
  for (const c of [0, 1, 2] as const) {
    const shift = fround(mean[c]);
    const scale = fround(std[c]);
    for (let i = c * plane; i < (c + 1) * plane; i++) {
      data[i] = fround((data[i] as number) - shift) / scale;
    }
  }
}
