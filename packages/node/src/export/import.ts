/**
 * @file A weight file of any program as one of ours, with a report of how each tensor was mapped.
 *
 * Reading, writing and comparing happen in a thread of their own.
 */
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type {
  LoadedWeights,
  LoadWeightsOptions,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { callThread } from "../thread/call.js";
import { sendable } from "../weights/load.js";
import { resolveWeights, type WeightSource } from "../weights/place.js";
import type { PullOptions } from "../weights/pull.js";
import { checkWeightPlace } from "../weights/write-weights.js";
import type { Parity } from "./parity.js";
import { exportModule, exportStackMb, type ImportRequest } from "./requests.js";
import type { TakenTensor } from "./tensor-list.js";

/** What to read, and where to write it. */
export interface ImportOptions extends LoadWeightsOptions, PullOptions {
  /** A file, a folder, a checkpoint's prefix, or any other source of weights. */
  readonly weights: WeightSource;
  /**
   * Names of the classes by index, to be written with the weights.
   * @defaultValue what the weights say
   */
  readonly labels?: readonly string[] | undefined;
  /**
   * Safetensors file to write.
   * @defaultValue nothing is written
   */
  readonly out?: string | undefined;
  /**
   * Type of the numbers.
   * @defaultValue F32
   */
  readonly dtype?: FloatType | undefined;
  /**
   * Whether an ONNX file is run beside the import, which takes some 700 MB more.
   * @defaultValue true
   */
  readonly parity?: boolean | undefined;
}

/** What was found. */
export interface ImportReport
  extends Pick<
    LoadedWeights,
    "format" | "naming" | "network" | "ignored" | "absent" | "droppedClasses" | "notes"
  > {
  /** How each parameter of the network was mapped. */
  readonly tensors: readonly TakenTensor[];
  /** Numbers that were read. */
  readonly parameters: number;
  /** Number of classes; null without top. */
  readonly classes: number | null;
  /** Whether the file has an auxiliary classifier. */
  readonly hasAuxiliary: boolean;
  /** For ONNX: how far the file's own results are from those of the import. */
  readonly parity?: Parity;
}

/**
 * Reads weights, writes them, and compares with the file's own results where it can be run here (ONNX).
 * Throws as `loadWeights` and `saveWeights` do, and the reason of the signal, which leaves no file behind
 * but one that was there before.
 */
export async function importWeights(options: ImportOptions): Promise<ImportReport> {
  const { weights, labels, out, dtype = "F32", parity = true, ...rest } = options;
  const { signal, onProgress, ...loading } = rest;
  if (out !== undefined) await checkWeightPlace(out);
  const { place, transfer } = await sendable(await resolveWeights(weights, { signal, onProgress }));
  const request: ImportRequest = { kind: "import", place, loading, labels, out, dtype, parity };
  return callThread<ImportReport>(exportModule, request, {
    transfer,
    signal,
    stackSizeMb: exportStackMb,
    onReport: (progress) => onProgress?.(progress as never),
  });
}
