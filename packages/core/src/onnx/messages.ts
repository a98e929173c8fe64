/**
 * @file The messages of the ONNX file format: the part of onnx.proto3 that a network needs.
 *
 * Field numbers and values of enums are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 * What of a file is not here is skipped.
 */
import { decodeMessage } from "../protobuf/decode.js";
import { encodeMessage } from "../protobuf/encode.js";
import { type Message, many, message, one, type Written } from "../protobuf/schema.js";

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

const textEntry = message("StringStringEntryProto", { key: one("text", 1), value: one("text", 2) });

const tensor = message("TensorProto", {
  dims: many("int", 1),
  dataType: one("int", 2),
  floatData: many("float", 4),
  int64Data: many("int", 7),
  name: one("text", 8),
  rawData: one("bytes", 9),
  doubleData: many("double", 10),
  externalData: many(textEntry, 13),
  dataLocation: one("int", 14),
});

const attribute = message("AttributeProto", {
  name: one("text", 1),
  f: one("float", 2),
  i: one("int", 3),
  s: one("bytes", 4),
  t: one(tensor, 5),
  ints: many("int", 8),
  type: one("int", 20),
});

const node = message("NodeProto", {
  input: many("text", 1),
  output: many("text", 2),
  name: one("text", 3),
  opType: one("text", 4),
  attribute: many(attribute, 5),
  domain: one("text", 7),
});

const dimension = message("Dimension", { dimValue: one("int", 1), dimParam: one("text", 2) });
const shape = message("TensorShapeProto", { dim: many(dimension, 1) });
const tensorType = message("TypeProto.Tensor", { elemType: one("int", 1), shape: one(shape, 2) });
const valueType = message("TypeProto", { tensorType: one(tensorType, 1) });
const value = message("ValueInfoProto", { name: one("text", 1), type: one(valueType, 2) });

const graph = message("GraphProto", {
  node: many(node, 1),
  name: one("text", 2),
  initializer: many(tensor, 5),
  input: many(value, 11),
  output: many(value, 12),
});

const operatorSet = message("OperatorSetIdProto", {
  domain: one("text", 1),
  version: one("int", 2),
});

const model = message("ModelProto", {
  irVersion: one("int", 1),
  producerName: one("text", 2),
  graph: one(graph, 7),
  opsetImport: many(operatorSet, 8),
  metadataProps: many(textEntry, 14),
});

/** A named tensor of constants. */
export type TensorMessage = Message<typeof tensor>;

/** A node: an op with the names of what it reads and makes. */
export type NodeMessage = Message<typeof node>;

/** An input or output; a size is a number or a name. */
export type ValueMessage = Message<typeof value>;

/** A whole file. */
export type ModelMessage = Message<typeof model>;

/** The bytes of a model. */
export function encodeModel(written: Written<ModelMessage>): Uint8Array<ArrayBuffer> {
  return encodeMessage(model, written);
}

/**
 * The model in some bytes. Fields that are not there are empty, messages null; the bytes of tensors are
 * views of the file. Throws what `fail` makes of a problem where the bytes are no message.
 */
export function decodeModel(bytes: Uint8Array, fail: (problem: string) => Error): ModelMessage {
  return decodeMessage(model, bytes, fail);
}
