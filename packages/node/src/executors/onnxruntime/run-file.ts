/**
 * @file Runs any ONNX file once, for comparison: an image in, chosen values out.
 */

import { encodeOutputs } from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { loadOrt } from "./session.js";

/** An ONNX file in memory. */
export interface OnnxBytes {
  readonly bytes: Uint8Array;
  /** Where the files lie that it keeps weights in, if it does. */
  readonly folder?: string | undefined;
}

/** The same image in both forms that files take. */
export interface OnnxImage {
  /** float32 [1,3,height,width], preprocessed. */
  readonly floats: Tensor;
  /** RGB, for files that preprocess by themselves. */
  readonly pixels: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

/** A value of a run. */
export interface OnnxResult {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/**
 * The outputs of an ONNX file and further values of its graph, by name, for one image: NCHW or NHWC,
 * floats or bytes, as the file takes it; a file for several images gets it several times. Throws
 * what ONNX Runtime does where it is missing or refuses the file, and `RangeError` where the file
 * takes no image.
 */
export async function runOnnxFile(
  { bytes, folder }: OnnxBytes,
  image: OnnxImage,
  watched: readonly string[],
): Promise<ReadonlyMap<string, OnnxResult>> {
  const { InferenceSession, Tensor: OrtTensor } = await loadOrt("native");
  // Messages of Protocol Buffers that follow each other are merged: these outputs join the file's.
  const whole = Buffer.concat([bytes, encodeOutputs(watched)]);
  const session = await InferenceSession.create(whole, {
    logSeverityLevel: 3,
    ...(folder !== undefined && {
      extra: { session: { model_external_initializers_file_folder_path: folder } },
    }),
  });
  try {
    const [input] = session.inputMetadata;
    if (!input?.isTensor || session.inputNames.length !== 1 || input.shape.length !== 4) {
      throw new RangeError("expected one input of four dimensions");
    }
    const isLast = input.shape[3] === 3;
    const count = typeof input.shape[0] === "number" ? Math.max(1, input.shape[0]) : 1;
    const { floats, pixels } = image;
    const [, , height = 0, width = 0] = floats.shape;
    const given =
      input.type === "uint8"
        ? new OrtTensor("uint8", repeated(pixels.data, count), [
            count,
            pixels.height,
            pixels.width,
            3,
          ])
        : new OrtTensor(
            "float32",
            repeated(isLast ? channelsLast(floats) : floats.data, count),
            isLast ? [count, height, width, 3] : [count, 3, height, width],
          );
    const results = await session.run({ [input.name]: given });
    return new Map(
      Object.entries(results).map(([name, { type, dims, data }]) => [
        name,
        { type, shape: dims, data: data as unknown as ArrayBufferView },
      ]),
    );
  } finally {
    await session.release();
  }
}

function repeated<T extends Uint8Array | Float32Array>(data: T, count: number): T {
  const all = new (data.constructor as new (length: number) => T)(data.length * count);
  for (let at = 0; at < count; at++) all.set(data, at * data.length);
  return all;
}

function channelsLast({ shape, data }: Tensor): Float32Array {
  const [, channels = 0, height = 0, width = 0] = shape;
  const plane = height * width;
  const turned = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    for (let at = 0; at < plane; at++) {
      turned[at * channels + c] = data[c * plane + at] as number;
    }
  }
  return turned;
}
