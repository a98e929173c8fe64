/**
 * @file What the two tables of ONNX spellings share.
 */
import type { Node } from "../graph/ir.js";
import type { OpName, Window } from "../graph/ops.js";
import { type Shape, sizeOf } from "../tensor/tensor.js";
import type { OnnxAttribute, OnnxNode } from "./onnx-file.js";

/** Where a lowering adds its nodes and constants. */
export interface Site<K extends OpName> {
  readonly node: Node<K>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Adds an ONNX node and returns the name of its first output: a new one, or the names given.
   * An empty input name leaves an optional input out.
   */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: readonly string[],
    domain?: string,
  ): string;
  /** Adds a constant and returns its name. */
  constant(type: "float32" | "int64", shape: Shape, values: readonly number[]): string;
}

/** Spells an op in ONNX. */
export type Lowering<K extends OpName> = (site: Site<K>) => void;

/** An op that ONNX has under another name, with the same inputs. */
export function same(
  opType: string,
  attributes: OnnxNode["attributes"] = {},
): (site: Site<OpName>) => void {
  return ({ emit, inputs, outputs }) => {
    emit(opType, inputs, attributes, outputs);
  };
}

/** A window as ONNX attributes. */
export function sliding({ kernel, stride, padding }: Window): Record<string, OnnxAttribute> {
  return { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] };
}

/** A constant vector of ones. */
export function ones(shape: Shape, constant: Site<OpName>["constant"]): string {
  return constant("float32", shape, new Array<number>(sizeOf(shape)).fill(1));
}
