/**
 * @file The ONNX file format: the few messages of onnx.proto3 that a network needs, as bytes.
 *
 * Field numbers and enum values are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * protobufjs does the encoding; weights stay outside the message, as ONNX external data.
 */
import protobuf from "protobufjs/light.js";

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

/** Numbers of the element types, as `Cast` takes them too. */
export const dataTypes = { float32: 1, uint8: 2, int64: 7, float16: 10 } as const;

/** Type of the elements of a tensor. */
export type OnnxType = keyof typeof dataTypes;

const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;
const externalDataLocation = 1;

/** The bytes of a model in ONNX IR version 8. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const message = {
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
  };
  const type = schema.lookupType("onnx.ModelProto");
  return type.encode(type.fromObject(message)).finish();
}

/** Bytes that, behind those of a model, make values of its graph outputs. */
export function encodeOutputs(names: readonly string[]): Uint8Array {
  const type = schema.lookupType("onnx.ModelProto");
  return type
    .encode(type.fromObject({ graph: { output: names.map((name) => ({ name })) } }))
    .finish();
}

function encodeNode({ opType, name, inputs, outputs, attributes = {}, domain = "" }: OnnxNode) {
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

function encodeInitializer({ name, type, shape, bytes }: OnnxInitializer) {
  const common = { name, dataType: dataTypes[type], dims: shape };
  if (bytes instanceof Uint8Array) return { ...common, rawData: bytes };
  const externalData = [
    { key: "location", value: bytes.location },
    { key: "offset", value: "0" },
    { key: "length", value: String(bytes.byteLength) },
  ];
  return { ...common, dataLocation: externalDataLocation, externalData };
}

function encodeValue({ name, type = "float32", shape }: OnnxValue) {
  const dim = shape.map((size) =>
    typeof size === "number" ? { dimValue: size } : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const schema = protobuf.Root.fromJSON({
  nested: {
    onnx: {
      nested: {
        ModelProto: {
          fields: {
            irVersion: one("int64", 1),
            producerName: one("string", 2),
            graph: one("GraphProto", 7),
            opsetImport: many("OperatorSetIdProto", 8),
            metadataProps: many("StringStringEntryProto", 14),
          },
        },
        OperatorSetIdProto: { fields: { domain: one("string", 1), version: one("int64", 2) } },
        GraphProto: {
          fields: {
            node: many("NodeProto", 1),
            name: one("string", 2),
            initializer: many("TensorProto", 5),
            input: many("ValueInfoProto", 11),
            output: many("ValueInfoProto", 12),
          },
        },
        NodeProto: {
          fields: {
            input: many("string", 1),
            output: many("string", 2),
            name: one("string", 3),
            opType: one("string", 4),
            attribute: many("AttributeProto", 5),
            domain: one("string", 7),
          },
        },
        AttributeProto: {
          fields: {
            name: one("string", 1),
            f: one("float", 2),
            i: one("int64", 3),
            s: one("bytes", 4),
            ints: many("int64", 8),
            type: one("int32", 20),
          },
        },
        TensorProto: {
          fields: {
            dims: many("int64", 1),
            dataType: one("int32", 2),
            name: one("string", 8),
            rawData: one("bytes", 9),
            externalData: many("StringStringEntryProto", 13),
            dataLocation: one("int32", 14),
          },
        },
        StringStringEntryProto: { fields: { key: one("string", 1), value: one("string", 2) } },
        ValueInfoProto: { fields: { name: one("string", 1), type: one("TypeProto", 2) } },
        TypeProto: { fields: { tensorType: one("TensorTypeProto", 1) } },
        TensorTypeProto: {
          fields: { elemType: one("int32", 1), shape: one("TensorShapeProto", 2) },
        },
        TensorShapeProto: { fields: { dim: many("Dimension", 1) } },
        Dimension: { fields: { dimValue: one("int64", 1), dimParam: one("string", 2) } },
      },
    },
  },
});
