/**
 * @file The public door of the core: everything that needs neither Node nor a browser.
 */
export {
  type Architecture,
  type ArchitectureName,
  architectureNames,
  architectures,
  findArchitecture,
} from "./architecture/architecture.js";
export { inceptionResNetV1 } from "./architecture/inception-resnet-v1.js";
export { auxiliaryHead, inceptionResNetV2 } from "./architecture/inception-resnet-v2.js";
export { inceptionResNetV2Paper } from "./architecture/inception-resnet-v2-paper.js";
export { inceptionV4, inceptionV4Auxiliary } from "./architecture/inception-v4.js";
export type { AuxiliaryHead, Layer, Network } from "./architecture/layers.js";
export { type LowerOptions, lower } from "./architecture/lower.js";
export { configureNetwork, type NetworkOptions } from "./architecture/transforms.js";
export { type ErrorCode, errorCodes } from "./error-codes.js";
export {
  GraphError,
  InputError,
  Irv2Error,
  ModelError,
  ResourceError,
  UsageError,
} from "./errors.js";
export { type Evaluation, evaluateLogits } from "./evaluation/metrics.js";
export type {
  Executor,
  ExecutorOptions,
  Precision,
  Program,
  RunOptions,
} from "./executors/executor.js";
export type { Graph, Node, Parameter, Stage, Value } from "./graph/ir.js";
export { type FoldOptions, forInference } from "./graph/passes/for-inference.js";
export type { Model } from "./graph/passes/rewrite.js";
export { printGraph } from "./graph/print.js";
export {
  type Augmentation,
  noAugmentation,
  slimAugmentation,
  smallAugmentation,
} from "./image/augment.js";
export type { Pixels } from "./image/pixels.js";
export { preprocess } from "./image/preprocess.js";
export { type Preprocessing, type PresetName, presets } from "./image/presets.js";
export type { ImageSource } from "./image/source.js";
export { type OnnxBundle, toOnnx, toTrainingOnnx } from "./onnx/to-onnx.js";
export { imagenetLabels } from "./predictions/imagenet-1k.js";
export { type Prediction, softmax, topK } from "./predictions/predictions.js";
export { type Summary, type SummaryDepth, summarize } from "./summary/summary.js";
export type { Shape, Tensor, Tensors } from "./tensor/tensor.js";
export {
  type AdamW,
  defaultAdamW,
  defaultSgd,
  type Optimizer,
  paperRmsProp,
  type RmsProp,
  type Sgd,
} from "./training/optimizer.js";
export { type Recipe, type RecipeName, recipeNames, recipes } from "./training/recipes.js";
export { type Schedule, schedules } from "./training/schedule.js";
export type { SaveWeightsOptions } from "./weights/encode.js";
export { readSafetensors, type Safetensors } from "./weights/formats/safetensors.js";
export type { TensorEntry, TensorFile } from "./weights/formats/tensor-file.js";
export { type Initializer, initializeParameters } from "./weights/initialize.js";
export type { NetworkShape, WeightMetadata } from "./weights/metadata.js";
export type { FileFormat, OpenedWeights } from "./weights/opened.js";
export { type LoadedWeights, type LoadWeightsOptions, takeWeights } from "./weights/take.js";
