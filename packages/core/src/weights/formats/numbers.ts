/**
 * @file Number types of files that are read though none is written in them: doubles, whole numbers, and
 * floats of 8 bits. All become 32-bit floats; what those cannot hold is rounded, or infinite.
 *
 * F8_E5M2 is the upper half of a binary16. F8_E4M3 has no infinity: its largest exponent holds numbers,
 * and NaN (arXiv 2209.05433).
 */
import { decodeFloats, type FloatType, floatBytes } from "./floats.js";

/** Bytes of one element of each type that is read, by the name that safetensors gives it. */
export const numberBytes = {
  ...floatBytes,
  F64: 8,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const satisfies Readonly<Record<string, number>>;

/** A type of numbers. */
export type NumberType = keyof typeof numberBytes;

/** Whether a text names such a type. */
export function isNumberType(name: unknown): name is NumberType {
  return typeof name === "string" && Object.hasOwn(numberBytes, name);
}

/** Little-endian elements as float32: a view of the bytes where they are float32 and aligned. */
export function decodeNumbers(bytes: Uint8Array, type: NumberType): Float32Array {
  if (Object.hasOwn(floatBytes, type)) return decodeFloats(bytes, type as FloatType);
  const size = numberBytes[type];
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.length / size;
  switch (type) {
    case "F64":
      return new Float32Array(new Float64Array(buffer, byteOffset, length));
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, length), Number);
    case "U64":
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, length), Number);
    case "I32":
      return new Float32Array(new Int32Array(buffer, byteOffset, length));
    case "U32":
      return new Float32Array(new Uint32Array(buffer, byteOffset, length));
    case "I16":
      return new Float32Array(new Int16Array(buffer, byteOffset, length));
    case "U16":
      return new Float32Array(new Uint16Array(buffer, byteOffset, length));
    case "I8":
      return new Float32Array(new Int8Array(buffer, byteOffset, length));
    case "F8_E4M3":
      return Float32Array.from(bytes, widenE4M3);
    case "F8_E5M2":
      return decodeFloats(
        new Uint8Array(Uint16Array.from(bytes, (byte) => byte << 8).buffer),
        "F16",
      );
    default:
      return new Float32Array(bytes);
  }
}

function widenE4M3(byte: number): number {
  const [exponent, fraction] = [(byte >> 3) & 15, byte & 7];
  if (exponent === 15 && fraction === 7) return NaN;
  const size = exponent === 0 ? (fraction / 8) * 2 ** -6 : (1 + fraction / 8) * 2 ** (exponent - 7);
  return byte & 0x80 ? -size : size;
}
