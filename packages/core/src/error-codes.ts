/**
 * @file Every code that an error of this library can carry, with its meaning.
 *
 * A code is `SUBJECT_PROBLEM`; one problem has one code, wherever it is met. The compiler refuses a
 * code that is not here, `scripts/check-codes.ts` one that nothing throws.
 */

/** The meaning of each code, grouped by subject. */
export const errorCodes = {
  // Options
  OPTION_MISSING: "a required option is missing",
  OPTION_RANGE: "the value of an option is out of range",
  OPTION_UNUSED: "an option has no effect in combination with the others",
  OPTION_RENAMED: "an option has been renamed",
  OPTION_UNKNOWN: "no option has this name",
  ENGINE_UNKNOWN: "no engine has this name",
  RECIPE_UNKNOWN: "no recipe has this name",
  ARCHITECTURE_UNKNOWN: "no architecture has this name",
  BLOCK_UNKNOWN: "no block of the network has this name",
  LABELS_COUNT: "the number of labels differs from the number of classes",
  PRECISION_UNSUPPORTED: "the engine does not support this number type",
  EXPORT_FORMAT: "the format to write is unknown or unsupported",
  EXPORT_DTYPE: "the format does not support this number type",
  EXPORT_ARCHITECTURE: "the target program has no such network",
  EXPORT_FILTER: "the format cannot express this resize filter",

  // Images
  IMAGE_SOURCE: "a value is not a valid image source",
  IMAGE_MISSING: "an image does not exist",
  IMAGE_UNREADABLE: "an image cannot be read",
  IMAGE_CHANGED: "an image is no longer the one that was inspected",
  IMAGE_EMPTY: "an image file is empty",
  IMAGE_FORMAT: "the format of an image file is unsupported",
  IMAGE_CORRUPT: "an image file is damaged",
  IMAGE_TOO_LARGE: "an image exceeds the limit of bytes or pixels",
  PIXELS_INVALID: "raw pixels do not match their size",
  TENSOR_SHAPE: "a tensor has the wrong shape",

  // Folders of photos
  FOLDER_MISSING: "the data folder does not exist",
  FOLDER_UNREADABLE: "a folder cannot be listed",
  FOLDER_INVALID: "the data folder is a file",
  SPLIT_MISSING: "the folder of training or of validation photos is missing",
  SPLIT_AMBIGUOUS: "several folders could hold the photos of one split",
  CLASSES_MISSING: "a folder of photos has no class folders",
  CLASSES_TOO_FEW: "training needs at least two classes",
  CLASSES_DIFFER: "training and validation photos have different classes",
  CLASS_EMPTY: "a class folder holds no photos",
  CLASS_UNREADABLE: "no photo of a class can be read",
  CLASS_NOT_SPLIT: "no class has enough photos for both splits",
  CLASS_UNKNOWN: "a folder name matches no class of the model",
  CLASS_AMBIGUOUS: "a folder name matches several classes of the model",
  DATA_UNREADABLE: "none of the photos can be read",
  DATA_CHANGED: "the photos differ from those that the run started with",

  // Tables of photos
  ANNOTATIONS_MISSING: "the table of photos does not exist",
  ANNOTATIONS_UNREADABLE: "the table of photos cannot be read",
  ANNOTATIONS_FORMAT: "the format of the table of photos is unknown",
  ANNOTATIONS_INVALID: "the table of photos, or some of its rows, are invalid",
  LABELS_UNREADABLE: "the file of class names cannot be read",
  LABELS_INVALID: "the file of class names is invalid",
  LABELS_SEVERAL: "photos have several classes or none where each must have exactly one",

  // Evaluation
  EVALUATION_EMPTY: "there are no images to evaluate",
  EVALUATION_INPUT: "logits, labels and files do not match",
  LOGITS_NOT_FINITE: "the network computed a non-finite number",

  // Weights and models
  WEIGHTS_UNKNOWN: "no weights have this name",
  WEIGHTS_AMBIGUOUS: "a path and a repository of the hub have the same name",
  WEIGHTS_MISSING: "the weight file, or a file that belongs to it, does not exist",
  WEIGHTS_UNREADABLE: "a weight file cannot be read",
  WEIGHTS_UNREACHABLE: "weights cannot be downloaded",
  WEIGHTS_FORBIDDEN: "the server denies access to the weights",
  WEIGHTS_FORMAT: "a weight file is malformed or of an unsupported format",
  WEIGHTS_ZIP: "a zip archive is malformed, or its entries are compressed",
  WEIGHTS_PICKLE: "a pickle is malformed, or holds something other than weights",
  WEIGHTS_PICKLE_GLOBAL: "a pickle refers to code, which is never executed",
  WEIGHTS_UNSUPPORTED: "a file uses an unsupported feature of its format",
  WEIGHTS_TRUNCATED: "a weight file is truncated",
  WEIGHTS_OFFSETS: "a tensor lies outside its file or overlaps another",
  WEIGHTS_CHECKSUM: "the bytes of a weight file do not match their checksum",
  WEIGHTS_DAMAGED: "a weight file of this package, or a downloaded archive, is damaged",
  WEIGHTS_EMPTY: "a weight file holds no tensors",
  WEIGHTS_VERSION: "the version of a weight file is unsupported",
  WEIGHTS_METADATA: "the metadata of a weight file are invalid",
  PREPROCESSING_INVALID: "the preprocessing in the metadata of a weight file is invalid",
  WEIGHTS_NETWORK: "a weight file is of another network",
  WEIGHTS_INCOMPLETE: "a weight file lacks tensors of the network",
  WEIGHTS_SEVERAL: "a weight file holds several networks, and it is unclear which to load",
  WEIGHTS_AVERAGES: "a weight file holds no averages, or only averages, and the other is requested",
  WEIGHTS_HEAD: "the head of a weight file is not one linear layer",
  WEIGHTS_EXTRA: "a weight file holds tensors that the network does not have",
  WEIGHTS_SHAPE: "a tensor of a weight file does not have the network's shape",
  WEIGHTS_DTYPE: "a tensor of a weight file has an unsupported number type",
  WEIGHTS_NEGATIVE_VARIANCE: "a batch norm of a weight file has a negative running variance",
  WEIGHTS_NOT_FINITE: "a tensor of a weight file holds a non-finite number",
  WEIGHTS_BACKGROUND: "a weight file has an extra background class, and dropBackground is not set",
  WEIGHTS_SCALE: "batch norm has a learned scale, which the format does not support",
  WEIGHTS_OVERFLOW: "a weight is too large for the number type",
  WEIGHTS_TOO_LARGE: "weights are too large for the format",
  ACTIVATION_UNSUPPORTED: "what is asked needs scores that are a softmax",
  CLASSIFIER_MISSING: "the network has no classifier",

  // Training
  TRAINING_NOT_FINITE: "a training computed a non-finite number",
  RATE_MISSING: "too few steps succeeded to suggest a learning rate",
  RUN_MISSING: "the folder holds no run",
  RUN_EXISTS: "the folder already holds a run",
  RUN_FINISHED: "the run has no epochs left",
  RUN_WEIGHTS: "a run that started from weights has lost the checkpoint that keeps them",
  RUN_UNWRITABLE: "a run folder cannot be created",
  RUN_CONFIG: "the config.json of a run is invalid",
  RUN_RESULTS: "the results.csv of a run is invalid",
  CHECKPOINT_VERSION: "the version of a checkpoint is unsupported",
  CHECKPOINT_DAMAGED: "a checkpoint is damaged",
  CHECKPOINT_NETWORK: "a checkpoint is of another network",

  // The machine
  ENGINE_MISSING: "the library of an engine cannot be loaded",
  ENGINE_STOPPED: "the thread of an engine has ended",
  THREAD_FILE_MISSING: "the file of a thread is not beside the code, as in a bundle",
  THREAD_STOPPED: "a worker thread for weights has ended",
  DECODER_MISSING: "the image decoder cannot be loaded",
  LOADER_STOPPED: "the thread that decodes images has ended",
  PROCESSOR_UNSUPPORTED: "the processor does not support this number type",
  OUT_OF_MEMORY: "memory ran out, or would run out",
  DISK_FULL: "the disk is full",
  FILE_UNWRITABLE: "a file cannot be written",
  MEASUREMENT_FAILED: "a measurement failed",
  NATIVE_CALL: "a function of a native library failed",

  // Graphs: programming errors
  GRAPH_INVALID: "a graph is invalid",
  GRAPH_INPUTS: "a node has the wrong number of inputs",
  GRAPH_OUTPUTS: "an op has no output",
  GRAPH_NAME_TAKEN: "a name is used twice in a graph",
  GRAPH_SHAPE: "the shapes of a node do not match",
  SCOPE_UNKNOWN: "no node of the graph has this path",
  TENSOR_MISSING: "a value of the graph has no tensor",
  GRADIENT_MISSING: "an op or parameter has no gradient",
  ARCHITECTURE_INVALID: "the layers of an architecture do not form a network",
  ARCHITECTURE_SHAPE: "a shape stated by an architecture does not hold",

  UNEXPECTED: "an unexpected internal error",
} as const satisfies Readonly<Record<string, string>>;

/** Stable, machine-readable name of a problem, for example `IMAGE_UNREADABLE`. */
export type ErrorCode = keyof typeof errorCodes;
