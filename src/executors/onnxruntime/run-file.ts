/**
 * @file One run of anyone's ONNX file, to compare with: an image in, all outputs of floats out.
 */
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { loadOrt } from "./session.js";

/**
 * The outputs of an ONNX file, by name, for an image [1,3,height,width]; a file that takes NHWC gets
 * that. Undefined where ONNX Runtime is missing, refuses the file, or the file takes no such image.
 */
export async function runOnnxFile(
  path: string,
  image: Tensor,
): Promise<ReadonlyMap<string, Tensor> | undefined> {
  try {
    const { InferenceSession, Tensor: OrtTensor } = await loadOrt("native");
    const session = await InferenceSession.create(path);
    try {
      const [input] = session.inputMetadata;
      if (!input?.isTensor || input.type !== "float32" || session.inputNames.length !== 1) {
        return undefined;
      }
      const [, channels, height = 0, width = 0] = image.shape;
      const isLast = input.shape[1] !== channels && input.shape[3] === channels;
      const given = isLast
        ? new OrtTensor("float32", channelsLast(image), [1, height, width, 3])
        : new OrtTensor("float32", image.data, [...image.shape]);
      const results = await session.run({ [input.name]: given });
      const floats = Object.entries(results).filter(([, { type }]) => type === "float32");
      return new Map(
        floats.map(([name, { dims, data }]) => [name, tensor(dims, data as Float32Array)]),
      );
    } finally {
      await session.release();
    }
  } catch {
    return undefined;
  }
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
