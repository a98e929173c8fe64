/**
 * @file Floating-point types of files, to and from 32 bits, exactly.
 *
 * F16 is IEEE 754 binary16; BF16 is the upper half of binary32. Widening is exact, also for
 * subnormals, infinities and NaN; narrowing rounds to nearest, ties to even.
 */
import { ModelError } from "../../errors.js";

/** Types that hold weights. */
export type FloatType = "F32" | "F16" | "BF16";

/** Bytes of one element. */
export const floatBytes: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Names of the narrow types, and the largest values that they hold. */
const narrow = {
  F16: { title: "float16", largest: 65504 },
  BF16: { title: "bfloat16", largest: (2 - 2 ** -7) * 2 ** 127 },
} as const;

/** Elements as float32: a view of the bytes where they are float32 and aligned, else a copy. */
export function decodeFloats(bytes: Uint8Array, dtype: FloatType): Float32Array {
  const size = floatBytes[dtype];
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.byteLength / size;
  if (dtype === "F32") return new Float32Array(buffer, byteOffset, length);
  const halves = new Uint16Array(buffer, byteOffset, length);
  const bits = new Uint32Array(length);
  if (dtype === "BF16") {
    for (let at = 0; at < length; at++) bits[at] = (halves[at] as number) << 16;
  } else {
    const wide = wideHalves();
    for (let at = 0; at < length; at++) bits[at] = wide[halves[at] as number] as number;
  }
  return new Float32Array(bits.buffer);
}

/** Bytes of elements in a type. Throws `ModelError` naming the tensor when a value is too large. */
export function encodeFloats(data: Float32Array, dtype: FloatType, name: string): Uint8Array {
  if (dtype === "F32") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const halves = new Uint16Array(data.length);
  if (dtype === "BF16") {
    for (let at = 0; at < bits.length; at++) halves[at] = narrowBrain(bits[at] as number);
  } else {
    for (let at = 0; at < bits.length; at++) halves[at] = narrowHalf(bits[at] as number);
  }
  refuseOverflow(data, halves, dtype, name);
  return new Uint8Array(halves.buffer);
}

/** An infinity that was none before. */
function refuseOverflow(
  data: Float32Array,
  halves: Uint16Array,
  dtype: keyof typeof narrow,
  name: string,
): void {
  const { title, largest } = narrow[dtype];
  const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  for (let at = 0; at < halves.length; at++) {
    if (((halves[at] as number) & 0x7fff) !== infinity || !Number.isFinite(data[at])) continue;
    throw new ModelError(
      "WEIGHTS_OVERFLOW",
      `Cannot write "${name}" as ${title}: expected values up to ${largest}, got ${data[at]}`,
    );
  }
}

let halfTable: Uint32Array | undefined;

/** The float32 bits of all 65536 halves: a look-up is quicker than the branches of `widenHalf`. */
function wideHalves(): Uint32Array {
  halfTable ??= Uint32Array.from({ length: 65536 }, (_, half) => widenHalf(half));
  return halfTable;
}

function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a subnormal: move its first bit to the hidden place
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function narrowHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x1ff); // NaN stays NaN
  if (size >= 0x47800000) return sign | 0x7c00; // 65536 and more
  if (size >= 0x38800000) return sign | roundShift(size - 0x38000000, 13);
  const exponent = size >>> 23; // below 2^-14: a subnormal, or nothing below 2^-25
  return exponent < 102 ? sign : sign | roundShift((size & 0x7fffff) | 0x800000, 126 - exponent);
}

function narrowBrain(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN stays NaN
  return roundShift(bits, 16);
}

/** bits / 2^drop, to nearest, ties to even; a carry moves into the exponent, as it should. */
function roundShift(bits: number, drop: number): number {
  return (bits + 2 ** (drop - 1) - 1 + ((bits >>> drop) & 1)) >>> drop;
}
