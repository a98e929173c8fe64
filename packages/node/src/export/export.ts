/**
 * @file Weights to the file of another program: one call for all formats.
 *
 * Reading, converting, writing and reading again happen in a thread of their own.
 */
import { numbers, requireRange } from "@inception-resnet-v2/core/internal/ranges.js";
import type {
  LoadedWeights,
  LoadWeightsOptions,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { buffersOf, copyTensors } from "../thread/buffers.js";
import { callThread } from "../thread/call.js";
import { isLoaded, loadingOf, sendable } from "../weights/load.js";
import { resolveWeights, type WeightSource } from "../weights/place.js";
import type { PullOptions } from "../weights/pull.js";
import { checkWeightPlace } from "../weights/write-weights.js";
import { checkOptions, type ExportFormat, type FormatOptions, formatOf } from "./formats.js";
import { type ExportRequest, exportModule, exportStackMb } from "./requests.js";
import type { ExportCheck } from "./round-trip.js";

/** What to write. */
export interface ExportOptions
  extends Omit<LoadWeightsOptions, "format">,
    FormatOptions,
    PullOptions {
  /** Where the weights are, or weights that were loaded before, which stay as they are. */
  readonly weights: WeightSource | LoadedWeights;
  /**
   * Names of the classes by index, to be written with the weights.
   * @defaultValue what the weights say
   */
  readonly labels?: readonly string[] | undefined;
  /** The file to write; an existing one is replaced. */
  readonly out: string;
  /**
   * The format to write.
   * @defaultValue what the name of the file ends in
   */
  readonly format?: ExportFormat | undefined;
  /**
   * Whether to check the file by reading it again and, for ONNX, running it.
   * @defaultValue true
   */
  readonly parity?: boolean | undefined;
}

/** What was written. */
export interface ExportResult {
  /** The format that was written. */
  readonly format: ExportFormat;
  /** Tensors that were written. */
  readonly tensors: number;
  /** Numbers that were written. */
  readonly parameters: number;
  /** The result of the round-trip check. */
  readonly check?: ExportCheck;
  /** What was decided in reading the weights where they leave it open, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads weights and writes them in another format, beside; what is written gets its name once it was read
 * again, so that a file which is there is replaced by a whole one or stays. Throws `UsageError` for
 * an unknown format or one without a requested feature, `ModelError` for weights that cannot be used or
 * do not fit in float16, `ResourceError` where the file cannot be written, and the reason of the
 * signal, which leaves no file behind but one that was there before.
 */
export async function exportWeights(options: ExportOptions): Promise<ExportResult> {
  const { weights, out, dtype, preprocessing, batch, parity = true, signal, onProgress } = options;
  const format = options.format ?? formatOf(out);
  requireRange("batch", batch, numbers.countFrom1);
  checkOptions(format, options);
  await checkWeightPlace(out, format === "tfjs" ? "folder" : "file");
  const { from, transfer } = await sendWeights(weights, options);
  const request: ExportRequest = {
    kind: "export",
    from,
    loading: { ...loadingOf({ ...options, format: undefined }) },
    labels: options.labels,
    out,
    format,
    writing: { dtype, preprocessing, batch },
    parity,
  };
  return callThread<ExportResult>(exportModule, request, {
    transfer,
    signal,
    stackSizeMb: exportStackMb,
    onReport: (progress) => onProgress?.(progress as never),
  });
}

async function sendWeights(
  weights: WeightSource | LoadedWeights,
  { signal, onProgress }: PullOptions,
): Promise<{ readonly from: ExportRequest["from"]; readonly transfer: readonly ArrayBuffer[] }> {
  if (isLoaded(weights)) {
    const parameters = await copyTensors(weights.parameters);
    return { from: { loaded: { ...weights, parameters } }, transfer: buffersOf(parameters) };
  }
  const { place, transfer } = await sendable(await resolveWeights(weights, { signal, onProgress }));
  return { from: { place }, transfer };
}
