/**
 * @file Pillow's operations on levels of 8-bit RGB that RandAugment uses, bit for bit.
 *
 * Sources: Pillow 12.3, src/PIL/ImageOps.py and src/PIL/ImageEnhance.py; blending in
 * src/libImaging/Blend.c, grey in Convert.c, smoothing in Filter.c. Enhancements blend a picture with
 * what it would be without the quality: factor 0 gives that, 1 the picture itself, above 1 more.
 * Blending and smoothing are float32, cut to whole levels; so the order of operations counts.
 */
import type { Pixels } from "./pixels.js";

const { fround } = Math;

/** `ImageOps.invert`. */
export function invert(pixels: Pixels): Pixels {
  return byTable(pixels, (level) => 255 - level);
}

/** `ImageOps.posterize`: keeps the highest bits, 0 to 8. */
export function posterize(pixels: Pixels, bits: number): Pixels {
  const mask = ~(2 ** (8 - bits) - 1);
  return byTable(pixels, (level) => level & mask);
}

/** `ImageOps.solarize`: inverts levels from the threshold on. */
export function solarize(pixels: Pixels, threshold: number): Pixels {
  return byTable(pixels, (level) => (level < threshold ? level : 255 - level));
}

/** timm's `solarize_add`: makes levels below 128 lighter by a whole number. */
export function solarizeAdd(pixels: Pixels, add: number): Pixels {
  return byTable(pixels, (level) => (level < 128 ? Math.min(255, level + add) : level));
}

/** `ImageOps.autocontrast`: stretches each channel to the whole range. */
export function autoContrast(pixels: Pixels): Pixels {
  return byTables(pixels, (counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return (level) => level;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return (level) => Math.min(255, Math.max(0, Math.trunc(level * scale + offset)));
  });
}

/** `ImageOps.equalize`: makes the histogram of each channel as even as a table of levels can. */
export function equalize(pixels: Pixels): Pixels {
  return byTables(pixels, (counts) => {
    const last = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((pixels.width * pixels.height - last) / 255);
    if (step === 0) return (level) => level;
    let below = Math.floor(step / 2);
    const table = counts.map((count) => {
      const level = Math.min(255, Math.floor(below / step));
      below += count;
      return level;
    });
    return (level) => table[level] as number;
  });
}

/** `ImageEnhance.Brightness`. */
export function enhanceBrightness(pixels: Pixels, factor: number): Pixels {
  const blend = blender(factor);
  return byTable(pixels, (level) => blend(0, level));
}

/** `ImageEnhance.Contrast`. */
export function enhanceContrast(pixels: Pixels, factor: number): Pixels {
  const blend = blender(factor);
  const { data } = pixels;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += greyOf(data, i);
  const mean = Math.trunc(sum / (data.length / 3) + 0.5);
  return byTable(pixels, (level) => blend(mean, level));
}

/** `ImageEnhance.Color`. */
export function enhanceColor(pixels: Pixels, factor: number): Pixels {
  const { width, height, data } = pixels;
  const blend = blender(factor);
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const grey = greyOf(data, i);
    out[i] = blend(grey, data[i] as number);
    out[i + 1] = blend(grey, data[i + 1] as number);
    out[i + 2] = blend(grey, data[i + 2] as number);
  }
  return { width, height, data: out };
}

/** `ImageEnhance.Sharpness`. */
export function enhanceSharpness(pixels: Pixels, factor: number): Pixels {
  const { width, height, data } = pixels;
  const blend = blender(factor);
  const smoothed = smooth(pixels);
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = blend(smoothed[i] as number, data[i] as number);
  return { width, height, data: out };
}

/** `ImageFilter.SMOOTH`: the mean of nine pixels, the middle one counted five times; not at edges. */
function smooth({ width, height, data }: Pixels): Uint8Array {
  const out = data.slice();
  const line = width * 3;
  const one = fround(1 / 13);
  const five = fround(5 / 13);
  const three = (i: number, middle: number) =>
    fround(
      fround(fround((data[i - 3] as number) * one) + fround((data[i] as number) * middle)) +
        fround((data[i + 3] as number) * one),
    );
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * line + 3; i < (y + 1) * line - 3; i++) {
      const lower = fround(0.5 + three(i + line, one));
      out[i] = fround(fround(lower + three(i, five)) + three(i - line, one));
    }
  }
  return out;
}

/** Pillow's `Image.blend` of two levels. */
function blender(factor: number): (from: number, to: number) => number {
  const alpha = fround(factor);
  return (from, to) => {
    const mixed = fround(from + fround(alpha * (to - from)));
    return mixed <= 0 ? 0 : mixed >= 255 ? 255 : Math.trunc(mixed);
  };
}

/** Pillow's `convert("L")`. */
function greyOf(data: Uint8Array, i: number): number {
  const red = data[i] as number;
  const green = data[i + 1] as number;
  const blue = data[i + 2] as number;
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

function byTable(pixels: Pixels, at: (level: number) => number): Pixels {
  const table = Uint8Array.from({ length: 256 }, (_, level) => at(level));
  return { ...pixels, data: pixels.data.map((level) => table[level] as number) };
}

/** A table for each channel, from how often each level is in it. */
function byTables(
  { width, height, data }: Pixels,
  tableOf: (counts: readonly number[]) => (level: number) => number,
): Pixels {
  const out = new Uint8Array(data.length);
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Array<number>(256).fill(0);
    for (let i = channel; i < data.length; i += 3) {
      const level = data[i] as number;
      counts[level] = (counts[level] as number) + 1;
    }
    const at = tableOf(counts);
    const table = Uint8Array.from({ length: 256 }, (_, level) => at(level));
    for (let i = channel; i < data.length; i += 3) out[i] = table[data[i] as number] as number;
  }
  return { width, height, data: out };
}
