/**
 * @file TensorFlow's checkpoints of the second kind (`SaverDef.V2`, the default since 1.0): bundles.
 *
 *   prefix.index                  a table (`tf-table.ts`); key "" is a BundleHeaderProto, the others
 *                                 are names of tensors, or keys of slices (`tf-slices.ts`), each with
 *                                 a BundleEntryProto: type, shape, shard, offset, size, CRC-32C
 *   prefix.data-00000-of-00002    the elements as in memory, end to end
 *
 * Numbers of fields are those of tensorflow/core/protobuf/tensor_bundle.proto. The entry of a
 * partitioned tensor lists its slices, which have entries of their own. Every range and every
 * checksum is looked at before a tensor is given out.
 */
import { basename } from "node:path";
import { type Shape, sameShape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  type Failure,
  readingFailure,
} from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote, quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { ProtobufMessage } from "../protobuf-fields.js";
import { maskedCrc32c } from "./crc32c.js";
import { readTfShape, readTfSlices } from "./tf-slices.js";
import { readTfTable, type TfTable } from "./tf-table.js";
import { type TfTensor, tfName, tfTensorFile } from "./tf-tensors.js";
import { rawValues, type TfValues, tfTypeName } from "./tf-values.js";

/** Gives the bytes of a shard by its file name, or nothing when there is no such file. */
export type LoadShard = (fileName: string) => Promise<Uint8Array | undefined>;

/** What the index says of a tensor or a slice. */
interface BundleEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
  readonly slices: readonly Uint8Array[];
}

/** Types whose checksum is not simply that of their bytes; nothing here reads them. */
const unchecked = new Set(["string", "variant"]);

/** Names of shards have five digits. */
const shardLimit = 99999;

/**
 * Checks a whole bundle, given its index and what loads its shards; `name`, as messages call it, is
 * the path of the index, after which the shards are named. Only shards that hold something are
 * loaded, each once. Tensors are views of their bytes where these are aligned float32. Throws
 * `ModelError`, which names the shards that are missing.
 */
export async function readTfBundle(
  index: Uint8Array,
  load: LoadShard,
  name: string,
): Promise<TensorFile> {
  const failure = readingFailure(name);
  const table = readTfTable(index, failure);
  const shardCount = readHeader(table, failure);
  const entries = new Map<string, BundleEntry>();
  for (const [key, value] of table) {
    if (key !== "") entries.set(key, readEntry(key, value, failure));
  }
  const stored = [...entries.values()].filter(({ slices }) => slices.length === 0);
  const prefix = basename(name).replace(/\.index$/, "");
  const shards = await loadShards(stored, { shardCount, prefix, load }, failure);
  checkRanges(stored, shards, failure);
  const tensors = [...entries]
    .filter(([key]) => !isSliceKey(key))
    .map(([, entry]): [string, TfTensor] => [
      entry.name,
      readTensor(entry, entries, shards, failure),
    ]);
  return tfTensorFile(new Map(tensors), failure);
}

function readHeader(table: TfTable, failure: Failure): number {
  const header = table.get("");
  if (header?.[0] !== 1 << 3) {
    // field 1: the number of shards here, a message there
    throw failure("WEIGHTS_FORMAT", "expected the index of a bundle, got another table");
  }
  const fields = new ProtobufMessage(header, "the header", failure);
  const shards = fields.number(1);
  if (!(shards >= 1 && shards <= shardLimit)) {
    throw failure("WEIGHTS_FORMAT", `expected 1 to ${shardLimit} data files, got ${shards}`);
  }
  if (fields.number(2) !== 0) {
    throw failure("WEIGHTS_FORMAT", "expected little-endian numbers, got big-endian ones");
  }
  return shards;
}

/** TensorFlow's code of a slice begins with a zero, which no name of a tensor does. */
function isSliceKey(key: string): boolean {
  return key.startsWith("\0");
}

function readEntry(key: string, value: Uint8Array, failure: Failure): BundleEntry {
  const name = isSliceKey(key) ? key : tfName(Buffer.from(key, "latin1"), failure);
  const what = `the entry of ${quote(name)}`;
  const fields = new ProtobufMessage(value, what, failure);
  const crc = fields.bytes(6) ?? new Uint8Array(4);
  if (crc.length !== 4) {
    throw failure("WEIGHTS_FORMAT", `expected a checksum of 4 bytes in ${what}, got ${crc.length}`);
  }
  return {
    name,
    dtype: tfTypeName(fields.number(1)),
    shape: readTfShape(fields.bytes(2), name, failure),
    shard: fields.number(3),
    offset: fields.number(4),
    size: fields.number(5),
    crc: new DataView(crc.buffer, crc.byteOffset, 4).getUint32(0, true),
    slices: fields.allBytes(7),
  };
}

