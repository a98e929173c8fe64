/**
 * @file ONNX nodes one after the other, each under a new name: what an exporter writes around the
 * network's own.
 */

import { dataTypes } from "@inception-resnet-v2/core/internal/onnx/messages.js";
import type {
  OnnxAttribute,
  OnnxInitializer,
  OnnxNode,
  OnnxType,
} from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";

/** Nodes and constants under construction; every method gives the name of a result. */
export class OnnxNodes {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxInitializer[] = [];
  readonly #prefix: string;

  /** `prefix` keeps the names apart from others in the file. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Adds a node; its result gets a new name unless one is given. */
  add(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    output = `${this.#prefix}/${opType.toLowerCase()}_${this.nodes.length}`,
  ): string {
    this.nodes.push({ opType, name: `${output}_node`, inputs, outputs: [output], attributes });
    return output;
  }

  /** Converts to another type. */
  cast(input: string, type: OnnxType, output?: string): string {
    return this.add("Cast", [input], { to: dataTypes[type] }, output);
  }

  /** A float32 constant; a number is a scalar. */
  floats(values: number | readonly number[], shape?: readonly number[]): string {
    const list = typeof values === "number" ? [values] : values;
    const own = shape ?? (typeof values === "number" ? [] : [list.length]);
    return this.#constant("float32", own, new Uint8Array(Float32Array.from(list).buffer));
  }

  /** An int64 constant of one dimension, or a scalar. */
  integers(values: number | readonly number[]): string {
    const list = typeof values === "number" ? [values] : values;
    const shape = typeof values === "number" ? [] : [list.length];
    return this.#constant("int64", shape, new Uint8Array(BigInt64Array.from(list, BigInt).buffer));
  }

  #constant(type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    const name = `${this.#prefix}/constant_${this.constants.length}`;
    this.constants.push({ name, type, shape, bytes });
    return name;
  }
}
