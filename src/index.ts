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
// Running graphs.
export type { Executor, ExecutorOptions, Program, RunOptions } from "./executors/executor.js";
export { createExecutor, type EngineName, engineNames } from "./executors/index.js";
export type { Graph, Node, Parameter, Stage, Value } from "./graph/ir.js";
export { printGraph } from "./graph/print.js";
// Images.
export type { Pixels } from "./image/pixels.js";
export { preprocess } from "./image/preprocess.js";
export { type Preprocessing, type PresetName, presets } from "./image/presets.js";
export type { ImageSource } from "./image/source.js";
// The model.
export {
  type ClassifyOptions,
  type CreateOptions,
  type ImageError,
  InceptionResNetV2,
  type LoadOptions,
  type ModelOptions,
  type StreamOptions,
} from "./model/model.js";
export { imagenetLabels } from "./predictions/imagenet-1k.js";
export type { Prediction } from "./predictions/predictions.js";
export { type Summary, type SummaryDepth, summarize } from "./summary/summary.js";
// Tensors and errors.
export type { Shape, Tensor, Tensors } from "./tensor/tensor.js";
// Weights.
export { type Initializer, initializeParameters } from "./weights/initialize.js";
export {
  type LoadedWeights,
  type LoadWeightsOptions,
  loadWeights,
  type WeightSource,
} from "./weights/load.js";
export type { NetworkShape, WeightMetadata } from "./weights/metadata.js";
export { type SaveWeightsOptions, saveWeights } from "./weights/save.js";
