/**
 * @file The public door: everything a program may import from `inception-resnet-v2`; all of the core,
 * and what needs Node.
 */
export * from "@inception-resnet-v2/core";
export { exitCodes } from "./cli/exit-codes.js";
export {
  type CalibrateOptions,
  type CalibrateResult,
  type Confidence,
  calibrate,
} from "./evaluation/calibrate.js";
export {
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
  type PhotoOptions,
  type UnreadablePhoto,
} from "./evaluation/evaluate.js";
export { createExecutor, type EngineName, engineNames } from "./executors/index.js";
export {
  type ExportFormat,
  type ExportOptions,
  type ExportResult,
  exportFormats,
  exportWeights,
} from "./export/export.js";
export { type ImportOptions, type ImportReport, importWeights } from "./export/import.js";
export type { Difference, Parity } from "./export/parity.js";
export type { ExportCheck } from "./export/read-again.js";
export type { TakenTensor } from "./export/tensor-list.js";
export { InceptionResNetV2 } from "./model/model.js";
export type {
  ClassifyOptions,
  CreateOptions,
  ImageError,
  LoadOptions,
  ModelOptions,
  StreamOptions,
} from "./model/options.js";
export type {
  DoneEvent,
  EpochEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from "./training/events.js";
export { type FindRateOptions, findLearningRate } from "./training/find-rate.js";
export { fineTune, fit, type TrainCallbacks, type TrainResult } from "./training/fit.js";
export { measurePlan, type Plan } from "./training/plan.js";
export type { ResumeOptions, TrainControls } from "./training/prepare.js";
export type { TrainOptions } from "./training/settings.js";
export { train } from "./training/train.js";
export { loadWeights, type WeightSource } from "./weights/load.js";
export { findPulled, type PullOptions, type PullProgress, pull } from "./weights/pull.js";
export { saveWeights } from "./weights/save.js";
