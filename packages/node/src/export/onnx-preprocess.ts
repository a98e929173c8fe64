/**
 * @file Preprocessing as ONNX nodes: from the bytes of decoded images to what the network sees.
 *
 * The same steps as `image/preprocess.ts`. Pillow's filters are `Resize` with `antialias` (operator
 * set 18), along the width and then along the height with bytes in between, as Pillow has them; single
 * levels may differ by one where float32 rounds otherwise than Pillow's whole numbers.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import type { OnnxAttribute } from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import type { OnnxNodes } from "./onnx-nodes.js";

/** How each filter is spelled; the others have no counterpart in ONNX. */
const resizes: Partial<Record<Preprocessing["filter"], Readonly<Record<string, OnnxAttribute>>>> = {
  bicubic: { mode: "cubic", antialias: 1, cubic_coeff_a: { float: -0.5 } },
  bilinear: { mode: "linear", antialias: 1 },
  tensorflow: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
  "tensorflow-legacy": { mode: "linear", coordinate_transformation_mode: "asymmetric" },
};

/**
 * From uint8 images [n,height,width,3] of any size, RGB, under the name `input`, to floats
 * [n,3,...size]; gives the name of the result. Throws `UsageError` for a filter that ONNX lacks.
 */
export function preprocessNodes(
  to: OnnxNodes,
  input: string,
  how: Preprocessing,
  [height, width]: readonly [number, number],
): string {
  const resize = resizes[how.filter];
  if (!resize) {
    throw new UsageError(
      "EXPORT_FILTER",
      `Cannot include the preprocessing: expected one of the filters ${Object.keys(resizes).join(", ")}, got ${how.filter}`,
    );
  }
  const levels = to.cast(to.add("Transpose", [input], { perm: [0, 3, 1, 2] }), "float32");
  const isPillow = how.filter === "bicubic" || how.filter === "bilinear";
  const resized = (image: string, ...sizes: readonly string[]) => {
    const batch = to.add("Slice", [to.add("Shape", [image]), ...slice(to, [0], [2])]);
    const shape = to.add("Concat", [batch, ...sizes], { axis: 0 });
    return to.add("Resize", [image, "", "", shape], resize);
  };
  const scaled = (image: string, sizes: string) => {
    if (!isPillow) return resized(image, sizes);
    const tall = to.add("Slice", [to.add("Shape", [image]), ...slice(to, [2], [3])]);
    const wide = to.add("Slice", [sizes, ...slice(to, [1], [2])]);
    return asBytes(to, resized(asBytes(to, resized(image, tall, wide)), sizes));
  };
  if (how.resize === "squash") {
    const start = how.filter === "tensorflow-legacy" ? divide(to, levels, 255) : levels;
    const part = how.cropFraction === 1 ? start : centralCrop(to, start, how.cropFraction);
    const sized = scaled(part, to.integers([height, width]));
    const white = how.filter === "tensorflow-legacy" ? 1 : 255;
    return normalize(to, sized, how, white);
  }
  const sides = to.add("Slice", [to.add("Shape", [levels]), ...slice(to, [2], [4])]);
  const high = Math.floor(height / how.cropFraction);
  const wide = Math.floor(width / how.cropFraction);
  const sized = scaled(levels, fittedSize(to, sides, [high, wide]));
  return normalize(to, centreCrop(to, sized, [height, width]), how, 255);
}

/** The size at which the image covers `least`: its sides times the larger of the two ratios. */
function fittedSize(to: OnnxNodes, sides: string, [high, wide]: readonly [number, number]): string {
  if (high === wide) {
    const short = to.add("ReduceMin", [sides], { keepdims: 1 });
    return to.add("Div", [to.add("Mul", [sides, to.integers([high])]), short]); // whole numbers
  }
  const real = to.cast(sides, "float32");
  const ratio = to.add("ReduceMin", [to.add("Div", [real, to.floats([high, wide])])], {
    keepdims: 1,
  });
  return to.cast(to.add("Round", [to.add("Div", [real, ratio])]), "int64");
}

/** slim's `central_crop`: the same whole number of pixels away on both sides. */
function centralCrop(to: OnnxNodes, image: string, fraction: number): string {
  const sides = to.add("Slice", [to.add("Shape", [image]), ...slice(to, [2], [4])]);
  const real = to.cast(sides, "float32");
  const rest = to.add("Sub", [real, to.add("Mul", [real, to.floats(fraction)])]);
  const from = to.cast(divide(to, rest, 2), "int64"); // towards zero
  const end = to.add("Sub", [sides, from]);
  return to.add("Slice", [image, from, end, to.integers([2, 3])]);
}

/** The middle of the image; odd margins round half to even, as Python does. */
function centreCrop(to: OnnxNodes, image: string, size: readonly [number, number]): string {
  const sides = to.add("Slice", [to.add("Shape", [image]), ...slice(to, [2], [4])]);
  const target = to.integers(size);
  const margin = to.cast(to.add("Sub", [sides, target]), "float32");
  const from = to.cast(to.add("Round", [divide(to, margin, 2)]), "int64");
  const end = to.add("Add", [from, target]);
  return to.add("Slice", [image, from, end, to.integers([2, 3])]);
}

/** Levels as Pillow leaves them: whole, from 0 to 255. */
function asBytes(to: OnnxNodes, levels: string): string {
  const whole = to.add("Floor", [to.add("Add", [levels, to.floats(0.5)])]);
  return to.add("Clip", [whole, to.floats(0), to.floats(255)]);
}

function normalize(
  to: OnnxNodes,
  levels: string,
  { mean, std }: Preprocessing,
  white: number,
): string {
  const scaled = to.add("Div", [
    levels,
    to.floats(
      std.map((one) => one * white),
      [1, 3, 1, 1],
    ),
  ]);
  const shift = mean.map((one, channel) => one / (std[channel] as number));
  return to.add("Sub", [scaled, to.floats(shift, [1, 3, 1, 1])]);
}

function divide(to: OnnxNodes, input: string, by: number): string {
  return to.add("Div", [input, to.floats(by)]);
}

function slice(to: OnnxNodes, from: readonly number[], end: readonly number[]): string[] {
  return [to.integers(from), to.integers(end)];
}
