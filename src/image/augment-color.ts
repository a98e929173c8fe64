/**
 * @file slim's color distortion: TensorFlow's random brightness, saturation, hue and contrast, in one
 * of four orders (`research/slim/preprocessing/inception_preprocessing.py`, `distort_color`).
 *
 * Levels are 0 to 1 in between and are cut to that at the end; saturation and hue work as
 * TensorFlow's do, in HSV.
 */
import type { Random } from "../tensor/random.js";
import type { Pixels } from "./pixels.js";

type Change = "brightness" | "saturation" | "hue" | "contrast";

const orders = {
  slim: [
    ["brightness", "saturation", "hue", "contrast"],
    ["saturation", "brightness", "contrast", "hue"],
    ["contrast", "hue", "brightness", "saturation"],
    ["hue", "saturation", "contrast", "brightness"],
  ],
  "slim-fast": [
    ["brightness", "saturation"],
    ["saturation", "brightness"],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly Change[])[]>>;

/** The bounds that slim draws each change between. */
const bounds: Readonly<Record<Change, readonly [number, number]>> = {
  brightness: [-32 / 255, 32 / 255],
  saturation: [0.5, 1.5],
  hue: [-0.2, 0.2],
  contrast: [0.5, 1.5],
};

/** Distorts the colors of a picture. */
export function distortColor(pixels: Pixels, kind: keyof typeof orders, random: Random): Pixels {
  const levels = Float32Array.from(pixels.data, (level) => level / 255);
  const order = orders[kind][random.below(orders[kind].length)] ?? [];
  for (const change of order) {
    const [least, most] = bounds[change];
    changes[change](levels, least + (most - least) * random.uniform());
  }
  const data = new Uint8Array(levels.length);
  for (let at = 0; at < levels.length; at++) {
    const level = levels[at] as number;
    data[at] = level <= 0 ? 0 : level >= 1 ? 255 : Math.round(level * 255);
  }
  return { ...pixels, data };
}

/** Each change on levels, red, green, blue of each pixel, in place. */
export const changes: Readonly<Record<Change, (levels: Float32Array, by: number) => void>> = {
  brightness(levels, delta) {
    for (let at = 0; at < levels.length; at++) levels[at] = (levels[at] as number) + delta;
  },

  /** The value (largest level) stays; the distance of the others from it is scaled. */
  saturation(levels, factor) {
    for (let at = 0; at < levels.length; at += 3) {
      const [r, g, b] = [levels[at], levels[at + 1], levels[at + 2]] as [number, number, number];
      const value = Math.max(r, g, b);
      const range = value - Math.min(r, g, b);
      if (range <= 0) continue;
      const scale = Math.min(factor, value / range); // saturation is at most 1
      levels[at] = value - (value - r) * scale;
      levels[at + 1] = value - (value - g) * scale;
      levels[at + 2] = value - (value - b) * scale;
    }
  },

  /** Turns the color circle by a share of it. */
  hue(levels, turn) {
    for (let at = 0; at < levels.length; at += 3) {
      const [r, g, b] = [levels[at], levels[at + 1], levels[at + 2]] as [number, number, number];
      const value = Math.max(r, g, b);
      const range = value - Math.min(r, g, b);
      if (range <= 0) continue;
      const sixth = hueOf(r, g, b, value, range) + 6 * turn;
      levels[at] = value - range * fading(sixth + 5);
      levels[at + 1] = value - range * fading(sixth + 3);
      levels[at + 2] = value - range * fading(sixth + 1);
    }
  },

  /** The distance of each level from the mean of its channel is scaled. */
  contrast(levels, factor) {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let at = channel; at < levels.length; at += 3) sum += levels[at] as number;
      const mean = sum / (levels.length / 3);
      for (let at = channel; at < levels.length; at += 3) {
        levels[at] = ((levels[at] as number) - mean) * factor + mean;
      }
    }
  },
};

/** Hue in sixths of the circle. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  if (value === r) return (g - b) / range;
  if (value === g) return 2 + (b - r) / range;
  return 4 + (r - g) / range;
}

/** How far a channel is below the value, 0 to 1, at a place of the circle (Smith, 1978). */
function fading(place: number): number {
  const k = ((place % 6) + 6) % 6;
  return Math.max(0, Math.min(k, 4 - k, 1));
}
