/**
 * @file TensorFlow's bilinear resize without antialiasing, in its float32 arithmetic, bit for bit.
 *
 * Source: tensorflow/core/kernels/image/resize_bilinear_op.cc. `tensorflow` samples at pixel
 * centres: `tf.image.resize` of TensorFlow 2, Keras' `Resizing`, `image_dataset_from_directory`.
 * `tensorflow-legacy` samples at top left corners: `resize_bilinear` of TensorFlow 1 with
 * `align_corners=False`, which slim was evaluated with.
 */
import type { Pixels, Rectangle } from "./pixels.js";

/** Where the samples sit: at pixel centres, or at corners as in TensorFlow 1. */
export type TensorflowFilter = "tensorflow" | "tensorflow-legacy";

/** What to resize to. */
export interface TensorflowResizeOptions {
  /** Size of the whole output in pixels. */
  readonly width: number;
  readonly height: number;
  readonly filter: TensorflowFilter;
  /** The part of the output to compute; all of it by default. */
  readonly crop?: Rectangle;
  /** The number that each of the 256 levels stands for; by default the level itself. */
  readonly levels?: Float32Array;
}

const plainLevels = Float32Array.from({ length: 256 }, (_, level) => level);

/** Resizes a picture and gives the crop of the result, channel by channel: [3,height,width]. */
export function resizeTensorflow(pixels: Pixels, options: TensorflowResizeOptions): Float32Array {
  const { width, height, filter, levels = plainLevels } = options;
  const crop = options.crop ?? { x: 0, y: 0, width, height };
  const columns = sample(pixels.width, width, crop.x, crop.width, filter);
  const rows = sample(pixels.height, height, crop.y, crop.height, filter);
  const { data } = pixels;
  const plane = crop.width * crop.height;
  const out = new Float32Array(3 * plane);
  for (let y = 0, o = 0; y < crop.height; y++) {
    const top = (rows.lower[y] as number) * pixels.width;
    const bottom = (rows.upper[y] as number) * pixels.width;
    const down = rows.fraction[y] as number;
    for (let x = 0; x < crop.width; x++, o++) {
      const left = columns.lower[x] as number;
      const right = columns.upper[x] as number;
      const along = columns.fraction[x] as number;
      for (let c = 0; c < 3; c++) {
        const above = mix(
          levels[data[(top + left) * 3 + c] as number] as number,
          levels[data[(top + right) * 3 + c] as number] as number,
          along,
        );
        const below = mix(
          levels[data[(bottom + left) * 3 + c] as number] as number,
          levels[data[(bottom + right) * 3 + c] as number] as number,
          along,
        );
        out[c * plane + o] = mix(above, below, down);
      }
    }
  }
  return out;
}

const { fround } = Math;

function mix(a: number, b: number, fraction: number): number {
  return fround(a + fround(fround(b - a) * fraction));
}

/** For each output position along an axis, the two input positions it lies between. */
interface Samples {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** How far it is from lower to upper, 0 to 1. */
  readonly fraction: Float32Array;
}

function sample(
  from: number,
  to: number,
  at: number,
  length: number,
  filter: TensorflowFilter,
): Samples {
  const scale = fround(from / to);
  const lower = new Int32Array(length);
  const upper = new Int32Array(length);
  const fraction = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const place =
      filter === "tensorflow"
        ? fround(fround(fround(at + i + 0.5) * scale) - 0.5)
        : fround((at + i) * scale);
    const floor = Math.floor(place);
    lower[i] = Math.max(floor, 0);
    upper[i] = Math.min(Math.ceil(place), from - 1);
    fraction[i] = place - floor;
  }
  return { lower, upper, fraction };
}
