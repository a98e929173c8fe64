/**
 * @file A network as an ONNX file: nodes, constants, inputs and outputs, as bytes.
 *
 * The messages are in `onnx/`; weights may stay outside, as ONNX external data.
 */
import type { Written } from "../protobuf/schema.js";
import {
  attributeTypes,
  dataTypes,
  encodeModel,
  externalLocation,
  type NodeMessage,
  type TensorMessage,
  type ValueMessage,
} from "./messages.js";

/** An attribute: a whole number, whole numbers, a real number or a text. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number } | string;

/** A node of an ONNX graph. */
export interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  readonly domain?: string;
}

/** A constant: its bytes inside the file, or outside under a location of its own. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array | { readonly location: string; readonly byteLength: number };
}

/** A named input or output; a string in the shape is a free dimension. */
export interface OnnxValue {
  readonly name: string;
  /** `float32` where nothing is said. */
  readonly type?: OnnxType;
  readonly shape: readonly (number | string)[];
}

/** What `encodeOnnx` writes. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Texts that the file says of itself. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Operator sets the nodes are written for: ONNX 17 and ONNX Runtime's own extensions. */
  readonly operatorSets?: readonly { readonly domain: string; readonly version: number }[];
}

const usualOperatorSets = [
  { domain: "", version: 17 },
  { domain: "com.microsoft", version: 1 },
];

/** Type of the elements of a tensor that we write. */
export type OnnxType = "float32" | "uint8" | "int64" | "float16";

/** The bytes of a model in ONNX IR version 8. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return encodeModel({
    irVersion: 8,
    producerName: "inception-resnet-v2",
    opsetImport: model.operatorSets ?? usualOperatorSets,
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.name,
      node: model.nodes.map(encodeNode),
      initializer: model.initializers.map(encodeInitializer),
      input: model.inputs.map(encodeValue),
      output: model.outputs.map(encodeValue),
    },
  });
}

/** Bytes that, behind those of a model, make values of its graph outputs. */
export function encodeOutputs(names: readonly string[]): Uint8Array {
  return encodeModel({ graph: { output: names.map((name) => ({ name })) } });
}

function encodeNode({
  opType,
  name,
  inputs,
  outputs,
  attributes = {},
  domain = "",
}: OnnxNode): Written<NodeMessage> {
  const attribute = Object.entries(attributes).map(([key, value]) => {
    if (typeof value === "string") {
      return { name: key, type: attributeTypes.string, s: new TextEncoder().encode(value) };
    }
    if (typeof value === "number") return { name: key, type: attributeTypes.int, i: value };
    if ("float" in value) return { name: key, type: attributeTypes.float, f: value.float };
    return { name: key, type: attributeTypes.ints, ints: value };
  });
  return { opType, name, input: inputs, output: outputs, attribute, domain };
}

function encodeInitializer({ name, type, shape, bytes }: OnnxInitializer): Written<TensorMessage> {
  const common = { name, dataType: dataTypes[type], dims: shape };
  if (bytes instanceof Uint8Array) return { ...common, rawData: bytes };
  const externalData = [
    { key: "location", value: bytes.location },
    { key: "offset", value: "0" },
    { key: "length", value: String(bytes.byteLength) },
  ];
  return { ...common, dataLocation: externalLocation, externalData };
}

function encodeValue({ name, type = "float32", shape }: OnnxValue): Written<ValueMessage> {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}
