/**
 * @file Every code that an error of this library can carry, with what it stands for.
 *
 * A code is `SUBJECT_PROBLEM`; one problem has one code, wherever it is met. The compiler refuses a
 * code that is not here, `scripts/check-codes.ts` one that nothing throws.
 */

/** What each code stands for, grouped by what it is about. */
export const errorCodes = {
  // Options
  OPTION_MISSING: "an option that is needed here is not given",
  OPTION_RANGE: "the value of an option lies outside its range",
  OPTION_UNUSED: "an option is given that has no effect beside the others",
  OPTION_UNKNOWN: "no option has this name",
  OPTION_RENAMED: "an option has another name now",
  ENGINE_UNKNOWN: "no engine has this name",
  RECIPE_UNKNOWN: "no recipe has this name",
  ARCHITECTURE_UNKNOWN: "no architecture has this name",
  BLOCK_UNKNOWN: "no block of the network has this name",
  LABELS_COUNT: "there are more or fewer labels than classes",
  PRECISION_UNSUPPORTED: "the engine does not compute in this number type",
  EXPORT_FORMAT: "the file's name does not tell the format to write, or one that cannot be written",
  EXPORT_DTYPE: "the format cannot hold this number type",
  EXPORT_ARCHITECTURE: "the program to write for has no such network",
  EXPORT_FILTER: "the format has no way to say this resize filter",

  // Images
  IMAGE_SOURCE: "what is given is no way to name an image",
  IMAGE_MISSING: "no image is there",
  IMAGE_UNREADABLE: "an image cannot be read from where it is",
  IMAGE_EMPTY: "an image file has no bytes",
  IMAGE_FORMAT: "a file is not of an image format that is read",
  IMAGE_CORRUPT: "an image file is damaged",
  IMAGE_TOO_LARGE: "an image has more bytes or pixels than allowed",
  PIXELS_INVALID: "raw pixels contradict their size",
  TENSOR_SHAPE: "a tensor has another shape than expected",

  // Folders of photos
  FOLDER_MISSING: "the data folder does not exist",
  FOLDER_UNREADABLE: "a folder cannot be listed",
  FOLDER_INVALID: "the data folder is a file",
  SPLIT_MISSING: "the folder of training or of validation photos is missing",
  SPLIT_AMBIGUOUS: "several folders could hold the photos of one split",
  CLASSES_MISSING: "a folder of photos has no folder for a class",
  CLASSES_TOO_FEW: "a training needs two classes at least",
  CLASSES_DIFFER: "training and validation photos have other classes",
  CLASS_EMPTY: "the folder of a class holds no photo",
  CLASS_UNREADABLE: "no photo of a class can be read",
  CLASS_NOT_SPLIT: "no class has photos enough for both splits",
  CLASS_UNKNOWN: "a folder is named as no class of the model",
  CLASS_AMBIGUOUS: "a folder is named as several classes of the model",
  DATA_UNREADABLE: "none of the photos can be read",
  DATA_CHANGED: "the photos are not those that the run was started with",

  // Tables of photos
  ANNOTATIONS_MISSING: "the table of photos does not exist",
  ANNOTATIONS_UNREADABLE: "the table of photos cannot be read from where it is",
  ANNOTATIONS_FORMAT: "the name of the table of photos says no format that is read",
  ANNOTATIONS_INVALID: "the table of photos, or rows of it, cannot be used",
  LABELS_SEVERAL: "photos have several classes, or none, where each must have one",

  // Evaluation
  EVALUATION_EMPTY: "there is no image to measure on",
  EVALUATION_INPUT: "logits, labels and files do not belong together",
  LOGITS_NOT_FINITE: "the network computed something that is no finite number",

  // Weights and models
  WEIGHTS_UNKNOWN: "no weights have this name",
  WEIGHTS_AMBIGUOUS: "a path and a repository of the hub have the same name",
  WEIGHTS_MISSING: "the weight file, or a file that belongs to it, does not exist",
  WEIGHTS_UNREADABLE: "a weight file cannot be read from where it is",
  WEIGHTS_UNREACHABLE: "weights cannot be downloaded",
  WEIGHTS_FORBIDDEN: "the server refuses to give the weights",
  WEIGHTS_FORMAT: "a file breaks the rules of its format, or is of none that is read",
  WEIGHTS_ZIP: "a zip archive breaks the rules of its format, or packs its entries",
  WEIGHTS_PICKLE: "a pickle breaks the rules of its format, or says what weights never do",
  WEIGHTS_PICKLE_GLOBAL: "a pickle names code, which is never executed",
  WEIGHTS_UNSUPPORTED: "a file uses a feature of its format that is not read",
  WEIGHTS_TRUNCATED: "a weight file ends too early",
  WEIGHTS_OFFSETS: "a tensor lies outside its file, or over another",
  WEIGHTS_CHECKSUM: "the bytes of a weight file do not fit their checksum",
  WEIGHTS_DAMAGED: "a weight file of this package, or a downloaded archive, is damaged",
  WEIGHTS_EMPTY: "a weight file holds no tensor",
  WEIGHTS_VERSION: "a weight file is of a version that is not read",
  WEIGHTS_METADATA: "the metadata of a weight file say what cannot be",
  PREPROCESSING_INVALID: "the metadata of a weight file say no valid preprocessing",
  WEIGHTS_NETWORK: "a weight file is of another network",
  WEIGHTS_INCOMPLETE: "a weight file lacks tensors of the network",
  WEIGHTS_SEVERAL: "a weight file holds several networks, and nothing tells which is meant",
  WEIGHTS_AVERAGES:
    "a weight file holds no averages, or nothing but averages, and the other is asked for",
  WEIGHTS_HEAD: "a weight file has another head than one linear layer",
  WEIGHTS_EXTRA: "a weight file holds tensors that the network has not",
  WEIGHTS_SHAPE: "a tensor of a weight file has another shape than the network's",
  WEIGHTS_DTYPE: "a tensor of a weight file has a number type that is not read",
  WEIGHTS_NOT_FINITE: "a tensor of a weight file holds something that is no finite number",
  WEIGHTS_BACKGROUND: "a weight file has an extra background class, and dropBackground is not set",
  WEIGHTS_SCALE: "batch norm has a learned scale, which the format cannot hold",
  WEIGHTS_OVERFLOW: "a weight is too large for the number type to write",
  WEIGHTS_TOO_LARGE: "weights are too large for the format to write",
  CLASSIFIER_MISSING: "the network has no classifier",

  // Training
  TRAINING_NOT_FINITE: "a training computed something that is no finite number",
  RATE_MISSING: "too few steps went well to suggest a learning rate",
  RUN_MISSING: "no run is in this folder",
  RUN_EXISTS: "a run is in this folder already",
  RUN_FINISHED: "the run has no epoch left",
  RUN_WEIGHTS: "a run without a checkpoint began with weights that cannot be read again",
  RUN_UNWRITABLE: "no run folder can be made there",
  RUN_CONFIG: "the config.json of a run cannot be used",
  RUN_RESULTS: "the results.csv of a run cannot be used",
  CHECKPOINT_VERSION: "a checkpoint is of a version that is not read",
  CHECKPOINT_DAMAGED: "a checkpoint is damaged",
  CHECKPOINT_NETWORK: "a checkpoint is of another network",

  // What the machine has
  ENGINE_MISSING: "the library of an engine cannot be loaded",
  ENGINE_STOPPED: "the thread of an engine has ended",
  THREAD_STOPPED: "a thread that worked on weights has ended",
  DECODER_MISSING: "the image decoder cannot be loaded",
  LOADER_STOPPED: "the thread that decodes images has ended",
  PROCESSOR_UNSUPPORTED: "the processor does not compute in this number type",
  OUT_OF_MEMORY: "memory ran out, or would",
  DISK_FULL: "the disk is full",
  FILE_UNWRITABLE: "a file cannot be written there",
  MEASUREMENT_FAILED: "a measurement ended before its time",
  NATIVE_CALL: "a function of a native library failed",

  // Graphs: mistakes of programs
  GRAPH_INVALID: "a graph breaks its own rules",
  GRAPH_INPUTS: "a node has the wrong number of inputs",
  GRAPH_OUTPUTS: "an op has no output",
  GRAPH_NAME_TAKEN: "a name is used twice in a graph",
  GRAPH_SHAPE: "the shapes of a node do not fit",
  SCOPE_UNKNOWN: "no node of the graph is under this path",
  TENSOR_MISSING: "no tensor is given for a value of the graph",
  GRADIENT_MISSING: "an op or parameter has no gradient",
  ARCHITECTURE_INVALID: "the layers of an architecture make no network",
  ARCHITECTURE_SHAPE: "a shape that an architecture states does not hold",

  UNEXPECTED: "an error that this library did not foresee",
} as const satisfies Readonly<Record<string, string>>;

/** Stable, machine-readable name of a problem, for example `IMAGE_UNREADABLE`. */
export type ErrorCode = keyof typeof errorCodes;
