/**
 * @file PyTorch's tensors: views of storages, by offset, sizes and strides in elements.
 */
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import {
  decodeNumbers,
  numberBytes,
} from "@inception-resnet-v2/core/internal/weights/formats/numbers.js";
import { describeValue } from "./pickle-machine.js";

/** An element type. */
export interface TorchType {
  /** As `torch.<name>`. */
  readonly name: string;
  /** Bytes of one element. */
  readonly bytes: number;
  /** Little-endian elements as float32; where there is none, they are no real numbers. */
  readonly decode?: (bytes: Uint8Array) => Float32Array;
}

/** Bytes that tensors share. */
export class TorchStorage {
  /**
   * @param elements how many of the storage's own type there are
   * @param bigEndian whether the bytes of an element come in reverse
   * @param bytes all bytes: a legacy file has them behind the pickle that names the storage
   */
  constructor(
    readonly type: TorchType,
    readonly elements: number,
    readonly bigEndian: boolean,
    readonly bytes: () => Uint8Array,
  ) {}
}

/** A tensor whose elements all lie within its storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly type: TorchType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** All types that a file may name. Numbers of more than 24 bits are rounded. */
export const torchTypes: readonly TorchType[] = [
  ...Object.entries({
    float32: "F32",
    float16: "F16",
    bfloat16: "BF16",
    float64: "F64",
    float8_e4m3fn: "F8_E4M3",
    float8_e5m2: "F8_E5M2",
    int64: "I64",
    int32: "I32",
    int16: "I16",
    int8: "I8",
    uint8: "U8",
  } as const).map(([name, type]) => ({
    name,
    bytes: numberBytes[type],
    decode: (bytes: Uint8Array) => decodeNumbers(bytes, type),
  })),
  { name: "bool", bytes: 1 },
  { name: "complex64", bytes: 8 },
  { name: "complex128", bytes: 16 },
];

/** Most axes of a tensor: PyTorch has 64, kernels have 4. */
const axesLimit = 16;
/** Most elements of a tensor with fewer of them in its storage, as `expand` makes: 16 MB. */
const repeatLimit = 2 ** 22;

/**
 * A view of a storage, after a check that it lies inside: `size` and `stride` have one whole number
 * an axis. Throws what `failure` makes.
 */
export function viewStorage(
  storage: TorchStorage,
  type: TorchType,
  { offset, size, stride }: { offset: unknown; size: unknown; stride: unknown },
  failure: Failure,
): TorchTensor {
  if (!isCount(offset) || !isCounts(size) || !isCounts(stride) || size.length !== stride.length) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a tensor's offset, sizes and strides, got ${[offset, size, stride].map(describeValue).join(", ")}`,
    );
  }
  const capacity = Math.floor((storage.elements * storage.type.bytes) / type.bytes);
  const isEmpty = size.includes(0);
  const elements = isEmpty ? 0 : sizeOf(size);
  const end = isEmpty ? 0 : offset + spanOf(size, stride);
  if (end > capacity) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected tensors within their storage of ${capacity} elements, got one that ends at ${end}`,
    );
  }
  if (elements > Math.max(capacity, repeatLimit)) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected at most ${Math.max(capacity, repeatLimit)} elements of a storage of ${capacity}, got ${elements}`,
    );
  }
  // copies: a pickle may go on and change the lists that it gave
  return new TorchTensor(storage, type, offset, [...size], [...stride]);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= axesLimit && value.every(isCount);
}

/** Elements from the first to the last of a tensor that is not empty. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((span, size, axis) => span + (size - 1) * (strides[axis] as number), 1);
}

/**
 * Elements, row-major: a view of the storage where that holds aligned little-endian float32 in this
 * order, else a copy. Undefined where they are no real numbers.
 */
export function elementsOf(tensor: TorchTensor): Float32Array | undefined {
  const { storage, type, offset, shape, strides } = tensor;
  if (!type.decode) return undefined;
  if (shape.includes(0)) return new Float32Array(0);
  const from = offset * type.bytes;
  const span = storage.bytes().subarray(from, from + spanOf(shape, strides) * type.bytes);
  const bytes = isRowMajor(shape, strides) ? span : gather(span, tensor);
  return type.decode(storage.bigEndian ? reversed(bytes, type.bytes) : bytes);
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    if (strides[axis] !== step) return false;
    step *= size;
  }
  return true;
}

/** The bytes of the elements, one after the other. */
function gather(span: Uint8Array, { type, shape, strides }: TorchTensor): Uint8Array {
  const result = new Uint8Array(sizeOf(shape) * type.bytes);
  const steps = strides.map((stride) => stride * type.bytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < result.length; at += type.bytes) {
    for (let byte = 0; byte < type.bytes; byte++) result[at + byte] = span[from + byte] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [size, step] = [shape[axis] as number, steps[axis] as number];
      from += step;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < size) break;
      from -= size * step;
      index[axis] = 0;
    }
  }
  return result;
}

/** A copy with the bytes of each element in reverse. */
function reversed(bytes: Uint8Array, size: number): Uint8Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (size === 2) copy.swap16();
  if (size === 4) copy.swap32();
  if (size === 8) copy.swap64();
  return copy;
}
