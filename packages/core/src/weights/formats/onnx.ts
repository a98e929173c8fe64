/**
 * @file ONNX files as data: nodes, constants and texts, read for their weights and never run.
 *
 * The messages are in `onnx/`. Weights may lie in files beside (external data).
 */
import { type ErrorCode, ModelError } from "../../errors.js";
import {
  dataTypes,
  decodeModel,
  externalLocation,
  type NodeMessage,
  type TensorMessage,
} from "../../onnx/messages.js";
import { type Shape, sizeOf } from "../../tensor/tensor.js";
import { quote } from "../quote.js";
import { decodeFloats, type FloatType } from "./floats.js";
import type { TensorEntry, TensorFile } from "./tensor-file.js";

/** A node of the graph, with the attributes that decide what it computes. */
export interface ForeignNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers: ReadonlyMap<string, readonly number[]>;
  readonly floats: ReadonlyMap<string, number>;
}

/** A file that has been checked: its constants as tensors, its nodes in the order of the file. */
export interface OnnxFile extends TensorFile {
  readonly nodes: readonly ForeignNode[];
  /** The inputs that are no constants; free sizes are 0. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly string[];
}

/** Gives the bytes of a file beside the model, by the location that it names. */
export type ReadBeside = (location: string) => Uint8Array;

/** Types of which tensors become numbers. */
const types: Readonly<Record<number, FloatType | "F64" | "I64" | "I32">> = {
  [dataTypes.float32]: "F32",
  [dataTypes.int32]: "I32",
  [dataTypes.int64]: "I64",
  [dataTypes.float16]: "F16",
  [dataTypes.float64]: "F64",
  [dataTypes.bfloat16]: "BF16",
};
const elementBytes = { F32: 4, F16: 2, BF16: 2, F64: 8, I64: 8, I32: 4 } as const;

/**
 * Reads an ONNX file; `name` is how messages call it, `beside` gives the files that it refers to.
 * Throws `ModelError` when it is no such file, or damaged.
 */
export function readOnnx(bytes: Uint8Array, name: string, beside?: ReadBeside): OnnxFile {
  const failure = (code: ErrorCode, problem: string, cause?: unknown) =>
    new ModelError(code, `Cannot read weights "${name}": ${problem}`, { cause });
  const model = decodeModel(bytes, (problem) =>
    failure("WEIGHTS_FORMAT", "expected an ONNX file, got other bytes", new Error(problem)),
  );
  const { graph } = model;
  if (!graph || graph.node.length === 0) {
    throw failure("WEIGHTS_FORMAT", "expected an ONNX file with a graph, got none");
  }
  const constants = new Map(graph.initializer.map((one) => [one.name, one]));
  for (const { opType, input, output, attribute } of graph.node) {
    const value = attribute.find((one) => one.name === "value")?.t;
    if (opType === "Constant" && value && output[0]) constants.set(output[0], value);
    // torch.onnx keeps equal tensors once and names them again by Identity.
    const same = opType === "Identity" ? constants.get(input[0] ?? "") : undefined;
    if (same && output[0]) constants.set(output[0], same);
  }
  const entries = new Map<string, TensorEntry>();
  for (const [key, message] of constants) {
    const shape = message.dims;
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw failure("WEIGHTS_FORMAT", `expected a shape for tensor ${quote(key)}, got ${shape}`);
    }
    entries.set(key, { dtype: types[message.dataType] ?? `type ${message.dataType}`, shape });
  }
  return {
    entries,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
    nodes: graph.node.map(readNode),
    inputs: graph.input
      .filter((one) => !constants.has(one.name))
      .map(({ name: input, type }) => ({
        name: input,
        shape: type?.tensorType?.shape?.dim.map(({ dimValue }) => dimValue) ?? [],
      })),
    outputs: graph.output.map((one) => one.name),
    floats(key) {
      const message = constants.get(key) as TensorMessage;
      const { shape, dtype } = entries.get(key) as TensorEntry;
      return floatsOf(message, { shape, dtype, beside }, (code, problem) =>
        failure(code, `${problem} for tensor ${quote(key)}`),
      );
    },
  };
}

/** A node as plain data. */
function readNode({ opType, name, input, output, attribute }: NodeMessage): ForeignNode {
  const integers = attribute.map((one): [string, readonly number[]] => [
    one.name,
    one.ints.length > 0 ? one.ints : [one.i],
  ]);
  return {
    op: opType,
    name,
    inputs: input,
    outputs: output,
    integers: new Map(integers),
    floats: new Map(attribute.map((one) => [one.name, one.f])),
  };
}

function floatsOf(
  message: TensorMessage,
  { shape, dtype, beside }: TensorEntry & { readonly beside: ReadBeside | undefined },
  failure: (code: ErrorCode, problem: string) => ModelError,
): Float32Array {
  if (!(dtype in elementBytes)) {
    throw failure("WEIGHTS_DTYPE", `expected floats or whole numbers, got ${dtype}`);
  }
  const count = sizeOf(shape as Shape);
  const lists = [message.floatData, message.doubleData, message.int64Data];
  const list = lists.find((one) => one.length > 0);
  if (list && message.rawData.length === 0) {
    if (list.length === count) return Float32Array.from(list);
    throw failure("WEIGHTS_TRUNCATED", `expected ${count} numbers, got ${list.length}`);
  }
  const bytes =
    message.dataLocation === externalLocation
      ? readExternal(message, beside, failure)
      : message.rawData;
  const expected = count * elementBytes[dtype as keyof typeof elementBytes];
  if (bytes.length !== expected) {
    throw failure("WEIGHTS_TRUNCATED", `expected ${expected} bytes, got ${bytes.length}`);
  }
  if (dtype === "F32" || dtype === "F16" || dtype === "BF16") return decodeFloats(bytes, dtype);
  const { buffer } = new Uint8Array(bytes); // aligned
  if (dtype === "F64") return Float32Array.from(new Float64Array(buffer));
  if (dtype === "I32") return Float32Array.from(new Int32Array(buffer));
  return Float32Array.from(new BigInt64Array(buffer), Number);
}

function readExternal(
  { externalData }: TensorMessage,
  beside: ReadBeside | undefined,
  failure: (code: ErrorCode, problem: string) => ModelError,
): Uint8Array {
  const given = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = given.get("location") ?? "";
  if (!/^[^/\\]+$/.test(location) || location === "..") {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected the name of a file beside the model, got ${quote(location)}`,
    );
  }
  if (!beside) {
    throw failure(
      "WEIGHTS_INCOMPLETE",
      `expected the file ${quote(location)} beside it, got bytes only`,
    );
  }
  const file = beside(location);
  const from = Number(given.get("offset") ?? 0);
  const to = from + Number(given.get("length") ?? file.length - from);
  if (Number.isSafeInteger(from) && from >= 0 && from <= to && to <= file.length) {
    return file.subarray(from, to);
  }
  throw failure(
    "WEIGHTS_TRUNCATED",
    `expected bytes ${from} to ${to} of ${quote(location)}, got ${file.length} in total`,
  );
}
