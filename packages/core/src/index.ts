/**
 * @file The public door of the core: everything that needs neither Node nor a browser.
 */

// Architectures: the networks as data, and what makes variants of them

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

// Graphs: what networks lower to; built by hand, checked, printed, differentiated, summed up

export { backward, type Seed } from "./autodiff/backward.js";
export { GraphBuilder } from "./graph/builder.js";
export type { Graph, Node, Parameter, Stage, Value } from "./graph/ir.js";
export type { FoldOptions } from "./graph/passes/fold-into-convolutions.js";
export { forInference } from "./graph/passes/for-inference.js";
export type { Model } from "./graph/passes/rewrite.js";
export { printGraph } from "./graph/print.js";
export { verifyGraph } from "./graph/verify.js";
export { type Summary, type SummaryDepth, summarize } from "./summary/summary.js";
export type { Shape, Tensor, Tensors } from "./tensor/tensor.js";

// Executors: the interface of whatever runs a graph, and how graphs are spelled in ONNX

export type {
  CompileOptions,
  Executor,
  ExecutorOptions,
  MemoryModel,
  Precision,
  Program,
  RunOptions,
  TrainingOptions,
  TrainingProgram,
  TrainingStep,
} from "./executors/executor.js";
export { type OnnxBundle, toOnnx, toTrainingOnnx } from "./onnx/to-onnx.js";

// Images: pixels to tensors

export {
  type Augmentation,
  noAugmentation,
  slimAugmentation,
  smallAugmentation,
} from "./image/augment.js";
export type { Pixels } from "./image/pixels.js";
export { preprocess } from "./image/preprocess.js";
export { type Preprocessing, type PresetName, presets } from "./image/presets.js";
export type { EncodedBytes, ImageSource } from "./image/source.js";

// Weights: named parameters, and what files say of them

export type { SaveWeightsOptions } from "./weights/encode.js";
export { readSafetensors, type Safetensors } from "./weights/formats/safetensors.js";
export type { TensorEntry, TensorFile } from "./weights/formats/tensor-file.js";
export { type Initializer, initializeParameters } from "./weights/initialize.js";
export type { NetworkShape, WeightMetadata } from "./weights/metadata.js";
export type { FileFormat, OpenedWeights } from "./weights/opened.js";
export { type LoadedWeights, type LoadWeightsOptions, takeWeights } from "./weights/take.js";

// Predictions, and how good they are

export { type Evaluation, evaluateLogits } from "./evaluation/metrics.js";
export { imagenetLabels } from "./predictions/imagenet-1k.js";
export {
  type Activation,
  type Prediction,
  sigmoid,
  softmax,
  topK,
} from "./predictions/predictions.js";

// Training: recipes as data

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

// Errors, each with a class and a code

export { type ErrorCode, errorCodes } from "./error-codes.js";
export {
  GraphError,
  InputError,
  Irv2Error,
  ModelError,
  NativeError,
  ResourceError,
  UsageError,
} from "./errors.js";
