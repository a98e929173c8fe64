/**
 * @file Pillow's affine transforms of 8-bit RGB at the same size, bilinear, bit for bit.
 *
 * Sources: Pillow 12.3, `Image.transform` and `Image.rotate` of src/PIL/Image.py, the bilinear
 * filter of src/libImaging/Geometry.c. The numbers are float64 and the result is cut to whole levels,
 * not rounded. What lies outside the picture has the color `fill`.
 */
import type { Color, Pixels } from "./pixels.js";

/** From a place (x, y) of the result to that of the picture: (a x + b y + c, d x + e y + f). */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Gives the picture seen through an affine transform. */
export function transformAffine(pixels: Pixels, affine: Affine, fill: Color): Pixels {
  const { width, height, data } = pixels;
  const [a, b, c, d, e, f] = affine;
  const out = new Uint8Array(data.length);
  for (let row = 0, o = 0; row < height; row++) {
    for (let column = 0; column < width; column++, o += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x < 0 || x >= width || y < 0 || y >= height) {
        out[o] = fill[0];
        out[o + 1] = fill[1];
        out[o + 2] = fill[2];
        continue;
      }
      const left = Math.floor(x - 0.5);
      const top = Math.floor(y - 0.5);
      const along = x - 0.5 - left;
      const down = y - 0.5 - top;
      const from = Math.max(left, 0) * 3;
      const to = Math.min(left + 1, width - 1) * 3;
      const upper = Math.max(top, 0) * width * 3;
      const lower = Math.min(top + 1, height - 1) * width * 3;
      for (let channel = 0; channel < 3; channel++) {
        const above = mix(
          data[upper + from + channel] as number,
          data[upper + to + channel] as number,
          along,
        );
        const below = mix(
          data[lower + from + channel] as number,
          data[lower + to + channel] as number,
          along,
        );
        out[o + channel] = mix(above, below, down);
      }
    }
  }
  return { width, height, data: out };
}

/** Turns a picture counter-clockwise around its centre, by less than 90 degrees either way. */
export function rotate(pixels: Pixels, degrees: number, fill: Color): Pixels {
  if (degrees === 0) return pixels;
  // Pillow takes sine and cosine of the angle from 0 to 360.
  const angle = -((degrees < 0 ? degrees + 360 : degrees) * (Math.PI / 180));
  const cosine = round15(Math.cos(angle));
  const sine = round15(Math.sin(angle));
  const x = pixels.width / 2;
  const y = pixels.height / 2;
  return transformAffine(
    pixels,
    [cosine, sine, cosine * -x + sine * -y + x, -sine, cosine, -sine * -x + cosine * -y + y],
    fill,
  );
}

function mix(a: number, b: number, fraction: number): number {
  return a + (b - a) * fraction;
}

/** Python's `round(value, 15)`. */
function round15(value: number): number {
  return Number(value.toFixed(15));
}
