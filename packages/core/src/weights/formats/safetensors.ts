/**
 * @file The safetensors format: tensors by name, and nothing that could be executed.
 *
 *   8 bytes   header length h, little-endian
 *   h bytes   JSON: { "__metadata__": {text: text}, name: { dtype, shape, data_offsets: [a, b] } }
 *   the rest  the tensors, row-major, little-endian, without holes or overlaps; offsets count here
 *
 * Specification: https://github.com/huggingface/safetensors. Every number is checked before it is
 * used, so that a damaged or hostile file gives a `ModelError` and nothing else.
 */
import { type ErrorCode, ModelError } from "../../errors.js";
import { formatShape, type Shape, sizeOf, type Tensors } from "../../tensor/tensor.js";
import { quote } from "../quote.js";
import { fileKind } from "../strangers.js";
import { encodeFloats, type FloatType, floatBytes } from "./floats.js";
import { decodeNumbers, isNumberType, type NumberType, numberBytes } from "./numbers.js";
import type { TensorFile } from "./tensor-file.js";

/** What a header says of one tensor. */
export interface Entry {
  readonly dtype: string;
  readonly shape: Shape;
  /** Where its bytes begin and end, counted from the start of the file. */
  readonly range: readonly [from: number, to: number];
}

/** A file that has been checked: entries by name, and where their bytes are. */
export interface Safetensors extends TensorFile {
  /** What the header says of each tensor, by name. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The whole file. */
  readonly bytes: Uint8Array;
}

/** Largest header that is read; the reference implementation has the same limit. */
const headerLimit = 100_000_000;

/** Makes the error of a file from what is wrong with it. */
type Failure = (code: ErrorCode, problem: string) => ModelError;

/** Checks a whole file; `name` is how messages call it. Throws `ModelError`. */
export function readSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const failure: Failure = (code, problem) =>
    new ModelError(code, `Cannot read weights "${name}": ${problem}`);
  const { header, start } = readHeader(bytes, (code, problem) => {
    const kind = fileKind(bytes);
    return kind
      ? failure("WEIGHTS_FORMAT", `expected a safetensors file, got ${kind}`)
      : failure(code, problem);
  });
  const metadata = readMetadata(header["__metadata__"], failure);
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(header)) {
    if (key !== "__metadata__") entries.set(key, readEntry(key, value, start, failure));
  }
  checkLayout(entries, start, bytes.length, failure);
  const floats = (key: string) => {
    const { dtype, range } = entries.get(key) as Entry;
    return decodeNumbers(bytes.subarray(...range), dtype as NumberType);
  };
  return { entries, metadata, bytes, floats };
}

function readHeader(
  bytes: Uint8Array,
  failure: Failure,
): { header: Record<string, unknown>; start: number } {
  if (bytes.length === 0) {
    throw failure("WEIGHTS_EMPTY", "expected a safetensors file, got an empty one");
  }
  if (bytes.length < 8) {
    throw failure(
      "WEIGHTS_TRUNCATED",
      `expected a header of at least 8 bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > headerLimit) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a safetensors header of at most ${headerLimit} bytes, got a length of ${length}`,
    );
  }
  const start = 8 + length;
  if (start > bytes.length) {
    throw failure(
      "WEIGHTS_TRUNCATED",
      `expected ${length} bytes of header, got ${bytes.length - 8} in the file`,
    );
  }
  const header = parseJson(bytes.slice(8, start));
  if (!isRecord(header)) {
    throw failure("WEIGHTS_FORMAT", "expected a safetensors header of JSON, got something else");
  }
  return { header, start };
}

