/**
 * @file The bytes of an HDF5 dataset, contiguous or in chunks, plain or through gzip and shuffle.
 *
 * Sections IV.A.2.i (layout), IV.A.2.l (filters) and III.A.1 (the tree of chunks).
 */
import { inflateSync } from "node:zlib";
import { type Shape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Cursor, Hdf5Bytes } from "./bytes.js";
import { readOldTree } from "./trees.js";

/** Where the elements of a dataset are. */
export interface Layout {
  readonly shape: Shape;
  readonly elementBytes: number;
  /** The layout message, read only with the data: until then, it may be one that is unsupported. */
  readonly message: Cursor;
  /** Numbers of the filters, in the order of writing. */
  readonly filters: readonly number[];
  /** Whether the data are in other files. */
  readonly isExternal: boolean;
}

/** Filters by their registered numbers: https://github.com/HDFGroup/hdf5_plugins. */
const filterNames: Readonly<Record<number, string>> = {
  1: "gzip",
  2: "shuffle",
  3: "fletcher32",
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32026: "blosc2",
};
const [gzip, shuffle] = [1, 2];

/** Bytes of one tensor in chunks, which may be stored in far fewer; the network's largest has 13 MB. */
const mostChunked = 2 ** 26;

/** Numbers of the filters that data passed when they were written. */
export function readFilters(message: Cursor): number[] {
  const version = message.version(1, 2);
  const count = message.u8();
  if (version === 1) message.skip(6);
  return Array.from({ length: count }, () => {
    const id = message.u16();
    const nameBytes = version === 1 || id >= 256 ? message.u16() : 0;
    message.skip(2);
    const values = message.u16();
    message.skip(version === 1 ? (nameBytes + 7) & ~7 : nameBytes);
    message.skip(4 * (values + (version === 1 ? values % 2 : 0)));
    return id;
  });
}

/** All bytes of a dataset: a view of the file where it holds them in one run, else a copy. */
export function readData(file: Hdf5Bytes, layout: Layout): Uint8Array {
  if (layout.isExternal) throw file.unsupported("data in the file itself", "external storage");
  const message = layout.message.fork();
  const size = sizeOf(layout.shape) * layout.elementBytes;
  const version = message.u8();
  if (version !== 3 && version !== 4) {
    throw file.unsupported("a layout of version 3 or 4", `version ${version}`);
  }
  const kind = message.u8();
  if (kind === 0) {
    const bytes = message.take(message.u16());
    if (bytes.length === size) return bytes;
    throw file.damaged(`${size} bytes of a compact dataset`, `${bytes.length}`);
  }
  if (kind === 1) {
    const address = message.address();
    if (address !== undefined || size === 0) return file.range(address ?? 0, size, "a dataset");
    throw file.damaged("a dataset with data", "one that was never written");
  }
  if (kind === 2 && version === 3) return readChunks(file, layout, message, size);
  const found =
    { 2: "chunks with an index of HDF5 1.10", 3: "a virtual dataset" }[kind] ?? `class ${kind}`;
  throw file.unsupported("contiguous data, or chunks in a tree", found);
}