async function loadShards(
  stored: readonly BundleEntry[],
  bundle: { readonly shardCount: number; readonly prefix: string; readonly load: LoadShard },
  failure: Failure,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { shardCount, prefix, load } = bundle;
  const numbers = [...new Set(stored.map(({ shard }) => shard))].sort((a, b) => a - b);
  const odd = numbers.find((shard) => !(shard >= 0 && shard < shardCount));
  if (odd !== undefined) {
    throw failure("WEIGHTS_FORMAT", `expected data files 0 to ${shardCount - 1}, got one ${odd}`);
  }
  const digits = (number: number) => String(number).padStart(5, "0");
  const missing: string[] = [];
  const shards = new Map<number, Uint8Array>();
  for (const shard of numbers) {
    const file = `${prefix}.data-${digits(shard)}-of-${digits(shardCount)}`;
    const bytes = await load(file);
    if (bytes) shards.set(shard, bytes);
    else missing.push(file);
  }
  if (missing.length > 0) {
    const files = shardCount === 1 ? "1 data file" : `${shardCount} data files`;
    throw failure("WEIGHTS_MISSING", `expected ${files} beside it, got no ${quoteSome(missing)}`);
  }
  return shards;
}

/** Each tensor must lie within its shard, apart from the others. */
function checkRanges(
  stored: readonly BundleEntry[],
  shards: ReadonlyMap<number, Uint8Array>,
  failure: Failure,
): void {
  const sorted = stored.toSorted((a, b) => a.shard - b.shard || a.offset - b.offset);
  let last: { shard: number; end: number } = { shard: -1, end: 0 };
  for (const { name, shard, offset, size } of sorted) {
    const length = shards.get(shard)?.length ?? 0;
    const isRange = offset >= 0 && size >= 0;
    if (!isRange || offset + size > length) {
      throw failure(
        isRange ? "WEIGHTS_TRUNCATED" : "WEIGHTS_OFFSETS",
        `expected ${quote(name)} within data file ${shard} of ${length} bytes, got ${size} bytes at ${offset}`,
      );
    }
    if (size > 0 && shard === last.shard && offset < last.end) {
      throw failure(
        "WEIGHTS_OFFSETS",
        `expected tensors that do not overlap, got ${quote(name)} at ${offset} before the end of another at ${last.end}`,
      );
    }
    if (size > 0) last = { shard, end: offset + size };
  }
}

function readTensor(
  entry: BundleEntry,
  entries: ReadonlyMap<string, BundleEntry>,
  shards: ReadonlyMap<number, Uint8Array>,
  failure: Failure,
): TfTensor {
  const { name, dtype, shape } = entry;
  if (entry.slices.length === 0) {
    return { dtype, shape, parts: [{ values: readValues(entry, quote(name), shards, failure) }] };
  }
  const parts = readTfSlices(entry.slices, entry, failure).map((slice) => {
    const part = entries.get(slice.key);
    const isFit =
      part?.slices.length === 0 && part.dtype === dtype && sameShape(part.shape, slice.lengths);
    if (!isFit) {
      const found = part ? "one of another type or shape" : "none";
      throw failure("WEIGHTS_INCOMPLETE", `expected the slices of ${quote(name)}, got ${found}`);
    }
    return { slice, values: readValues(part, `a slice of ${quote(name)}`, shards, failure) };
  });
  return { dtype, shape, parts };
}

function readValues(
  { dtype, shape, shard, offset, size, crc }: BundleEntry,
  what: string,
  shards: ReadonlyMap<number, Uint8Array>,
  failure: Failure,
): TfValues {
  const bytes = (shards.get(shard) ?? new Uint8Array()).subarray(offset, offset + size);
  if (!unchecked.has(dtype) && maskedCrc32c(bytes) !== crc) {
    throw failure(
      "WEIGHTS_CHECKSUM",
      `expected intact bytes, got ${what}, which does not match its checksum`,
    );
  }
  return rawValues(bytes, { dtype, count: sizeOf(shape), what }, failure);
}
