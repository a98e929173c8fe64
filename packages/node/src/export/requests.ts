/**
 * @file The requests to the thread that exports and imports.
 */
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type {
  LoadedWeights,
  LoadWeightsOptions,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { ortStackMb } from "../executors/onnxruntime/session.js";
import type { WeightPlace } from "../weights/place.js";
import type { ExportFormat, FormatOptions } from "./formats.js";

/** Weights to write. */
export interface ExportRequest {
  readonly kind: "export";
  readonly from: { readonly place: WeightPlace } | { readonly loaded: LoadedWeights };
  readonly loading: LoadWeightsOptions;
  /** Names of the classes; undefined: those of the weights. */
  readonly labels: readonly string[] | undefined;
  readonly out: string;
  readonly format: ExportFormat;
  readonly writing: FormatOptions;
  readonly parity: boolean;
}

/** Weights to read, to write as ours, and to report on. */
export interface ImportRequest {
  readonly kind: "import";
  readonly place: WeightPlace;
  readonly loading: LoadWeightsOptions;
  /** Names of the classes; undefined: those of the weights. */
  readonly labels: readonly string[] | undefined;
  readonly out: string | undefined;
  readonly dtype: FloatType;
  readonly parity: boolean;
}

/** The thread's file. */
export const exportModule = new URL("./worker.js", import.meta.url);

/** It runs ONNX files itself. */
export const exportStackMb = ortStackMb;
