/**
 * @file Elements of tensors in TensorFlow's checkpoints, as 32-bit floats.
 *
 * A V2 bundle holds elements as in memory, little-endian. A V1 checkpoint holds TensorProto
 * messages, where floats look the same, while whole numbers and the bits of halves are varints.
 * Numbers of types and fields are those of tensorflow/core/framework/types.proto and tensor.proto.
 */

import { ByteReader } from "@inception-resnet-v2/core/internal/protobuf/byte-reader.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { decodeFloats } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import { ProtobufMessage } from "../protobuf-fields.js";

/** TensorFlow's names of its types, by number. */
const typeNames: readonly (string | undefined)[] = [
  ...[undefined, "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64"],
  ...["int64", "bool", "qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16"],
  ...["complex128", "float16", "resource", "variant", "uint32", "uint64"],
];

/** TensorFlow's name of the type with a number. */
export function tfTypeName(type: number): string {
  return typeNames[type] ?? `type ${type}`;
}

/** How a type's elements are held; only types listed here can be read. */
interface Encoding {
  /** Bytes of one element in memory. */
  readonly bytes: number;
  /** Field of TensorProto for such elements. */
  readonly field: number;
  readonly isVarint: boolean;
  /** Elements as in memory, to floats. */
  readonly decode: (bytes: Uint8Array) => Float32Array;
}

const encodings: ReadonlyMap<string, Encoding> = new Map([
  ["float32", { bytes: 4, field: 5, isVarint: false, decode: (raw) => decodeFloats(raw, "F32") }],
  ["float64", { bytes: 8, field: 6, isVarint: false, decode: decodeDoubles }],
  ["float16", { bytes: 2, field: 13, isVarint: true, decode: (raw) => decodeFloats(raw, "F16") }],
  ["bfloat16", { bytes: 2, field: 13, isVarint: true, decode: (raw) => decodeFloats(raw, "BF16") }],
  ["int32", { bytes: 4, field: 7, isVarint: true, decode: decodeInts }],
  ["int64", { bytes: 8, field: 10, isVarint: true, decode: decodeLongs }],
] satisfies [string, Encoding][]);

/** Field of TensorProto with elements as in memory, whatever their type. */
const contentField = 4;

/** The elements of a tensor or of a slice of one, still as the file has them. */
export interface TfValues {
  readonly dtype: string;
  readonly bytes: Uint8Array;
  readonly isVarint: boolean;
}

/** What is known of a tensor before its elements are looked at. */
export interface TfElements {
  readonly dtype: string;
  readonly count: number;
  /** How messages call the tensor. */
  readonly what: string;
}

/** Elements as in memory. Throws when they are not `count`; types that are not read pass. */
export function rawValues(
  bytes: Uint8Array,
  { dtype, count, what }: TfElements,
  failure: Failure,
): TfValues {
  const size = encodings.get(dtype)?.bytes;
  if (size !== undefined && bytes.length !== count * size) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected ${count * size} bytes for ${what} (${count} of ${dtype}), got ${bytes.length}`,
    );
  }
  return { dtype, bytes, isVarint: false };
}

/** Elements in a TensorProto. Throws when they are not `count`; types that are not read pass. */
export function protoValues(message: Uint8Array, elements: TfElements, failure: Failure): TfValues {
  const { dtype, count, what } = elements;
  const encoding = encodings.get(dtype);
  if (!encoding) return { dtype, bytes: new Uint8Array(), isVarint: false };
  const fields = new ProtobufMessage(message, what, failure);
  const content = fields.bytes(contentField);
  if (content && content.length > 0) return rawValues(content, elements, failure);
  const bytes = fields.bytes(encoding.field) ?? new Uint8Array();
  if (!encoding.isVarint) return rawValues(bytes, elements, failure);
  const got = countVarints(bytes);
  if (got !== count) {
    throw failure("WEIGHTS_OFFSETS", `expected ${count} elements for ${what}, got ${got}`);
  }
  return { dtype, bytes, isVarint: true };
}

/** The elements as floats: a view of the file where it holds such, aligned; else a copy. */
export function tfFloats({ dtype, bytes, isVarint }: TfValues, failure: Failure): Float32Array {
  const encoding = encodings.get(dtype);
  if (!encoding) {
    const known = [...encodings.keys()].join(", ");
    throw failure("WEIGHTS_DTYPE", `expected one of the types ${known}, got ${dtype}`);
  }
  if (!isVarint) return encoding.decode(bytes);
  const fail = () => failure("WEIGHTS_FORMAT", `expected ${dtype} elements, got damaged ones`);
  const reader = new ByteReader(bytes, fail);
  const isHalf = encoding.bytes === 2;
  const count = countVarints(bytes);
  const numbers = isHalf ? new Uint16Array(count) : new Float32Array(count);
  for (let at = 0; at < count; at++) numbers[at] = reader.varint();
  return isHalf ? encoding.decode(new Uint8Array(numbers.buffer)) : (numbers as Float32Array);
}

/** Each varint ends in a byte below 128. */
function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) < 128) count++;
  return count;
}

function decodeDoubles(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Float64Array(...aligned(bytes, 8)));
}

function decodeInts(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Int32Array(...aligned(bytes, 4)));
}

function decodeLongs(bytes: Uint8Array): Float32Array {
  return Float32Array.from(new BigInt64Array(...aligned(bytes, 8)), Number);
}

/** Where elements of a size are, moved to where such may be viewed. */
function aligned(bytes: Uint8Array, size: number): [ArrayBufferLike, number, number] {
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return [buffer, byteOffset, bytes.length / size];
}
