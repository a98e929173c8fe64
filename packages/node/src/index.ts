/**
 * @file The public door: everything that a program may import from `inception-resnet-v2`; all of the core,
 * and what needs Node.
 */

// The core: networks, graphs, gradients, weights in memory, pixels, predictions

export * from "@inception-resnet-v2/core";

// The model: weights ready to use

export { InceptionResNetV2 } from "./model/model.js";
export type {
  CallOptions,
  ClassifyOptions,
  CreateOptions,
  ImageError,
  LoadOptions,
  ModelOptions,
  StreamOptions,
} from "./model/options.js";
export type { Images } from "./model/runner.js";

// Weights: found, downloaded, read and written

export { type LoadingOptions, loadWeights } from "./weights/load.js";
export { resolveWeights, type WeightPlace, type WeightSource } from "./weights/place.js";
export { findPulled, type PullOptions, type PullProgress, pull } from "./weights/pull.js";
export { saveWeights } from "./weights/save.js";
export { type ShippedName, shippedNames } from "./weights/shipped.js";

// Weights of other programs: in and out, with reports

export { type ExportOptions, type ExportResult, exportWeights } from "./export/export.js";
export { type ExportFormat, exportFormats } from "./export/formats.js";
export { type ImportOptions, type ImportReport, importWeights } from "./export/import.js";
export type { Difference, Parity } from "./export/parity.js";
export type { ExportCheck } from "./export/round-trip.js";
export type { TakenTensor } from "./export/tensor-list.js";

// Training: `train` is a stream of events, `fit` a promise with callbacks

export { readLabels } from "./data/labels-file.js";
export type { SplitRule } from "./data/split.js";
export type {
  DataEvent,
  DoneEvent,
  EpochEvent,
  PrepareEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
  WarningEvent,
} from "./training/events.js";
export {
  type FindRateOptions,
  findLearningRate,
  type RateEvent,
  type RateFoundEvent,
} from "./training/find-rate.js";
export { fit, type TrainCallbacks, type TrainResult } from "./training/fit.js";
export { measurePlan, type Plan } from "./training/plan.js";
export type { TrainControls } from "./training/prepare.js";
export type { ResumeOptions } from "./training/reopen.js";
export type { Phase, Settings } from "./training/settings.js";
export { train } from "./training/train.js";
export type { TrainOptions } from "./training/train-options.js";

// Evaluation: how good weights are, and how far their scores can be believed

export {
  type CalibrateOptions,
  type CalibrateResult,
  type Confidence,
  calibrate,
} from "./evaluation/calibrate.js";
export {
  type EvaluatedPhotos,
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
  type PhotoOptions,
  type UnreadablePhoto,
} from "./evaluation/evaluate.js";

// Engines: where any graph runs

export { createExecutor, type EngineName, engineNames } from "./executors/index.js";

// Exit codes of the command line

export { exitCodes } from "./cli/exit-codes.js";
