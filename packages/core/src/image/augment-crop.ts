/**
 * @file A part of a picture drawn at random, for training: slim's `distorted_bounding_box_crop`.
 *
 * Source: tensorflow/core/kernels/image/sample_distorted_bounding_box_op.cc. It draws the aspect
 * ratio evenly, then the height evenly between those of the smallest and the largest area that fit
 * (torchvision and timm draw the area evenly instead, which gives more large crops), then the place.
 * TensorFlow never draws the last possible row or column of places; here it can come, so that no
 * edge of a picture is seen less than the other.
 */
import type { Random } from "../tensor/random.js";
import type { Rectangle } from "./pixels.js";

/** What crops to draw. */
export interface RandomCrop {
  /** Smallest and largest part of the picture's area, above 0, at most 1. */
  readonly area: Range;
  /** Smallest and largest width divided by height, above 0. */
  readonly aspect: Range;
  /**
   * Crops of less than this part of the area are drawn again: slim's `min_object_covered` where the
   * object is the whole picture. At most 1; 0 keeps all.
   */
  readonly covered: number;
  /** How often to draw before taking the whole picture. */
  readonly tries: number;
}

/** The lower and the upper end. */
export type Range = readonly [lower: number, upper: number];

/** slim's defaults. */
export const slimCrop: RandomCrop = {
  area: [0.05, 1],
  aspect: [0.75, 1.33],
  covered: 0.1,
  tries: 100,
};

/** Draws a part of a picture; the whole when no try fits. */
export function drawCrop(
  picture: { readonly width: number; readonly height: number },
  crop: RandomCrop,
  random: Random,
): Rectangle {
  const whole = picture.width * picture.height;
  for (let attempt = 0; attempt < crop.tries; attempt++) {
    const [narrow, wide] = crop.aspect;
    const size = drawSize(picture, crop.area, narrow + random.uniform() * (wide - narrow), random);
    if (!size || size.width * size.height < crop.covered * whole) continue;
    const y = random.below(picture.height - size.height + 1);
    const x = random.below(picture.width - size.width + 1);
    return { x, y, ...size };
  }
  return { x: 0, y: 0, width: picture.width, height: picture.height };
}

/** A size of the wanted shape and area, or nothing when the picture has no room for it. */
function drawSize(
  picture: { readonly width: number; readonly height: number },
  area: Range,
  aspect: number,
  random: Random,
): { width: number; height: number } | undefined {
  const [smallest, largest] = area.map((part) => part * picture.width * picture.height) as [
    number,
    number,
  ];
  const widthOf = (height: number) => Math.round(height * aspect);
  let highest = Math.round(Math.sqrt(largest / aspect));
  if (widthOf(highest) > picture.width) highest = Math.floor((picture.width + 0.5) / aspect);
  if (widthOf(highest) > picture.width) highest--;
  highest = Math.min(highest, picture.height);
  const lowest = Math.min(Math.round(Math.sqrt(smallest / aspect)), highest);
  let height = lowest + random.below(highest - lowest + 1);
  // Rounding may have left the range of areas by a row.
  if (height * widthOf(height) < smallest) height++;
  if (height * widthOf(height) > largest) height--;
  const width = widthOf(height);
  const isRight =
    width > 0 &&
    height > 0 &&
    width <= picture.width &&
    height <= picture.height &&
    width * height >= smallest &&
    width * height <= largest;
  return isRight ? { width, height } : undefined;
}
