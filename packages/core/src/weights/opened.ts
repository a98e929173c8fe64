/**
 * @file A weight file that has been opened and checked, of whatever format.
 */
import type { KerasFile } from "./formats/keras-file.js";
import type { OnnxFile } from "./formats/onnx.js";
import type { TensorFile } from "./formats/tensor-file.js";

/** The formats that are read, with what they are. */
export const fileFormats = {
  safetensors: "of this project or of timm",
  torch: ".pth, .pt or .bin of torch.save, both forms",
  keras: ".h5, .weights.h5 or .keras of Keras 2 and 3",
  tensorflow: "a checkpoint of TF-Slim, V1 or V2: a file, a prefix or a folder",
  onnx: ".onnx, from any exporter",
  tfjs: "model.json of a TensorFlow.js layers model, or its folder",
} as const;

/** Name of a format. */
export type FileFormat = keyof typeof fileFormats;

/** An open file. */
export type OpenedWeights =
  | {
      /** What kind of file it is. */
      readonly format: "onnx";
      /** Its tensors, and what else its format says. */
      readonly file: OnnxFile;
      /** The file itself, and where files lie that it refers to. */
      readonly bytes: Uint8Array;
      /** Folder in which files lie that it refers to. */
      readonly folder: string | undefined;
    }
  | {
      /** What kind of file it is. */
      readonly format: "keras" | "tfjs";
      /** Its tensors, and what else its format says. */
      readonly file: KerasFile;
    }
  | {
      /** What kind of file it is. */
      readonly format: "safetensors" | "torch" | "tensorflow";
      /** Its tensors, and what else its format says. */
      readonly file: TensorFile;
    };
