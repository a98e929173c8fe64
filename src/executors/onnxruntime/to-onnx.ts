/**
 * @file How each op is spelled in ONNX, and a whole graph with it.
 */
import { GraphError } from "../../errors.js";
import type { Graph, Node } from "../../graph/ir.js";
import type { OpName, Window } from "../../graph/ops.js";
import type { Shape, Tensors } from "../../tensor/tensor.js";
import { encodeOnnx, type OnnxInitializer, type OnnxNode } from "./onnx-file.js";

/** Name of the batch dimension: sessions take any. */
const batchDimension = "N";

/** Constants from this size on stay outside the protobuf message. */
const externalBytes = 1024;

/** A model as ONNX Runtime takes it: the message, and the weights it refers to by location. */
export interface OnnxBundle {
  readonly model: Uint8Array;
  /** For each output of the graph, its name in the message. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Writes a graph with its parameters as ONNX; the batch is free. */
export function toOnnx(graph: Graph, parameters: Tensors): OnnxBundle {
  const constants: OnnxInitializer[] = [];
  const nodes = graph.nodes.flatMap((node) => {
    const lower = lowerings[node.op] as Lowering<OpName>;
    return lower({
      node,
      inputs: node.inputs.map((input) => input.name),
      output: node.outputs[0]?.name ?? "",
      constant: (type, shape, values) => {
        const name = `${node.name}#${constants.length}`;
        constants.push({ name, type, shape, bytes: constantBytes(type, values) });
        return name;
      },
    });
  });
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const { name, shape } of graph.parameters) {
    const found = parameters.get(name);
    if (!found) throw new GraphError("NO_PARAMETER", `Cannot compile: "${name}" has no value`);
    const { buffer, byteOffset, byteLength } = found.data;
    const data = new Uint8Array(buffer, byteOffset, byteLength);
    const outside = byteLength >= externalBytes;
    if (outside) externalData.push({ path: name, data });
    const bytes = outside ? { location: name, byteLength } : data;
    constants.push({ name, type: "float32", shape, bytes });
  }
  const outputs = new Map([...graph.outputs].map(([name, value]) => [name, value.name]));
  const model = encodeOnnx({
    name: graph.name,
    nodes,
    initializers: constants,
    inputs: graph.inputs.map(({ name, shape }) => ({ name, shape: freeBatch(shape) })),
    outputs: [...new Set(graph.outputs.values())].map(({ name, shape }) => ({
      name,
      shape: freeBatch(shape),
    })),
  });
  return { model, outputs, externalData };
}

interface Site<K extends OpName> {
  readonly node: Node<K>;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Adds a constant and returns its name. */
  constant(type: "float32" | "int64", shape: Shape, values: readonly number[]): string;
}

type Lowering<K extends OpName> = (site: Site<K>) => readonly OnnxNode[];

const lowerings: { readonly [K in OpName]: Lowering<K> } = {
  conv2d: ({ node, inputs, output }) => {
    const { stride, padding } = node.attributes;
    const kernel = node.inputs[1]?.shape.slice(2) as unknown as Window["kernel"];
    return [plain("Conv", node.name, inputs, output, sliding({ kernel, stride, padding }))];
  },
  batch_norm: ({ node, inputs, output, constant }) => {
    const [x = "", beta = "", mean = "", variance = "", gamma] = inputs;
    const channels = node.inputs[1]?.shape ?? [];
    const ones = new Array<number>(channels[0] ?? 0).fill(1);
    const scale = gamma ?? constant("float32", channels, ones);
    const attributes = { epsilon: { float: node.attributes.epsilon } };
    const all = [x, scale, beta, mean, variance];
    return [plain("BatchNormalization", node.name, all, output, attributes)];
  },
  relu: same("Relu"),
  max_pool: ({ node, inputs, output }) => [
    plain("MaxPool", node.name, inputs, output, sliding(node.attributes)),
  ],
  avg_pool: ({ node, inputs, output }) => {
    const attributes = { ...sliding(node.attributes), count_include_pad: 0 };
    return [plain("AveragePool", node.name, inputs, output, attributes)];
  },
  global_avg_pool: overGrid("GlobalAveragePool"),
  global_max_pool: overGrid("GlobalMaxPool"),
  concat: ({ node, inputs, output }) => [plain("Concat", node.name, inputs, output, { axis: 1 })],
  scale: ({ node, inputs, output, constant }) => [
    plain("Mul", node.name, [...inputs, constant("float32", [], [node.attributes.factor])], output),
  ],
  add: same("Add"),
  dropout: same("Identity"),
  flatten: ({ node, inputs, output }) => [plain("Flatten", node.name, inputs, output, { axis: 1 })],
  linear: ({ node, inputs, output }) => [plain("Gemm", node.name, inputs, output, { transB: 1 })],
};

function same(opType: string): Lowering<OpName> {
  return ({ node, inputs, output }) => [plain(opType, node.name, inputs, output)];
}

function overGrid(opType: string): Lowering<OpName> {
  return ({ node, inputs, output }) => [
    plain(opType, node.name, inputs, `${output}#grid`),
    plain("Flatten", `${node.name}#flat`, [`${output}#grid`], output, { axis: 1 }),
  ];
}

function plain(
  opType: string,
  name: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode {
  return { opType, name, inputs, outputs: [output], attributes };
}

function sliding({ kernel, stride, padding }: Window) {
  return { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] };
}

function freeBatch([, ...rest]: Shape): (number | string)[] {
  return [batchDimension, ...rest];
}

function constantBytes(type: "float32" | "int64", values: readonly number[]): Uint8Array {
  const array = type === "float32" ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
  return new Uint8Array(array.buffer);
}
