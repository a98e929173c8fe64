/**
 * @file This network as other programs' exporters write it to ONNX.
 *
 * These files are ours, in the manner of the others: tf2onnx, which turns Keras' and TensorFlow's
 * graphs into NCHW behind one transpose, and Keras on PyTorch, which stays NHWC and transposes around
 * each convolution and pool. test/keras-onnx.full.test.ts has files that Keras itself wrote.
 */

import type { AnyNode, Graph, Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Window } from "@inception-resnet-v2/core/internal/graph/ops.js";
import {
  encodeOnnx,
  type OnnxAttribute,
  type OnnxNode,
} from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { toHwio } from "@inception-resnet-v2/core/internal/weights/sources/hwio.js";
import { OnnxNodes } from "inception-resnet-v2/internal/export/onnx-nodes.js";

/** What exporters do differently. */
export interface Manner {
  /** Batch norm: in the weights before it, as a node, or as `Sub`, `Mul` and `Add`. */
  readonly norm: "folded" | "node" | "arithmetic";
  /** What is NCHW: all behind one transpose, or convolutions and pools alone, with casts between. */
  readonly first: "all" | "windows";
  /** Padding as `auto_pad`, or as numbers. */
  readonly padding: "auto_pad" | "pads";
  /** The global average: `ReduceMean` over the axes of NHWC, or a pool and `Squeeze`. */
  readonly mean: "ReduceMean" | "GlobalAveragePool";
  /** Whether the file ends in a softmax. */
  readonly softmax: boolean;
}

const toFirst = { perm: [0, 3, 1, 2] };
const toLast = { perm: [0, 2, 3, 1] };

/** A network as an ONNX file, NHWC in, its nodes in any order that runs. */
export function writeForeignOnnx(
  { graph, parameters }: { readonly graph: Graph; readonly parameters: Tensors },
  manner: Manner,
): Uint8Array {
  const [input] = graph.inputs as readonly [Value];
  const [, , height = 0, width = 0] = input.shape;
  const end = (graph.outputs.get("logits") ?? graph.outputs.get("features")) as Value;
  const writer = new Writer(graph, parameters, manner);
  let result = writer.write(end);
  if (manner.softmax) result = writer.out.add("Softmax", [result], { axis: 1 });
  return encodeOnnx({
    name: "keras",
    operatorSets: [{ domain: "", version: 15 }],
    nodes: shuffled(writer.out.nodes),
    initializers: writer.out.constants,
    inputs: [{ name: "input_1", shape: ["unk__1", height, width, 3] }],
    outputs: [{ name: result, shape: ["unk__2", ...end.shape.slice(1)] }],
  });
}

class Writer {
  readonly out = new OnnxNodes("StatefulPartitionedCall");
  readonly #names = new Map<Value, string>();
  readonly #scales = new Map<number, string>();
  readonly #graph: Graph;
  readonly #parameters: Tensors;
  readonly #manner: Manner;

  constructor(graph: Graph, parameters: Tensors, manner: Manner) {
    this.#graph = graph;
    this.#parameters = parameters;
    this.#manner = manner;
  }

  /** Writes all nodes; gives the name of a value. */
  write(end: Value): string {
    const start =
      this.#manner.first === "all" ? this.out.add("Transpose", ["input_1"], toFirst) : "input_1";
    this.#names.set(this.#graph.inputs[0] as Value, start);
    for (const node of this.#graph.nodes) {
      const name = this.#write(node);
      // Keras casts from float32 to float32 wherever a layer begins or ends.
      const casts = this.#manner.first === "windows" ? [1, 2, 3] : [];
      const cast = casts.reduce((one) => this.out.cast(one, "float32"), name);
      this.#names.set(node.outputs[0] as Value, cast);
    }
    return this.#names.get(end) ?? "";
  }

