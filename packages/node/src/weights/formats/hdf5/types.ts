/**
 * @file Element types and sizes of HDF5: datatype and dataspace messages, sections IV.A.2.b and d.
 */
import { type Shape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Cursor } from "./bytes.js";

/** What an element is. */
export interface Datatype {
  /** As numpy calls it where it is a number of the usual form: "float32", "int64"; else in words. */
  readonly name: string;
  /** Bytes of an element in place; of texts of variable length, of their reference. */
  readonly size: number;
  /** How texts are held; nothing for other types. */
  readonly text?: "fixed" | "variable";
}

/** Classes of types that are only named. */
const otherClasses: Readonly<Record<number, string>> = {
  2: "times",
  4: "bit fields",
  6: "a compound type",
  7: "references",
  8: "an enumeration",
  9: "lists of variable length",
  10: "arrays",
  11: "complex numbers",
};

/** Name of a binary float by the numbers of bits: in all, of its exponent, of its fraction. */
const floats: Readonly<Record<string, string>> = {
  "16 5 10": "float16",
  "16 8 7": "bfloat16",
  "32 8 23": "float32",
  "64 11 52": "float64",
  "128 15 112": "float128",
};

export function readDatatype(cursor: Cursor): Datatype {
  const classAndVersion = cursor.u8();
  const [first, second] = cursor.take(3);
  const size = cursor.u32();
  const flags = first ?? 0;
  switch (classAndVersion & 15) {
    case 0:
      return { name: wholeName(cursor, flags, size), size };
    case 1:
      return { name: floatName(cursor, flags, second ?? 0, size), size };
    case 3:
      return { name: "text", size, text: "fixed" };
    case 5:
      return { name: `opaque${size}`, size };
    case 9:
      if ((flags & 15) === 1 && size === 16) return { name: "text", size, text: "variable" };
      return { name: "lists of variable length", size };
    default:
      return { name: otherClasses[classAndVersion & 15] ?? `class ${classAndVersion & 15}`, size };
  }
}

function wholeName(cursor: Cursor, flags: number, size: number): string {
  const [offset, bits] = [cursor.u16(), cursor.u16()];
  const name = `${flags & 8 ? "int" : "uint"}${bits}`;
  if (offset !== 0 || bits !== 8 * size) return `${name} in ${size} bytes`;
  return flags & 1 ? `big-endian ${name}` : name;
}

function floatName(cursor: Cursor, flags: number, sign: number, size: number): string {
  const [offset, bits] = [cursor.u16(), cursor.u16()];
  const [exponentAt, exponentBits, fractionAt, fractionBits] = cursor.take(4);
  const bias = cursor.u32();
  const name = floats[`${bits} ${exponentBits} ${fractionBits}`];
  const isUsual =
    offset === 0 &&
    bits === 8 * size &&
    sign === bits - 1 &&
    fractionAt === 0 &&
    exponentAt === fractionBits &&
    bias === 2 ** ((exponentBits ?? 0) - 1) - 1 &&
    (flags & 0x30) === 0x20 && // the first bit of the fraction is implied
    (flags & 0x40) === 0;
  if (bits !== 8 * size) return `float${8 * size} of ${bits} bits`; // long doubles of x86 have 80
  if (!name || !isUsual) return `floats of ${bits} bits in an unusual form`;
  return flags & 1 ? `big-endian ${name}` : name;
}

/** Most axes that HDF5 allows. */
const mostAxes = 32;

/** A shape; `[]` for a scalar, `[0]` for no elements at all. */
export function readDataspace(cursor: Cursor): Shape {
  const version = cursor.version(1, 2);
  const axes = cursor.u8();
  cursor.skip(1);
  const kind = cursor.u8();
  if (version === 1) cursor.skip(4);
  else if (kind === 2) return [0];
  if (axes > mostAxes) throw cursor.file.damaged(`at most ${mostAxes} axes`, `${axes}`);
  const shape = Array.from({ length: axes }, () => cursor.u64());
  if (Number.isSafeInteger(sizeOf(shape) * 16)) return shape;
  throw cursor.file.damaged("a shape of less than 2^49 elements", shape.join("x"));
}
