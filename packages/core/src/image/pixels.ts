/**
 * @file Pictures at rest: 8-bit RGB, interleaved, row by row from the top left.
 *
 * Whatever a picture was (grey, with alpha, `ImageData` of a canvas), it becomes `Pixels` here and
 * nowhere else, so that one photo gives one answer whichever way it comes in. Without a background
 * alpha is dropped and the color under it stays, as Pillow's `convert("RGB")` does.
 */
import { InputError } from "../errors.js";

/** A picture; `data` holds red, green, blue of each pixel: `3 * width * height` bytes. */
export interface Pixels {
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Red, green, blue of each pixel, 0 to 255, row by row from the top left. */
  readonly data: Uint8Array;
}

/**
 * Uncompressed pixels as other programs hold them, `ImageData` among them. Channels: 1 grey, 2 grey
 * and alpha, 3 RGB, 4 RGBA (alpha not premultiplied); by default what the length of `data` says.
 */
export interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly channels?: number | undefined;
}

/** A color: red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** A part of a picture, in pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Makes pixels of raw ones; RGB is taken as it is, without copying. Transparent pixels are put over
 * `background` if there is one, each channel rounded to the nearest level. Throws `InputError` when
 * size, channels and data disagree.
 */
export function fromRawPixels(raw: RawPixels, options: { background?: Color } = {}): Pixels {
  const { width, height } = raw;
  const channels = channelsOf(raw);
  const from = new Uint8Array(raw.data.buffer, raw.data.byteOffset, raw.data.length);
  if (channels === 3) return { width, height, data: from };
  const data = new Uint8Array(width * height * 3);
  const green = channels < 3 ? 0 : 1;
  for (let i = 0, o = 0; o < data.length; i += channels, o += 3) {
    data[o] = from[i] as number;
    data[o + 1] = from[i + green] as number;
    data[o + 2] = from[i + 2 * green] as number;
  }
  const { background } = options;
  if (background && channels !== 1) flatten(data, from, channels, background);
  return { width, height, data };
}

/** The part of a picture inside a rectangle; the picture itself when that is all of it. */
export function cropPixels(pixels: Pixels, { x, y, width, height }: Rectangle): Pixels {
  if (width === pixels.width && height === pixels.height) return pixels;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * pixels.width + x) * 3;
    data.set(pixels.data.subarray(start, start + width * 3), row * width * 3);
  }
  return { width, height, data };
}

function flatten(data: Uint8Array, from: Uint8Array, channels: number, background: Color): void {
  for (let i = channels - 1, o = 0; o < data.length; i += channels, o += 3) {
    const alpha = from[i] as number;
    for (let c = 0; c < 3; c++) {
      const over = (data[o + c] as number) * alpha + (background[c] as number) * (255 - alpha);
      data[o + c] = Math.round(over / 255);
    }
  }
}

/** The channels of raw pixels. Throws `InputError` when size, channels and data disagree. */
export function channelsOf({ width, height, data, channels }: RawPixels): number {
  if (![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new InputError(
      "PIXELS_INVALID",
      `Cannot read raw pixels: expected a size in whole pixels above 0, got ${width}x${height}`,
    );
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new InputError(
      "PIXELS_INVALID",
      `Cannot read raw pixels: expected data as Uint8Array or Uint8ClampedArray, got ${typeName(data)}`,
    );
  }
  const found = channels ?? data.length / (width * height);
  if (![1, 2, 3, 4].includes(found) || data.length !== width * height * found) {
    const expected = channels ?? "1 to 4";
    throw new InputError(
      "PIXELS_INVALID",
      `Cannot read raw pixels of ${width}x${height}: expected ${expected} bytes per pixel, got ${data.length} bytes`,
    );
  }
  return found;
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