  #write(node: AnyNode): string {
    const { out } = this;
    const inputs = node.inputs.flatMap((one) => this.#names.get(one) ?? []);
    const [x = ""] = inputs;
    switch (node.op) {
      case "conv2d":
        return this.#convolution(node, x);
      case "batch_norm":
        return this.#norm(node, x);
      case "relu":
        return out.add("Relu", [x]);
      case "max_pool":
      case "avg_pool": {
        const kind = node.op === "max_pool" ? "MaxPool" : "AveragePool";
        const { kernel } = node.attributes;
        return this.#window(kind, [x], { ...node.attributes, kernel });
      }
      case "concat":
        return out.add("Concat", inputs, { axis: this.#manner.first === "all" ? 1 : 3 });
      case "scale": {
        const { factor } = node.attributes;
        const scale = this.#scales.get(factor) ?? out.floats(factor);
        this.#scales.set(factor, scale);
        return out.add("Mul", [x, scale]);
      }
      case "add":
        return out.add("Add", inputs);
      case "dropout":
        return x;
      case "global_avg_pool":
        return this.#mean(x);
      case "linear": {
        const weight = toHwio(this.#given(node.inputs[1]));
        const product = out.add("MatMul", [x, this.#constant(weight.data, weight.shape)]);
        return out.add("Add", [product, this.#constant(this.#given(node.inputs[2]).data)]);
      }
      default:
        throw new Error(`no manner of ${node.op}`);
    }
  }

  #convolution(node: Node<"conv2d">, x: string): string {
    const { shape, data } = this.#given(node.inputs[1]);
    const norm = this.#manner.norm === "folded" ? this.#normAfter(node) : undefined;
    const bias = node.inputs[2] && this.#given(node.inputs[2]).data;
    const { gain, shift } = norm ? this.#affine(norm) : { gain: undefined, shift: bias };
    const size = data.length / (shape[0] ?? 1);
    const weight = gain ? data.map((one, at) => one * (gain[Math.floor(at / size)] ?? 0)) : data;
    const isApart = this.#manner.first === "windows"; // Keras adds the bias itself
    const window = { ...node.attributes, kernel: shape.slice(2) as unknown as Window["kernel"] };
    const constants = [this.#constant(weight, shape)];
    if (shift && !isApart) constants.push(this.#constant(shift));
    const y = this.#window("Conv", [x, ...constants], window);
    return shift && isApart
      ? this.out.add("Add", [y, this.#constant(shift, [1, 1, 1, shift.length])])
      : y;
  }

  #norm(node: Node<"batch_norm">, x: string): string {
    const { norm } = this.#manner;
    if (norm === "folded") return x;
    const [, beta, mean, variance] = node.inputs.map((one) => this.#parameters.get(one.name)?.data);
    if (!beta || !mean || !variance) throw new Error(`${node.name} lacks a value`);
    if (norm === "node") {
      const gamma = node.inputs[4] ? this.#given(node.inputs[4]).data : mean.map(() => 1);
      const values = [gamma, beta, mean, variance].map((one) => this.#constant(one));
      const epsilon = { float: node.attributes.epsilon };
      return this.out.add("BatchNormalization", [x, ...values], { epsilon });
    }
    const constant = (values: Float32Array) => this.#constant(values, [1, 1, 1, values.length]);
    const centered = this.out.add("Sub", [x, constant(mean)]);
    const scaled = this.out.add("Mul", [centered, constant(this.#affine(node).gain)]);
    return this.out.add("Add", [scaled, constant(beta)]);
  }

  /** A batch norm as one factor and one term a channel. */
  #affine(node: Node<"batch_norm">): { gain: Float32Array; shift: Float32Array } {
    const [, beta, mean, variance, gamma] = node.inputs.map(
      (one) => this.#parameters.get(one.name)?.data,
    );
    const gain = Float32Array.from(variance ?? [], (one, at) => {
      return (gamma?.[at] ?? 1) / Math.sqrt(one + node.attributes.epsilon);
    });
    const shift = gain.map((one, at) => (beta?.[at] ?? 0) - one * (mean?.[at] ?? 0));
    return { gain, shift };
  }

  #normAfter({ outputs }: AnyNode): Node<"batch_norm"> | undefined {
    return this.#graph.nodes.find(
      (one): one is Node<"batch_norm"> => one.op === "batch_norm" && one.inputs[0] === outputs[0],
    );
  }

  #window(kind: string, [x = "", ...constants]: readonly string[], window: Window): string {
    const { kernel, stride, padding } = window;
    const how: Record<string, OnnxAttribute> =
      this.#manner.padding === "pads"
        ? { pads: [...padding, ...padding] }
        : { auto_pad: padding.some((one) => one > 0) ? "SAME_UPPER" : "VALID" };
    const attributes = { kernel_shape: kernel, strides: stride, ...how };
    if (this.#manner.first === "all") return this.out.add(kind, [x, ...constants], attributes);
    const turned = this.out.add("Transpose", [x], toFirst);
    return this.out.add(
      "Transpose",
      [this.out.add(kind, [turned, ...constants], attributes)],
      toLast,
    );
  }

  #mean(x: string): string {
    const { first, mean } = this.#manner;
    if (mean === "GlobalAveragePool") {
      const grid = first === "all" ? x : this.out.add("Transpose", [x], toFirst);
      return this.out.add("Squeeze", [this.out.add(mean, [grid]), this.out.integers([2, 3])]);
    }
    const grid = first === "all" ? this.out.add("Transpose", [x], toLast) : x;
    return this.out.add(mean, [grid], { axes: [1, 2], keepdims: 0 });
  }

  #given(value: Value | undefined): Tensor {
    const found = this.#parameters.get(value?.name ?? "");
    if (!found) throw new Error(`${value?.name} has no value`);
    return found;
  }

  #constant(values: Float32Array, shape: readonly number[] = [values.length]): string {
    return this.out.floats(Array.from(values), shape);
  }
}

/** The nodes in a random order in which each comes after those that it reads. */
function shuffled(nodes: readonly OnnxNode[]): OnnxNode[] {
  const random = createRandom(7, "order of nodes");
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((one) => [one, node] as const)));
  const waiting = new Map(
    nodes.map((node) => [node, node.inputs.filter((one) => makers.has(one)).length]),
  );
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  const order: OnnxNode[] = [];
  while (ready.length > 0) {
    const [node] = ready.splice(random.below(ready.length), 1) as [OnnxNode];
    order.push(node);
    for (const reader of nodes) {
      for (const one of reader.inputs) {
        if (!node.outputs.includes(one)) continue;
        const left = (waiting.get(reader) ?? 0) - 1;
        waiting.set(reader, left);
        if (left === 0) ready.push(reader);
      }
    }
  }
  return order;
}
