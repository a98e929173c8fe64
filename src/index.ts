/**
 * @file The public door: everything a program may import from `inception-resnet-v2`.
 */

// The network as a value, and the graph it lowers to.
export { auxiliaryHead, inceptionResNetV2 } from "./architecture/inception-resnet-v2.js";
export type { Layer, Network } from "./architecture/layers.js";
export { type LowerOptions, lower } from "./architecture/lower.js";
export { configureNetwork, type NetworkOptions } from "./architecture/transforms.js";
export {
  exitCodes,
  GraphError,
  InputError,
  Irv2Error,
  ModelError,
  ResourceError,
  UsageError,
} from "./errors.js";
// Training.
export { type Evaluation, evaluateLogits } from "./evaluation/metrics.js";
// Running graphs.
export type {
  Executor,
  ExecutorOptions,
  Precision,
  Program,
  RunOptions,
} from "./executors/executor.js";
export { createExecutor, type EngineName, engineNames } from "./executors/index.js";
// Weights of other programs, in and out.
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
export type { Graph, Node, Parameter, Stage, Value } from "./graph/ir.js";
export { printGraph } from "./graph/print.js";
export {
  type Augmentation,
  noAugmentation,
  slimAugmentation,
  smallAugmentation,
} from "./image/augment.js";
// Images.
export type { Pixels } from "./image/pixels.js";
export { preprocess } from "./image/preprocess.js";
export { type Preprocessing, type PresetName, presets } from "./image/presets.js";
export type { ImageSource } from "./image/source.js";
// The model.
export { InceptionResNetV2 } from "./model/model.js";
export type {
  ClassifyOptions,
  CreateOptions,
  ImageError,
  LoadOptions,
  ModelOptions,
  StreamOptions,
} from "./model/options.js";
export { imagenetLabels } from "./predictions/imagenet-1k.js";
export type { Prediction } from "./predictions/predictions.js";
export { type Summary, type SummaryDepth, summarize } from "./summary/summary.js";
// Tensors and errors.
export type { Shape, Tensor, Tensors } from "./tensor/tensor.js";
export {
  type CalibrateOptions,
  type CalibrateResult,
  type Confidence,
  calibrate,
} from "./training/calibrate.js";
export {
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
  type PhotoOptions,
  type UnreadablePhoto,
} from "./training/evaluate.js";
export type {
  DoneEvent,
  EpochEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from "./training/events.js";
export { type FindRateOptions, findLearningRate } from "./training/find-rate.js";
export { fineTune, fit, type TrainCallbacks, type TrainResult } from "./training/fit.js";
export {
  type AdamW,
  defaultAdamW,
  defaultSgd,
  type Optimizer,
  paperRmsProp,
  type RmsProp,
  type Sgd,
} from "./training/optimizer.js";
export { measurePlan, type Plan } from "./training/plan.js";
export type { ResumeOptions, TrainControls } from "./training/prepare.js";
export { type Recipe, type RecipeName, recipeNames, recipes } from "./training/recipes.js";
export { type Schedule, schedules } from "./training/schedule.js";
export type { TrainOptions } from "./training/settings.js";
export { train } from "./training/train.js";
export type { SaveWeightsOptions } from "./weights/encode.js";
// Weights.
export { type Initializer, initializeParameters } from "./weights/initialize.js";
export { loadWeights, type WeightSource } from "./weights/load.js";
export type { NetworkShape, WeightMetadata } from "./weights/metadata.js";
export { findPulled, type PullOptions, type PullProgress, pull } from "./weights/pull.js";
export { saveWeights } from "./weights/save.js";
export type { LoadedWeights, LoadWeightsOptions } from "./weights/take.js";
