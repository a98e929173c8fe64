/**
 * @file How each op is spelled in ONNX, and a whole graph with it.
 */
import { GraphError } from "../errors.js";
import type { Graph, Value } from "../graph/ir.js";
import type { OpName, Window } from "../graph/ops.js";
import type { Shape, Tensors } from "../tensor/tensor.js";
import { type Lowering, ones, same, sliding } from "./lowering.js";
import { encodeOnnx, type OnnxInitializer, type OnnxNode } from "./onnx-file.js";
import { optimizerLowerings } from "./optimizer-to-onnx.js";
import { trainingLowerings } from "./training-to-onnx.js";

/** Name of the batch dimension: sessions take any. */
const batchDimension = "N";

/** Constants from this size on stay outside the protobuf message. */
const externalBytes = 1024;

/** A model as ONNX Runtime takes it: the message, and the weights it refers to by location. */
export interface OnnxBundle {
  /** The bytes of the ONNX message, without large weights. */
  readonly model: Uint8Array;
  /** For each output of the graph, its name in the message. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The large weights, by the location that the message names. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** Writes a graph with its parameters as ONNX; the batch is free. */
export function toOnnx(graph: Graph, parameters: Tensors): OnnxBundle {
  const { nodes, constants } = lowerNodes(graph);
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const { name, shape } of graph.parameters) {
    const found = parameters.get(name);
    if (!found) throw new GraphError("TENSOR_MISSING", `Cannot compile: "${name}" has no value`);
    const { buffer, byteOffset, byteLength } = found.data;
    const data = new Uint8Array(buffer, byteOffset, byteLength);
    const outside = byteLength >= externalBytes;
    if (outside) externalData.push({ path: name, data });
    const bytes = outside ? { location: name, byteLength } : data;
    constants.push({ name, type: "float32", shape, bytes });
  }
  const inputs = graph.inputs.map(({ name, shape }) => ({ name, shape: freeBatch(shape) }));
  const outputs = outputValues(graph).map(({ name, shape }) => ({ name, shape: freeBatch(shape) }));
  const model = encodeOnnx({ name: graph.name, nodes, initializers: constants, inputs, outputs });
  return { model, outputs: outputNames(graph), externalData };
}

/**
 * Writes a training graph: its shapes are fixed, and its parameters are inputs too.
 *
 * The nodes stand in the file in reverse. ONNX Runtime runs what leads to the last node without a
 * reader first, then to the one before. In the order of the graph that would be the gradient of the
 * first layer's weights, and until then no activation could be freed; in reverse each gradient is
 * computed as soon as it can be.
 */
export function toTrainingOnnx(graph: Graph): OnnxBundle {
  const { nodes, constants } = lowerNodes(graph);
  const model = encodeOnnx({
    name: graph.name,
    nodes: nodes.toReversed(),
    initializers: constants,
    inputs: [...graph.inputs, ...graph.parameters],
    outputs: outputValues(graph),
  });
  return { model, outputs: outputNames(graph), externalData: [] };
}

/** The nodes of a graph, and the constants that they read beside its parameters. */
export function lowerNodes(graph: Graph): { nodes: OnnxNode[]; constants: OnnxInitializer[] } {
  const constants: OnnxInitializer[] = [];
  const nodes: OnnxNode[] = [];
  const byValue = new Map<string, string>();
  for (const node of graph.nodes) {
    const lower = lowerings[node.op] as Lowering<OpName>;
    lower({
      node,
      inputs: node.inputs.map((input) => input.name),
      outputs: node.outputs.map((output) => output.name),
      emit(
        opType,
        inputs,
        attributes = {},
        outputs = [`${node.name}#${nodes.length}`],
        domain = "",
      ) {
        const name = `${node.name}#node${nodes.length}`;
        nodes.push({ opType, name, inputs, outputs, attributes, domain });
        return outputs[0] ?? "";
      },
      constant(type, shape, values) {
        const key = `${type} ${shape} ${values}`;
        const known = byValue.get(key);
        if (known !== undefined) return known;
        const name = `constant#${constants.length}`;
        constants.push({ name, type, shape, bytes: constantBytes(type, values) });
        byValue.set(key, name);
        return name;
      },
    });
  }
  return { nodes, constants };
}

function outputNames(graph: Graph): Map<string, string> {
  return new Map([...graph.outputs].map(([name, value]) => [name, value.name]));
}

/** Each value that is an output, once. */
function outputValues(graph: Graph): Value[] {
  return [...new Set(graph.outputs.values())];
}

const lowerings: { readonly [K in OpName]: Lowering<K> } = {
  conv2d: ({ node, inputs, outputs, emit }) => {
    const kernel = node.inputs[1]?.shape.slice(2) as unknown as Window["kernel"];
    emit("Conv", inputs, sliding({ kernel, ...node.attributes }), outputs);
  },
  batch_norm: ({ node, inputs, outputs, emit, constant }) => {
    const [x = "", beta = "", mean = "", variance = "", gamma] = inputs;
    const scale = gamma ?? ones(node.inputs[1]?.shape ?? [], constant);
    const epsilon = { float: node.attributes.epsilon };
    emit("BatchNormalization", [x, scale, beta, mean, variance], { epsilon }, outputs);
  },
  relu: same("Relu"),
  max_pool: ({ node, inputs, outputs, emit }) => {
    emit("MaxPool", inputs, sliding(node.attributes), outputs);
  },
  avg_pool: ({ node, inputs, outputs, emit }) => {
    emit("AveragePool", inputs, { ...sliding(node.attributes), count_include_pad: 0 }, outputs);
  },
  global_avg_pool: ({ inputs, outputs, emit }) => {
    emit("Flatten", [emit("GlobalAveragePool", inputs)], { axis: 1 }, outputs);
  },
  global_max_pool: ({ inputs, outputs, emit }) => {
    emit("Flatten", [emit("GlobalMaxPool", inputs)], { axis: 1 }, outputs);
  },
  concat: same("Concat", { axis: 1 }),
  scale: ({ node, inputs, outputs, emit, constant }) => {
    emit("Mul", [...inputs, constant("float32", [], [node.attributes.factor])], {}, outputs);
  },
  add: same("Add"),
  dropout: same("Identity"),
  flatten: same("Flatten", { axis: 1 }),
  linear: same("Gemm", { transB: 1 }),

  ...trainingLowerings,
  ...optimizerLowerings,
};

function freeBatch(shape: Shape): (number | string)[] {
  return shape.map((size, axis) => (axis === 0 ? batchDimension : size));
}

function constantBytes(type: "float32" | "int64", values: readonly number[]): Uint8Array {
  const array = type === "float32" ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
  return new Uint8Array(array.buffer);
}
