/**
 * @file Tensors that TensorFlow saved in parts: boxes of a tensor, their keys, and the whole.
 *
 * A partitioned variable is saved as several slices. Each has the start and the length of every
 * axis; an axis that is whole has no length (-1 in keys). The key of a slice in the file's table is
 * TensorFlow's OrderedCode (tensorflow/core/lib/strings/ordered_code.cc) of 0, the tensor's name,
 * the number of axes, and start and length of each.
 */
import { type Shape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { ProtobufMessage } from "../protobuf-fields.js";

/** A part of a tensor. */
export interface TfSlice {
  readonly starts: readonly number[];
  /** Lengths, with whole axes resolved. */
  readonly lengths: Shape;
  /** Where the file's table has it. */
  readonly key: string;
}

/** Most slices of one tensor: one for each machine that held the variable. */
const sliceLimit = 1000;

/** TensorFlow's own limit. */
const axisLimit = 254;

/** Reads TensorShapeProto: the sizes of a shape. */
export function readTfShape(
  message: Uint8Array | undefined,
  name: string,
  failure: Failure,
): number[] {
  const what = `the shape of ${quote(name)}`;
  const fields = new ProtobufMessage(message ?? new Uint8Array(), what, failure);
  const shape = fields.allBytes(2).map((dim) => new ProtobufMessage(dim, what, failure).number(1));
  const isKnown =
    fields.number(3) === 0 &&
    shape.length <= axisLimit &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isKnown || !Number.isSafeInteger(sizeOf(shape) * 8)) {
    throw failure("WEIGHTS_FORMAT", `expected a shape for ${quote(name)}, got ${quote(shape)}`);
  }
  return shape;
}

/** Reads TensorSliceProtos: the slices of a tensor, which together must be all of it, each once. */
export function readTfSlices(
  messages: readonly Uint8Array[],
  { name, shape }: { readonly name: string; readonly shape: Shape },
  failure: Failure,
): TfSlice[] {
  if (messages.length > sliceLimit) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected at most ${sliceLimit} slices of ${quote(name)}, got ${messages.length}`,
    );
  }
  const slices = messages.map((message) => readSlice(message, name, shape, failure));
  const total = slices.reduce((sum, { lengths }) => sum + sizeOf(lengths), 0);
  if (total !== sizeOf(shape)) {
    throw failure(
      "WEIGHTS_INCOMPLETE",
      `expected slices that make up ${quote(name)} (${sizeOf(shape)} elements), got ${total}`,
    );
  }
  if (haveOverlap(slices)) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected slices of ${quote(name)} that do not overlap, got some that do`,
    );
  }
  return slices;
}

function readSlice(message: Uint8Array, name: string, shape: Shape, failure: Failure): TfSlice {
  const what = `a slice of ${quote(name)}`;
  const extents = new ProtobufMessage(message, what, failure).allBytes(1).map((bytes) => {
    const extent = new ProtobufMessage(bytes, what, failure);
    return { start: extent.number(1), length: extent.has(2) ? extent.number(2) : -1 };
  });
  const starts = extents.map(({ start }) => start);
  const lengths = extents.map(({ start, length }, axis) =>
    start === 0 && length === -1 ? (shape[axis] ?? -1) : length,
  );
  const fits = lengths.every((length, axis) => {
    const start = starts[axis] as number;
    return length >= 0 && start >= 0 && start + length <= (shape[axis] ?? -1);
  });
  if (extents.length !== shape.length || !fits) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected slices within the shape ${quote(shape)} of ${quote(name)}, got ${quote(extents)}`,
    );
  }
  return { starts, lengths, key: sliceKey(name, extents) };
}

function haveOverlap(slices: readonly TfSlice[]): boolean {
  const filled = slices.filter(({ lengths }) => sizeOf(lengths) > 0);
  const meet = (a: TfSlice, b: TfSlice) =>
    a.starts.every((start, axis) => {
      const [other, mine, theirs] = [b.starts[axis], a.lengths[axis], b.lengths[axis]] as number[];
      return (
        start < (other as number) + (theirs as number) &&
        (other as number) < start + (mine as number)
      );
    });
  return filled.some((one, at) => filled.slice(at + 1).some((other) => meet(one, other)));
}

/** The key of a slice, as Latin-1 text. */
export function sliceKey(
  name: string,
  extents: readonly { readonly start: number; readonly length: number }[],
): string {
  const text = Buffer.from(name)
    .toString("latin1")
    .replace(/[\0\xff]/g, (letter) => (letter === "\0" ? "\0\xff" : "\xff\0"));
  const numbers = extents.flatMap(({ start, length }) => [signedCode(start), signedCode(length)]);
  return ["\0", text, "\0\x01", unsignedCode(extents.length), ...numbers].join("");
}

/** The number of bytes, then the bytes, the highest first. */
function unsignedCode(value: number): string {
  let bytes = "";
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) {
    bytes = String.fromCharCode(rest % 256) + bytes;
  }
  return String.fromCharCode(bytes.length) + bytes;
}

/**
 * A signed number in two's complement, big-endian, in the fewest bytes n with 7 n bits for it. Its
 * upper n bits, all copies of the sign, are flipped: the longer a positive number, the more ones in
 * front.
 */
function signedCode(value: number): string {
  const whole = BigInt(value);
  const magnitude = value < 0 ? ~whole : whole;
  let length = 1;
  while (magnitude >> BigInt(7 * length - 1) > 0n) length++;
  const bits = BigInt(8 * length);
  const header = ((1n << BigInt(length)) - 1n) << (bits - BigInt(length));
  let rest = BigInt.asUintN(Number(bits), whole) ^ header;
  let bytes = "";
  for (let at = 0; at < length; at++) {
    bytes = String.fromCharCode(Number(rest & 255n)) + bytes;
    rest >>= 8n;
  }
  return bytes;
}

/** Puts a slice's elements where they belong in the whole tensor's, both row-major. */
export function placeSlice(
  whole: Float32Array,
  shape: Shape,
  { starts, lengths }: TfSlice,
  part: Float32Array,
): void {
  if (part.length === 0) return;
  // Axes from `split` on are whole, so that what lies before them moves in runs.
  let split = shape.length;
  while (split > 0 && lengths[split - 1] === shape[split - 1]) split--;
  const axis = Math.max(split - 1, 0);
  const run = sizeOf(lengths.slice(axis));
  const strides = shape.map((_, at) => sizeOf(shape.slice(at + 1)));
  const place = lengths.slice(0, axis).map(() => 0);
  const base = starts.reduce((sum, start, at) => sum + start * (strides[at] as number), 0);
  for (let from = 0; from < part.length; from += run) {
    const offset = place.reduce((sum, index, at) => sum + index * (strides[at] as number), base);
    whole.set(part.subarray(from, from + run), offset);
    for (let at = axis - 1; at >= 0; at--) {
      place[at] = (place[at] as number) + 1;
      if ((place[at] as number) < (lengths[at] as number)) break;
      place[at] = 0;
    }
  }
}
