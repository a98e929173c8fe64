/**
 * @file What every format of weight files comes down to: tensors by name.
 */
import type { Shape } from "../../tensor/tensor.js";

/** What a file says of one tensor. */
export interface TensorEntry {
  /** Element type as the format spells it. */
  readonly dtype: string;
  /** Sizes as the file has them, outermost first. */
  readonly shape: Shape;
}

/** A file that has been checked: its tensors, under the file's own names and in its own layouts. */
export interface TensorFile {
  /** What the file says of each tensor, by the file's own name. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Texts that the file says of itself. */
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * The elements of a tensor, row-major, as 32-bit floats: a view of the file where it holds such,
   * else a copy. Throws `ModelError` when they are no numbers.
   */
  floats(name: string): Float32Array;
}

/** A tensor whose elements are made when they are written. */
export interface LazyTensor {
  readonly shape: Shape;
  data(): Float32Array;
}
