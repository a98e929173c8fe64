/**
 * @file Photos varied at random for training: a part of them, mirrored, in other colors.
 *
 * The part is resized straight to the network's size; colors change after that, where there are
 * fewer pixels. What comes out has the numbers of `preprocess` for the same preset.
 */
import type { Random } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";
import { distortColor } from "./augment-color.js";
import { cropPixels, type Pixels, type Rectangle } from "./pixels.js";
import { preprocess, type Size } from "./preprocess.js";
import type { Preprocessing } from "./presets.js";
import { resample } from "./resample.js";

/** How photos are varied; plain data. */
export interface Augmentation {
  /**
   * Area of the part, as a share of the photo, and its width over its height, both drawn evenly
   * between two bounds; null: the part that an evaluation sees.
   */
  readonly crop: { readonly area: Range; readonly aspect: Range } | null;
  /** Whether every other photo is mirrored. */
  readonly flip: boolean;
  /** slim's distortion of brightness, saturation, hue and contrast, or the first two alone. */
  readonly color: "none" | "slim" | "slim-fast";
}

type Range = readonly [least: number, most: number];

const aspect: Range = [3 / 4, 4 / 3];

/** Photos as an evaluation sees them. */
export const noAugmentation: Augmentation = { crop: null, flip: false, color: "none" };

/** slim's: `inception_preprocessing.preprocess_for_train`. */
export const slimAugmentation: Augmentation = {
  crop: { area: [0.05, 1], aspect },
  flip: true,
  color: "slim",
};

/** Milder, for sets of a few thousand photos. */
export const smallAugmentation: Augmentation = {
  crop: { area: [0.35, 1], aspect },
  flip: true,
  color: "slim-fast",
};

/** The tensor [3,height,width] of a varied photo; all chance is drawn from `random`. */
export function augment(
  pixels: Pixels,
  how: Preprocessing,
  size: Size,
  augmentation: Augmentation,
  random: Random,
): Tensor {
  const { crop, flip, color } = augmentation;
  const part = crop ? cropPixels(pixels, drawPart(pixels, crop, random)) : undefined;
  const isMirrored = flip && random.uniform() < 0.5;
  if (!part && !isMirrored && color === "none") return preprocess(pixels, how, size);
  const resized = part ? resizeTo(part, how, size) : toSize(pixels, how, size);
  const mirrored = isMirrored ? mirror(resized) : resized;
  const colored = color === "none" ? mirrored : distortColor(mirrored, color, random);
  return preprocess(colored, { ...how, resize: "squash", cropFraction: 1 }, size);
}

/** TensorFlow's `sample_distorted_bounding_box` without boxes: tries, then the whole photo. */
function drawPart(
  { width, height }: Pixels,
  { area, aspect: ratios }: NonNullable<Augmentation["crop"]>,
  random: Random,
): Rectangle {
  const between = ([least, most]: Range) => least + (most - least) * random.uniform();
  for (let attempt = 0; attempt < 100; attempt++) {
    const ratio = between(ratios);
    const pixels = between(area) * width * height;
    const wide = Math.round(Math.sqrt(pixels * ratio));
    const high = Math.round(Math.sqrt(pixels / ratio));
    if (wide < 1 || high < 1 || wide > width || high > height) continue;
    const x = random.below(width - wide + 1);
    return { x, y: random.below(height - high + 1), width: wide, height: high };
  }
  return { x: 0, y: 0, width, height };
}

/** TensorFlow's filters work on floats; here, where pixels vary anyway, bilinear stands for them. */
function resizeTo(part: Pixels, { filter }: Preprocessing, size: Size): Pixels {
  const isTensorflow = filter === "tensorflow" || filter === "tensorflow-legacy";
  return resample(part, { ...size, filter: isTensorflow ? "bilinear" : filter });
}

/** The part that an evaluation sees, as bytes. */
function toSize(pixels: Pixels, how: Preprocessing, size: Size): Pixels {
  const { cropFraction, resize } = how;
  if (resize === "squash") {
    const width = Math.round(pixels.width * cropFraction);
    const height = Math.round(pixels.height * cropFraction);
    const x = (pixels.width - width) >> 1;
    const y = (pixels.height - height) >> 1;
    return resizeTo(cropPixels(pixels, { x, y, width, height }), how, size);
  }
  const scale = Math.min(pixels.width / size.width, pixels.height / size.height) * cropFraction;
  const width = Math.min(pixels.width, Math.round(size.width * scale));
  const height = Math.min(pixels.height, Math.round(size.height * scale));
  const x = (pixels.width - width) >> 1;
  const y = (pixels.height - height) >> 1;
  return resizeTo(cropPixels(pixels, { x, y, width, height }), how, size);
}

function mirror({ width, height, data }: Pixels): Pixels {
  const out = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    const start = row * width * 3;
    for (
      let x = 0, from = start + (width - 1) * 3, to = start;
      x < width;
      x++, from -= 3, to += 3
    ) {
      out[to] = data[from] as number;
      out[to + 1] = data[from + 1] as number;
      out[to + 2] = data[from + 2] as number;
    }
  }
  return { width, height, data: out };
}
