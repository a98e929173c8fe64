/**
 * @file Round-trip check of an exported file.
 */
import { relativeL2 } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type {
  FileFormat,
  OpenedWeights,
} from "@inception-resnet-v2/core/internal/weights/opened.js";
import {
  type LoadedWeights,
  takeWeights,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { openWeights } from "../weights/open.js";
import type { WeightPlace } from "../weights/place.js";
import { compareWithOnnx, type Parity } from "./parity.js";
import { listTensors, type TakenTensor } from "./tensor-list.js";

/** What a file holds, beside what it was to hold. */
export interface ExportCheck {
  /** What the file gives back. */
  readonly tensors: readonly TakenTensor[];
  /** Parameters that the format has no place for, or that are folded into others. */
  readonly leftOut: readonly string[];
  /** Tensors that the format has and the network does not: counters. */
  readonly added: readonly string[];
  /** Tensors that came back the same to the bit; none in ONNX, whose tensors are folded. */
  readonly equal: number;
  /** The largest relative L2 distance of a tensor from the one that was written. */
  readonly largestDifference: number;
  /** For ONNX: how far the file's own results are from those of the weights. */
  readonly parity?: Parity;
}

/**
 * Reads a file and says how it differs from the weights that were to be in it, whose parameters are
 * used up where the file is ONNX. Throws `ModelError` where it cannot be read.
 */
export async function checkRoundTrip(
  place: WeightPlace,
  format: FileFormat,
  written: LoadedWeights,
  signal: AbortSignal,
): Promise<ExportCheck> {
  const opened = await openWeights(place, format);
  signal.throwIfAborted();
  const tensors = compareTensors(opened, place.name, written);
  if (opened.format !== "onnx") return tensors;
  return {
    ...tensors,
    parity: await compareWithOnnx(opened, { ...written, droppedClasses: 0 }, signal),
  };
}

function compareTensors(
  opened: OpenedWeights,
  name: string,
  { parameters, network }: LoadedWeights,
): Omit<ExportCheck, "parity"> {
  const [height, width] = network.inputSize;
  const again = takeWeights(opened, name, { inputSize: [height, width], dropBackground: false });
  const isFolded = opened.format === "onnx"; // no tensor is what it was
  const kept = [...parameters].filter(([name]) => !isFolded && again.parameters.has(name));
  const differences = kept.map(([name, { data }]) => {
    const found = again.parameters.get(name)?.data;
    return data.every((one, at) => found?.[at] === one) ? 0 : relativeL2(found ?? [], data);
  });
  return {
    tensors: listTensors(opened, again),
    leftOut: [...parameters.keys()].filter((name) => !again.parameters.has(name)),
    added: again.ignored,
    equal: differences.filter((one) => one === 0).length,
    largestDifference: Math.max(0, ...differences),
  };
}
