/**
 * @file Pillow's `Image.resize` for 8-bit RGB, bit for bit.
 *
 * Source: Pillow, `src/libImaging/Resample.c`. Each output pixel is a weighted sum of the input
 * pixels under a filter whose support grows with the ratio when shrinking (antialiasing). Weights
 * are made in float64, normalised to sum 1, and rounded to fixed point with 22 fractional bits.
 * Columns are resized first, into 8-bit pixels, then rows; an axis that keeps its size is skipped.
 * Pillow 12.3 does the rows first of a picture over 100 times as high as wide that gets lower
 * (`Image.resize` in `src/PIL/Image.py`).
 *
 * Only what a crop of the output needs is computed; the crop's bytes do not depend on that.
 */
import { cropPixels, type Pixels, type Rectangle } from "./pixels.js";

/** How far a filter reaches, and its height at a distance from its centre, both at scale 1. */
interface FilterShape {
  readonly support: number;
  readonly at: (x: number) => number;
}

const filters = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: bicubic },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} satisfies Record<string, FilterShape>;

/** Pillow's names of the filters. */
export type Filter = keyof typeof filters;

/** What to resize to. */
export interface ResampleOptions {
  /** Size of the whole output in pixels. */
  readonly width: number;
  readonly height: number;
  readonly filter: Filter;
  /** The part of the output to compute; all of it by default. */
  readonly crop?: Rectangle;
}

/** Resizes a picture, and gives the crop of the result. */
export function resample(pixels: Pixels, options: ResampleOptions): Pixels {
  const { width, height, filter } = options;
  const crop = options.crop ?? { x: 0, y: 0, width, height };
  const rows =
    height === pixels.height
      ? undefined
      : weigh(pixels.height, height, crop.y, crop.height, filter);
  const columns =
    width === pixels.width ? undefined : weigh(pixels.width, width, crop.x, crop.width, filter);
  const across = (from: Pixels, y: number, height: number) =>
    columns
      ? resizeColumns(from, columns, y, height)
      : cropPixels(from, { x: crop.x, y, width: crop.width, height });

  if (!rows) return across(pixels, crop.y, crop.height);
  const isNeedle = pixels.height > 100 * pixels.width && height < pixels.height;
  if (isNeedle) return across(resizeRows(pixels, rows, 0), 0, crop.height);
  return resizeRows(across(pixels, rows.start, rows.end - rows.start), rows, rows.start);
}

const fractionBits = 22; // Pillow, PRECISION_BITS = 32 - 8 - 2
const half = 1 << (fractionBits - 1);

/** For each output position along an axis, the input positions it sums and their weights. */
interface Weights {
  /** First input position of each output position. */
  readonly first: Int32Array;
  /** How many input positions each sums; the weights after them are 0. */
  readonly count: Int32Array;
  /** Fixed point, `stride` of them an output position. */
  readonly weights: Int32Array;
  /** A multiple of 4. */
  readonly stride: number;
  /** All input positions used: from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

function weigh(from: number, to: number, at: number, length: number, filter: Filter): Weights {
  const shape: FilterShape = filters[filter];
  const scale = from / to;
  const spread = Math.max(scale, 1);
  const support = shape.support * spread;
  const stride = (Math.ceil(support) * 2 + 1 + 3) & ~3;
  const first = new Int32Array(length);
  const count = new Int32Array(length);
  const weights = new Int32Array(length * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < length; i++) {
    const centre = (at + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const taps = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      // Multiplying by the reciprocal, as Pillow does: a division rounds differently.
      const weight = shape.at((k + start - centre + 0.5) * (1 / spread));
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < taps; k++) {
      const weight = ((exact[k] as number) / (sum === 0 ? 1 : sum)) * (1 << fractionBits);
      weights[i * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    first[i] = start;
    count[i] = taps;
  }
  const end = (first[length - 1] as number) + (count[length - 1] as number);
  return { first, count, weights, stride, start: first[0] as number, end };
}

function resizeColumns(pixels: Pixels, columns: Weights, y: number, height: number): Pixels {
  const { first, count, weights, stride } = columns;
  const width = first.length;
  const { data } = pixels;
  const out = new Uint8ClampedArray(width * height * 3);
  for (let row = 0, o = 0; row < height; row++) {
    const line = (y + row) * pixels.width * 3;
    for (let x = 0; x < width; x++, o += 3) {
      let i = line + (first[x] as number) * 3;
      let red = half;
      let green = half;
      let blue = half;
      const end = x * stride + (count[x] as number);
      for (let k = x * stride; k < end; k++, i += 3) {
        const weight = weights[k] as number;
        red = (red + Math.imul(data[i] as number, weight)) | 0;
        green = (green + Math.imul(data[i + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(data[i + 2] as number, weight)) | 0;
      }
      out[o] = red >> fractionBits;
      out[o + 1] = green >> fractionBits;
      out[o + 2] = blue >> fractionBits;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}

/** Resizes along y; row 0 of `pixels` is row `top` of the picture that `rows` speaks of. */
function resizeRows(pixels: Pixels, rows: Weights, top: number): Pixels {
  const { first, count, weights, stride } = rows;
  const { data } = pixels;
  const height = first.length;
  const line = pixels.width * 3;
  const last = (pixels.height - 1) * line;
  const out = new Uint8ClampedArray(line * height);
  const sums = new Int32Array(line);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    const taps = count[y] as number;
    let i = ((first[y] as number) - top) * line;
    for (let k = 0; k < taps; k += 4, i += 4 * line) {
      addFourRows(sums, data, {
        first: i,
        // Rows past the end weigh 0, but must exist.
        second: Math.min(i + line, last),
        third: Math.min(i + 2 * line, last),
        fourth: Math.min(i + 3 * line, last),
        weights,
        at: y * stride + k,
      });
    }
    const o = y * line;
    for (let x = 0; x < line; x++) out[o + x] = (sums[x] as number) >> fractionBits;
  }
  return { width: pixels.width, height, data: new Uint8Array(out.buffer) };
}

/** Four rows at a time, because reading and writing the sums costs as much as a multiplication. */
function addFourRows(
  sums: Int32Array,
  data: Uint8Array,
  rows: {
    readonly first: number;
    readonly second: number;
    readonly third: number;
    readonly fourth: number;
    readonly weights: Int32Array;
    readonly at: number;
  },
): void {
  const { first, second, third, fourth, weights, at } = rows;
  const a = weights[at] as number;
  const b = weights[at + 1] as number;
  const c = weights[at + 2] as number;
  const d = weights[at + 3] as number;
  for (let x = 0; x < sums.length; x++) {
    const ab = Math.imul(data[first + x] as number, a) + Math.imul(data[second + x] as number, b);
    const cd = Math.imul(data[third + x] as number, c) + Math.imul(data[fourth + x] as number, d);
    sums[x] = (sums[x] as number) + ab + cd;
  }
}

function bicubic(signed: number): number {
  const a = -0.5; // Pillow's choice; others take -0.75
  const x = Math.abs(signed);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  const angle = x * Math.PI;
  return x === 0 ? 1 : Math.sin(angle) / angle;
}