/** One stored chunk: which filters it skipped, by bit, and its first element. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly skipped: number;
  readonly from: readonly number[];
}

function readChunks(file: Hdf5Bytes, layout: Layout, message: Cursor, size: number): Uint8Array {
  const { shape, elementBytes, filters } = layout;
  refuseFilters(file, filters);
  const axes = message.u8() - 1;
  const tree = message.address();
  if (axes !== shape.length || axes === 0) {
    throw file.damaged(`chunks of ${shape.length} axes`, `${axes}`);
  }
  const chunkShape = Array.from({ length: axes }, () => message.u32());
  const chunkBytes = sizeOf(chunkShape) * elementBytes;
  if (size === 0) return new Uint8Array();
  if (!(size <= mostChunked && chunkBytes <= mostChunked)) {
    const found = `${size} bytes in chunks of ${chunkBytes}`;
    throw file.unsupported(`at most ${mostChunked} bytes in chunks`, found);
  }
  const all = new Uint8Array(size);
  for (const chunk of listChunks(file, tree, shape, chunkShape)) {
    const bytes = unfilter(file, chunk, filters, elementBytes, chunkBytes);
    copyChunk({ bytes, shape: chunkShape, from: chunk.from }, all, shape, elementBytes);
  }
  return all;
}

function refuseFilters(file: Hdf5Bytes, filters: readonly number[]): void {
  const unknown = filters.find((id) => id !== gzip && id !== shuffle);
  if (unknown === undefined) return;
  const name = filterNames[unknown];
  throw file.unsupported(
    "data without filters, or through gzip and shuffle",
    `chunks with filter ${unknown}${name ? ` (${name})` : ""}`,
  );
}

/** Each chunk of the grid, once. */
function listChunks(
  file: Hdf5Bytes,
  tree: number | undefined,
  shape: Shape,
  chunkShape: Shape,
): Chunk[] {
  const grid = shape.map((length, axis) => Math.ceil(length / (chunkShape[axis] ?? 0)));
  const wanted = sizeOf(grid);
  const chunks = new Map<number, Chunk>();
  for (const { key, child } of readOldTree(file, tree, {
    type: 1,
    keyBytes: 16 + 8 * shape.length,
  })) {
    const bytes = file.range(child, key.u32(), "a chunk");
    const skipped = key.u32();
    const from = shape.map(() => key.u64());
    const place = from.reduce((at, first, axis) => {
      const step = first / (chunkShape[axis] ?? 0);
      return Number.isInteger(step) && step < (grid[axis] ?? 0)
        ? at * (grid[axis] ?? 0) + step
        : Number.NaN;
    }, 0);
    if (Number.isNaN(place) || chunks.has(place)) {
      throw file.damaged("chunks in a grid", `one at ${from.join(", ")}`);
    }
    chunks.set(place, { bytes, skipped, from });
  }
  if (chunks.size === wanted) return [...chunks.values()];
  throw file.damaged(`${wanted} chunks of a dataset`, `${chunks.size}`);
}

/** Undoes filters, the last first; a chunk may have skipped some. */
function unfilter(
  file: Hdf5Bytes,
  { bytes, skipped }: Chunk,
  filters: readonly number[],
  elementBytes: number,
  chunkBytes: number,
): Uint8Array {
  let data = bytes;
  for (let at = filters.length - 1; at >= 0; at--) {
    if (skipped & (1 << at)) continue;
    data = filters[at] === gzip ? inflate(file, data, chunkBytes) : unshuffle(data, elementBytes);
  }
  if (data.length === chunkBytes) return data;
  throw file.damaged(`chunks of ${chunkBytes} bytes`, `one of ${data.length}`);
}

function inflate(file: Hdf5Bytes, bytes: Uint8Array, most: number): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    throw file.damaged("gzip data", (cause as NodeJS.ErrnoException).code ?? "other bytes");
  }
}

/** All first bytes of the elements, then all second ones, to elements. */
function unshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(bytes.length / elementBytes);
  const whole = new Uint8Array(bytes.length);
  whole.set(bytes.subarray(count * elementBytes), count * elementBytes);
  for (let byte = 0; byte < elementBytes; byte++) {
    for (let at = 0; at < count; at++) {
      whole[at * elementBytes + byte] = bytes[byte * count + at] ?? 0;
    }
  }
  return whole;
}

/** Copies what of a chunk is inside of the dataset, run by run along the last axis. */
function copyChunk(
  chunk: { readonly bytes: Uint8Array; readonly shape: Shape; readonly from: readonly number[] },
  all: Uint8Array,
  shape: Shape,
  elementBytes: number,
): void {
  const copy = (axis: number, source: number, target: number): void => {
    const [inChunk = 0, inAll = 0, from = 0] = [chunk.shape[axis], shape[axis], chunk.from[axis]];
    const length = Math.min(inChunk, inAll - from);
    const [sourceAt, targetAt] = [source * inChunk, target * inAll + from];
    if (axis < shape.length - 1) {
      for (let at = 0; at < length; at++) copy(axis + 1, sourceAt + at, targetAt + at);
      return;
    }
    const run = chunk.bytes.subarray(sourceAt * elementBytes, (sourceAt + length) * elementBytes);
    all.set(run, targetAt * elementBytes);
  };
  copy(0, 0, 0);
}
