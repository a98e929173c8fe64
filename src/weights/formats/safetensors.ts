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
import { open, rename, rm } from "node:fs/promises";
import { ModelError } from "../../errors.js";
import { formatShape, type Shape, sizeOf, type Tensors } from "../../tensor/tensor.js";
import { decodeFloats, encodeFloats, type FloatType } from "./floats.js";

/** What a header says of one tensor. */
export interface Entry {
  readonly dtype: string;
  readonly shape: Shape;
  /** Where its bytes begin and end, counted from the start of the file. */
  readonly range: readonly [from: number, to: number];
}

/** A file that has been checked: entries by name, and where their bytes are. */
export interface Safetensors {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly bytes: Uint8Array;
}

/** Largest header that is read; the reference implementation has the same limit. */
const headerLimit = 100_000_000;

/** Bytes of one element of each type that the format knows and this reader takes. */
const elementBytes: Readonly<Record<string, number>> = { F16: 2, BF16: 2, F32: 4, I64: 8 };

/** Checks a whole file; `name` is how messages call it. Throws `ModelError`. */
export function readSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const fail = (code: string, problem: string) => {
    throw new ModelError(code, `Cannot read weights "${name}": ${problem}`);
  };
  if (bytes.length === 0) fail("WEIGHTS_EMPTY", "expected a safetensors file, got an empty one");
  if (bytes.length < 8) {
    fail("WEIGHTS_TRUNCATED", `expected a header of 8 bytes at least, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > headerLimit) {
    fail(
      "WEIGHTS_FORMAT",
      `expected a safetensors header of at most ${headerLimit} bytes, got a length of ${headerLength}`,
    );
  }
  if (8 + headerLength > bytes.length) {
    fail(
      "WEIGHTS_TRUNCATED",
      `expected ${headerLength} bytes of header, got ${bytes.length - 8} in the file`,
    );
  }
  const header = parseHeader(bytes.slice(8, 8 + headerLength), fail);
  const start = 8 + headerLength;
  const metadata = readMetadata(header["__metadata__"], fail);
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(header)) {
    if (key !== "__metadata__") entries.set(key, readEntry(key, value, start, fail));
  }
  checkLayout(entries, start, bytes.length, fail);
  return { entries, metadata, bytes };
}

/** A tensor's elements as 32-bit floats: a view of the file where it holds such, else a copy. */
export function floatsOf(file: Safetensors, name: string): Float32Array {
  const { dtype, range } = file.entries.get(name) as Entry;
  return decodeFloats(file.bytes.subarray(...range), dtype as FloatType);
}

type Fail = (code: string, problem: string) => void;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // the message below says it
  }
  fail("WEIGHTS_FORMAT", "expected a safetensors header of JSON, got something else");
  return {};
}

function readMetadata(value: unknown, fail: Fail): ReadonlyMap<string, string> {
  const entries = Object.entries(value ?? {});
  const wrong = entries.find(([, text]) => typeof text !== "string");
  if (wrong || (value !== undefined && (typeof value !== "object" || Array.isArray(value)))) {
    fail(
      "WEIGHTS_FORMAT",
      `expected texts in "__metadata__", got ${JSON.stringify(wrong ?? value)}`,
    );
  }
  return new Map(entries as [string, string][]);
}

function readEntry(name: string, value: unknown, start: number, fail: Fail): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const bytes = elementBytes[String(dtype)];
  if (bytes === undefined) {
    fail(
      "WEIGHTS_DTYPE",
      `expected F16, BF16, F32 or I64 for tensor "${name}", got ${JSON.stringify(dtype) ?? "nothing"}`,
    );
  }
  if (!isSizes(shape)) {
    fail("WEIGHTS_FORMAT", `expected a shape for tensor "${name}", got ${JSON.stringify(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    fail(
      "WEIGHTS_FORMAT",
      `expected two offsets for tensor "${name}", got ${JSON.stringify(offsets)}`,
    );
  }
  const [from = 0, to = 0] = offsets as number[];
  const expected = sizeOf(shape as Shape) * (bytes ?? 0);
  if (to - from !== expected) {
    fail(
      "WEIGHTS_OFFSETS",
      `expected ${expected} bytes for tensor "${name}" (${dtype} ${formatShape(shape as Shape)}), got offsets ${from} to ${to}`,
    );
  }
  return { dtype: dtype as string, shape: shape as Shape, range: [start + from, start + to] };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The tensors must fill the rest of the file, each byte once. */
function checkLayout(
  entries: ReadonlyMap<string, Entry>,
  start: number,
  end: number,
  fail: Fail,
): void {
  const sorted = [...entries].sort(
    ([, a], [, b]) => a.range[0] - b.range[0] || a.range[1] - b.range[1],
  );
  let at = start;
  for (const [name, { range }] of sorted) {
    if (range[0] < at) {
      fail(
        "WEIGHTS_OFFSETS",
        `expected tensors that do not overlap, got "${name}" at ${range[0] - start} before the end of another at ${at - start}`,
      );
    }
    if (range[0] > at) {
      fail(
        "WEIGHTS_OFFSETS",
        `expected tensors without holes, got "${name}" at ${range[0] - start} and nothing from ${at - start}`,
      );
    }
    at = range[1];
  }
  if (at > end) {
    fail("WEIGHTS_TRUNCATED", `expected ${at} bytes in all, got ${end}`);
  }
  if (at < end) {
    fail("WEIGHTS_OFFSETS", `expected the file to end at byte ${at}, got ${end - at} bytes more`);
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

/** The bytes of a file, in parts: the header, then each tensor. */
function* encodeParts(tensors: Tensors, options: WriteOptions): Generator<Uint8Array> {
  const { metadata, dtype = "F32", counters = new Map<string, bigint>() } = options;
  const floats = [...tensors].map(([name, { shape, data }]) => ({
    name,
    dtype: dtype as string,
    shape,
    size: data.length * (elementBytes[dtype] ?? 4),
  }));
  const whole = [...counters.keys()].map((name) => ({ name, dtype: "I64", shape: [], size: 8 }));
  // The order of the reference library: wider types first, then by name.
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  const all = [...whole.sort(byName), ...floats.sort(byName)];
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let at = 0;
  for (const one of all) {
    const { name, size, shape } = one;
    header[name] = { dtype: one.dtype, shape, data_offsets: [at, at + size] };
    at += size;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
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

/** The bytes of a file in memory. */
export function encodeSafetensors(tensors: Tensors, options: WriteOptions = {}): Uint8Array {
  return Buffer.concat([...encodeParts(tensors, options)]);
}

/**
 * Writes a file beside and renames it, tensor by tensor: no half of it is ever under its final
 * name. The same tensors give the same bytes. Throws `ModelError` when a float does not fit `dtype`.
 */
export async function writeSafetensors(
  path: string,
  tensors: Tensors,
  options: WriteOptions = {},
): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  const file = await open(beside, "w");
  try {
    for (const part of encodeParts(tensors, options)) await file.writeFile(part);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(beside, { force: true });
    throw error;
  }
}
