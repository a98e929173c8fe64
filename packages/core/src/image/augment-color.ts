/**
 * @file Colors changed at random, for training: slim's `distort_color`.
 *
 * Sources: tensorflow/models, research/slim/preprocessing/inception_preprocessing.py, for what is
 * drawn and in which orders; TensorFlow's `adjust_brightness`, `adjust_saturation`, `adjust_hue` and
 * `adjust_contrast` for what each change does. A picture here is three planes [3,height,width] of
 * red, green and blue, where black is 0 and white is 1. Between the changes values may leave that
 * range, as in TensorFlow; at the end they are clipped.
 *
 * Saturation and hue are changed in HSV. Neither touches the largest channel (the value), and
 * saturation only moves the others towards it or away, so no conversion there and back is needed;
 * results agree with TensorFlow's to the rounding of float32.
 */
import type { Random } from "../tensor/random.js";
import type { Range } from "./augment-crop.js";

/** One change of the colors. */
export type ColorChange = "brightness" | "saturation" | "hue" | "contrast";

/** How far colors go, and in which order. */
export interface ColorDistortion {
  /** At most this much is added or taken away; white is 1. */
  readonly brightness: number;
  /** Factors of the saturation. */
  readonly saturation: Range;
  /** At most this much of a turn round the colors, either way, up to 0.5. */
  readonly hue: number;
  /** Factors of the distance of each channel from its mean. */
  readonly contrast: Range;
  /** One of these is drawn, each as likely; changes that it leaves out are not made. */
  readonly orders: readonly (readonly ColorChange[])[];
}

const slimOrders = [
  ["brightness", "saturation", "hue", "contrast"],
  ["saturation", "brightness", "contrast", "hue"],
  ["contrast", "hue", "brightness", "saturation"],
  ["hue", "saturation", "contrast", "brightness"],
] as const;
const slim = {
  brightness: 32 / 255,
  saturation: [0.5, 1.5],
  hue: 0.2,
  contrast: [0.5, 1.5],
  orders: slimOrders,
} as const;

/** slim's distortions, whole and fast, and one that leaves colors nearly as they are. */
export const colorDistortions = {
  slim,
  "slim-fast": {
    ...slim,
    // slim draws one of four orders here too, of which three are the same.
    orders: [
      ["brightness", "saturation"],
      ["saturation", "brightness"],
      ["saturation", "brightness"],
      ["saturation", "brightness"],
    ],
  },
  slight: {
    brightness: 16 / 255,
    saturation: [0.8, 1.2],
    hue: 0.02,
    contrast: [0.8, 1.2],
    orders: slimOrders,
  },
} as const satisfies Record<string, ColorDistortion>;

/** Draws an order and the changes, and makes them in place, clipped to 0..1 at the end. */
export function distortColor(planes: Float32Array, how: ColorDistortion, random: Random): void {
  for (const change of how.orders[random.below(how.orders.length)] ?? []) {
    adjustColor(planes, change, drawAmount(change, how, random));
  }
  for (let i = 0; i < planes.length; i++) {
    planes[i] = Math.min(1, Math.max(0, planes[i] as number));
  }
}

/**
 * Makes one change in place: brightness adds the amount, saturation and contrast multiply by it, hue
 * turns by it (1 is a whole turn).
 */
export function adjustColor(planes: Float32Array, change: ColorChange, amount: number): void {
  adjust[change](planes, amount);
}

function drawAmount(change: ColorChange, how: ColorDistortion, random: Random): number {
  const limit = how[change];
  const [lower, upper] = typeof limit === "number" ? [-limit, limit] : limit;
  return lower + random.uniform() * (upper - lower);
}

const adjust: { readonly [K in ColorChange]: (planes: Float32Array, amount: number) => void } = {
  brightness: adjustBrightness,
  saturation: adjustSaturation,
  hue: adjustHue,
  contrast: adjustContrast,
};

function adjustBrightness(planes: Float32Array, delta: number): void {
  for (let i = 0; i < planes.length; i++) planes[i] = (planes[i] as number) + delta;
}

function adjustContrast(planes: Float32Array, factor: number): void {
  const plane = planes.length / 3;
  for (let start = 0; start < planes.length; start += plane) {
    let sum = 0;
    for (let i = start; i < start + plane; i++) sum += planes[i] as number;
    const mean = sum / plane;
    for (let i = start; i < start + plane; i++) {
      planes[i] = ((planes[i] as number) - mean) * factor + mean;
    }
  }
}

function adjustSaturation(planes: Float32Array, factor: number): void {
  const plane = planes.length / 3;
  for (let i = 0, g = plane, b = 2 * plane; i < plane; i++, g++, b++) {
    const red = planes[i] as number;
    const green = planes[g] as number;
    const blue = planes[b] as number;
    const value = Math.max(red, green, blue);
    // The saturation is range / value and ends at 1; what is black or darker becomes grey.
    const range = value - Math.min(red, green, blue);
    const scale = value > 0 ? Math.min(factor, value / range) : 0;
    planes[i] = value - (value - red) * scale;
    planes[g] = value - (value - green) * scale;
    planes[b] = value - (value - blue) * scale;
  }
}

function adjustHue(planes: Float32Array, turn: number): void {
  const plane = planes.length / 3;
  const sixths = turn * 6;
  for (let i = 0, g = plane, b = 2 * plane; i < plane; i++, g++, b++) {
    const red = planes[i] as number;
    const green = planes[g] as number;
    const blue = planes[b] as number;
    const least = Math.min(red, green, blue);
    const most = Math.max(red, green, blue);
    const range = most - least;
    if (range === 0) continue;
    // Red is at 0 of the six, green at 2, blue at 4.
    let hue = sixths;
    if (most === red) hue += (green - blue) / range;
    else if (most === green) hue += 2 + (blue - red) / range;
    else hue += 4 + (red - green) / range;
    hue -= 6 * Math.floor(hue / 6);
    planes[i] = least + range * clip(Math.abs(hue - 3) - 1);
    planes[g] = least + range * clip(2 - Math.abs(hue - 2));
    planes[b] = least + range * clip(2 - Math.abs(hue - 4));
  }
}

function clip(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}
