/**
 * @file A weight file of Keras, of whatever layout: its layers, and their variables as tensors.
 */
import type { TensorFile } from "./tensor-file.js";

/** A layer with variables. */
export interface KerasLayer {
  /** Its own name, where the file tells; else its class and number. */
  readonly name: string;
  /** Names of its variables (`kernel`, `beta`, ...) to their entries in the file. */
  readonly variables: ReadonlyMap<string, string>;
}

/** A file of Keras: entries are those of its layers, without the state of an optimizer. */
export interface KerasFile extends TensorFile {
  /** In the order of the graph; of .weights.h5, each class for itself. */
  readonly layers: readonly KerasLayer[];
}