/** JSON in strict UTF-8, or nothing. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown, failure: Failure): ReadonlyMap<string, string> {
  const given = value ?? {};
  const wrong = isRecord(given)
    ? Object.entries(given).find(([, text]) => typeof text !== "string")
    : given;
  if (wrong !== undefined) {
    throw failure("WEIGHTS_FORMAT", `expected texts in "__metadata__", got ${quote(wrong)}`);
  }
  return new Map(Object.entries(given) as [string, string][]);
}

function readEntry(name: string, value: unknown, start: number, failure: Failure): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (!isNumberType(dtype)) {
    const types = Object.keys(numberBytes).join(", ");
    throw failure(
      "WEIGHTS_DTYPE",
      `expected one of ${types} for tensor ${quote(name)}, got ${quote(dtype)}`,
    );
  }
  const bytes = numberBytes[dtype];
  if (!isSizes(shape) || !Number.isSafeInteger(sizeOf(shape) * bytes)) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a shape for tensor ${quote(name)}, got ${quote(shape)}`,
    );
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected two offsets for tensor ${quote(name)}, got ${quote(offsets)}`,
    );
  }
  const [from = 0, to = 0] = offsets;
  const expected = sizeOf(shape) * bytes;
  if (to - from !== expected) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected ${expected} bytes for tensor ${quote(name)} (${dtype} ${formatShape(shape)}), got offsets ${from} to ${to}`,
    );
  }
  return { dtype: String(dtype), shape, range: [start + from, start + to] };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The tensors must fill the rest of the file, each byte once. */
function checkLayout(
  entries: ReadonlyMap<string, Entry>,
  start: number,
  end: number,
  failure: Failure,
): void {
  const sorted = [...entries].sort(
    ([, a], [, b]) => a.range[0] - b.range[0] || a.range[1] - b.range[1],
  );
  let at = start;
  for (const [name, { range }] of sorted) {
    const from = range[0] - start;
    if (range[0] < at) {
      throw failure(
        "WEIGHTS_OFFSETS",
        `expected tensors that do not overlap, got ${quote(name)} at ${from} before the end of another at ${at - start}`,
      );
    }
    if (range[0] > at) {
      throw failure(
        "WEIGHTS_OFFSETS",
        `expected tensors without holes, got ${quote(name)} at ${from} and nothing from ${at - start}`,
      );
    }
    at = range[1];
  }
  if (at > end) {
    throw failure("WEIGHTS_TRUNCATED", `expected ${at} bytes in total, got ${end}`);
  }
  if (at < end) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected the file to end at byte ${at}, got ${end - at} bytes more`,
    );
  }
}

/** How to write. */
export interface WriteOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Type of the floats in the file; `F32`. */
  readonly dtype?: FloatType;
  /** Whole numbers that belong in the file: name to value, written as I64 scalars. */
  readonly counters?: ReadonlyMap<string, bigint>;
}

/**
 * The bytes of a file, in parts: the header, then each tensor. The same tensors give the same bytes.
 * Throws `ModelError` when a float does not fit `dtype`.
 */
export function* safetensorsParts(
  tensors: Tensors,
  options: WriteOptions = {},
): Generator<Uint8Array> {
  const { metadata, dtype = "F32", counters = new Map<string, bigint>() } = options;
  const floats = [...tensors].map(([name, { shape, data }]) => ({
    name,
    dtype: dtype as string,
    shape,
    size: data.length * floatBytes[dtype],
  }));
  const whole = [...counters.keys()].map((name) => ({ name, dtype: "I64", shape: [], size: 8 }));
  // The order of the reference library: wider types first, then by name.
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  const all = [...whole.sort(byName), ...floats.sort(byName)];
  // Joined as text: an object would put names that are numbers first, and lose "__proto__".
  const parts = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let at = 0;
  for (const { name, dtype, shape, size } of all) {
    const entry = { dtype, shape, data_offsets: [at, at + size] };
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    at += size;
  }
  const text = new TextEncoder().encode(`{${parts.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, 8);
  yield head;
  for (const { name } of all) {
    const tensor = tensors.get(name);
    if (tensor) yield encodeFloats(tensor.data, dtype, name);
    else yield new Uint8Array(BigInt64Array.of(counters.get(name) ?? 0n).buffer);
  }
}

/** The bytes of a file in memory. Throws `ModelError` when a float does not fit `dtype`. */
export function encodeSafetensors(tensors: Tensors, options: WriteOptions = {}): Uint8Array {
  const parts = [...safetensorsParts(tensors, options)];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
