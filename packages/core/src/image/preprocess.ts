/**
 * @file From pixels to the tensor that the network sees.
 *
 * Geometry first (what to cut out, what size to resize to), then numbers. Each family of filters
 * keeps the order of operations of the program it comes from, since float32 rounds differently in
 * another order:
 *
 * - Pillow's: resize bytes, then torch's (level / 255 - mean) / std, by table.
 * - `tensorflow`: resize levels as floats, then Keras' x / (255 std) - mean / std.
 * - `tensorflow-legacy`: scale levels to 0..1, resize those, then slim's (x - mean) / std.
 */
import { numbers, requireRanges } from "../ranges.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { cropPixels, type Pixels, type Rectangle } from "./pixels.js";
import type { Preprocessing } from "./presets.js";
import { resample } from "./resample.js";
import { resizeTensorflow } from "./resize-tensorflow.js";

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

const { fround } = Math;

/** The tensor [3,height,width] of a picture, RGB, float32. */
export function preprocess(pixels: Pixels, how: Preprocessing, size: Size): Tensor {
  requireRanges(size, { height: numbers.countFrom1, width: numbers.countFrom1 });
  const shape = [3, size.height, size.width];
  const { part, ...target } =
    how.resize === "squash" ? squash(pixels, how, size) : fit(pixels, how, size);
  const picture = cropPixels(pixels, part);
  switch (how.filter) {
    case "tensorflow":
      return tensor(
        shape,
        kerasScale(resizeTensorflow(picture, { ...target, filter: how.filter }), how),
      );
    case "tensorflow-legacy": {
      const options = { ...target, filter: how.filter, levels: unitLevels };
      return tensor(shape, slimScale(resizeTensorflow(picture, options), how));
    }
    default:
      return tensor(shape, torchScale(resample(picture, { ...target, filter: how.filter }), how));
  }
}

/** The part of the picture to resize, the size to give it, and the part of that to keep. */
interface Geometry extends Size {
  readonly part: Rectangle;
  readonly crop: Rectangle;
}

/** slim: `tf.image.central_crop`, then `resize_bilinear` to the size itself. */
function squash(pixels: Pixels, { cropFraction }: Preprocessing, size: Size): Geometry {
  const x = Math.trunc((pixels.width - pixels.width * cropFraction) / 2);
  const y = Math.trunc((pixels.height - pixels.height * cropFraction) / 2);
  const part = { x, y, width: pixels.width - 2 * x, height: pixels.height - 2 * y };
  return { part, ...size, crop: { x: 0, y: 0, ...size } };
}

/**
 * timm: for square sizes torchvision's `Resize` to a short side, for others timm's
 * `ResizeKeepRatio`; then torchvision's `CenterCrop`. (For sizes that are not square timm 1.0.29
 * leaves the filter out and so takes bilinear, whatever is configured; here the filter counts.)
 */
function fit(pixels: Pixels, { cropFraction }: Preprocessing, size: Size): Geometry {
  const part = { x: 0, y: 0, width: pixels.width, height: pixels.height };
  const high = Math.floor(size.height / cropFraction);
  const wide = Math.floor(size.width / cropFraction);
  let { width, height } = pixels;
  if (high === wide) {
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    const stretched = Math.trunc((high * long) / short);
    [width, height] = width <= height ? [high, stretched] : [stretched, high];
  } else {
    const ratio = Math.min(height / high, width / wide);
    [width, height] = [roundHalfToEven(width / ratio), roundHalfToEven(height / ratio)];
  }
  const x = roundHalfToEven((width - size.width) / 2);
  const y = roundHalfToEven((height - size.height) / 2);
  return { part, width, height, crop: { x, y, ...size } };
}

/** Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function torchScale({ width, height, data }: Pixels, { mean, std }: Preprocessing): Float32Array {
  const [red, green, blue] = ([0, 1, 2] as const).map((c) =>
    Float32Array.from({ length: 256 }, (_, level) =>
      fround(fround(fround(level / 255) - fround(mean[c])) / fround(std[c])),
    ),
  ) as [Float32Array, Float32Array, Float32Array];
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let o = 0, i = 0; o < plane; o++, i += 3) {
    out[o] = red[data[i] as number] as number;
    out[o + plane] = green[data[i + 1] as number] as number;
    out[o + 2 * plane] = blue[data[i + 2] as number] as number;
  }
  return out;
}

const unitLevels = Float32Array.from({ length: 256 }, (_, level) => level * fround(1 / 255));

function kerasScale(planes: Float32Array, { mean, std }: Preprocessing): Float32Array {
  return eachChannel(planes, (c) => {
    const scale = fround(255 * std[c]);
    const shift = fround(mean[c] / std[c]);
    return (x) => fround(x / scale) - shift;
  });
}

function slimScale(planes: Float32Array, { mean, std }: Preprocessing): Float32Array {
  return eachChannel(planes, (c) => (x) => fround(x - fround(mean[c])) / fround(std[c]));
}

/** Changes each value in place. */
function eachChannel(
  planes: Float32Array,
  scaleOf: (channel: 0 | 1 | 2) => (x: number) => number,
): Float32Array {
  const plane = planes.length / 3;
  for (const c of [0, 1, 2] as const) {
    const scale = scaleOf(c);
    for (let i = c * plane; i < (c + 1) * plane; i++) planes[i] = scale(planes[i] as number);
  }
  return planes;
}
