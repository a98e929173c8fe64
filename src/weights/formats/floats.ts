/**
 * @file Floating-point types of files, to and from 32 bits, exactly.
 *
 * F16 is IEEE 754 binary16; BF16 is the upper half of binary32. Narrowing rounds to nearest, ties to
 * even.
 */
import { ModelError } from "../../errors.js";

/** Types that hold weights. */
export type FloatType = "F32" | "F16" | "BF16";

const largestHalf = 65504;

/** Elements as float32: a view of the bytes when they are float32 and aligned. */
export function decodeFloats(bytes: Uint8Array, dtype: FloatType): Float32Array {
  if (dtype === "F32") {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  }
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  const bits = new Uint32Array(halves.length);
  if (dtype === "BF16") {
    for (let at = 0; at < halves.length; at++) bits[at] = (halves[at] as number) << 16;
  } else {
    for (let at = 0; at < halves.length; at++) bits[at] = widenHalf(halves[at] as number);
  }
  return new Float32Array(bits.buffer);
}

/** Bytes of elements in a narrower type. Throws `ModelError` when a value is too large for F16. */
export function encodeFloats(data: Float32Array, dtype: FloatType, name: string): Uint8Array {
  if (dtype === "F32") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const halves = new Uint16Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const b = bits[at] as number;
    halves[at] = dtype === "BF16" ? narrowBrain(b) : narrowHalf(b);
  }
  if (dtype === "F16") {
    const at = halves.findIndex((half) => (half & 0x7fff) === 0x7c00);
    if (at >= 0 && Number.isFinite(data[at])) {
      throw new ModelError(
        "FLOAT16_OVERFLOW",
        `Cannot write "${name}" as float16: expected values up to ${largestHalf}, got ${data[at]}`,
      );
    }
  }
  return new Uint8Array(halves.buffer);
}

function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  const shift = Math.clz32(fraction) - 21; // a subnormal: move its first bit to the hidden place
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

function narrowHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200 | (fraction >> 13));
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= -11) return sign;
  const full = exponent > 0 ? (exponent << 23) | fraction : (fraction | 0x800000) >>> 0;
  const drop = exponent > 0 ? 13 : 14 - exponent;
  return sign + roundShift(full, drop); // a carry moves into the exponent, as it should
}

function narrowBrain(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return roundShift(bits, 16);
}

/** bits / 2^drop, to nearest, ties to even. */
function roundShift(bits: number, drop: number): number {
  const kept = Math.floor(bits / 2 ** drop);
  const rest = bits - kept * 2 ** drop;
  const half = 2 ** (drop - 1);
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}
