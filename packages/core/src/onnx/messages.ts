/**
 * @file The messages of the ONNX file format: the part of onnx.proto3 that a network needs.
 *
 * Field numbers and values of enums are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * protobufjs encodes and decodes; what of a file is not here is skipped.
 */
import protobuf from "protobufjs/light.js";

/** TensorProto.DataType. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;

/** AttributeProto.AttributeType. */
export const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** TensorProto.DataLocation: the bytes are in a file beside the model. */
export const externalLocation = 1;

/** A named tensor of constants. */
export interface TensorMessage {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int64Data: readonly number[];
  readonly name: string;
  readonly rawData: Uint8Array;
  readonly doubleData: readonly number[];
  readonly externalData: readonly TextMessage[];
  readonly dataLocation: number;
}

/** A text by name (StringStringEntryProto). */
export interface TextMessage {
  readonly key: string;
  readonly value: string;
}

/** What a node computes with, beside its inputs. */
export interface AttributeMessage {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: TensorMessage | null;
  readonly ints: readonly number[];
  readonly type: number;
}

/** A node: an op with the names of what it reads and makes. */
export interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly AttributeMessage[];
  readonly domain: string;
}

/** An input or output; a size is a number or a name. */
export interface ValueMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: {
        readonly dim: readonly { readonly dimValue: number; readonly dimParam: string }[];
      } | null;
    } | null;
  } | null;
}

/** A whole file. */
export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  readonly graph: {
    readonly node: readonly NodeMessage[];
    readonly name: string;
    readonly initializer: readonly TensorMessage[];
    readonly input: readonly ValueMessage[];
    readonly output: readonly ValueMessage[];
  } | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly TextMessage[];
}

/** A message as it is written: fields may be left out, at any depth. */
export type Written<T> = T extends Uint8Array | string | number | null
  ? T
  : { readonly [K in keyof T]?: Written<T[K]> };

/** The bytes of a model. */
export function encodeModel(model: Written<ModelMessage>): Uint8Array {
  return modelType.encode(modelType.fromObject(model)).finish();
}

/**
 * The model in some bytes. Fields that are not there are empty, messages null; the bytes of tensors are
 * views of the file. Throws an `Error` of protobufjs where the bytes are no message.
 */
export function decodeModel(bytes: Uint8Array): ModelMessage {
  const options = { defaults: true, arrays: true, longs: Number };
  return modelType.toObject(modelType.decode(bytes), options) as ModelMessage;
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const modelType = protobuf.Root.fromJSON({
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
        t: one("TensorProto", 5),
        ints: many("int64", 8),
        type: one("int32", 20),
      },
    },
    TensorProto: {
      fields: {
        dims: many("int64", 1),
        dataType: one("int32", 2),
        floatData: many("float", 4),
        int64Data: many("int64", 7),
        name: one("string", 8),
        rawData: one("bytes", 9),
        doubleData: many("double", 10),
        externalData: many("StringStringEntryProto", 13),
        dataLocation: one("int32", 14),
      },
    },
    StringStringEntryProto: { fields: { key: one("string", 1), value: one("string", 2) } },
    ValueInfoProto: { fields: { name: one("string", 1), type: one("TypeProto", 2) } },
    TypeProto: { fields: { tensorType: one("TensorTypeProto", 1) } },
    TensorTypeProto: { fields: { elemType: one("int32", 1), shape: one("TensorShapeProto", 2) } },
    TensorShapeProto: { fields: { dim: many("Dimension", 1) } },
    Dimension: { fields: { dimValue: one("int64", 1), dimParam: one("string", 2) } },
  },
}).lookupType("ModelProto");
