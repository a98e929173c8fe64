/**
 * @file TensorFlow's sorted tables, the files that its checkpoints are made of: bytes by key.
 *
 *   block ...    data blocks, then one of indices of blocks, which TensorFlow leaves empty
 *   block        the index: for each data block a key and a handle (offset, size: varints)
 *   48 bytes     footer: the handles of the last two blocks, padded to 40, and a magic number
 *
 *   a block:     entries, restart points (uint32 each), their number (uint32);
 *                after it one byte of compression (0 none, 1 Snappy) and a masked CRC-32C of all that
 *   an entry:    varints shared, rest, size; `rest` bytes that follow the first `shared` bytes of
 *                the key before; the value
 *
 * The layout is LevelDB's: https://github.com/google/leveldb/blob/main/doc/table_format.md. Every
 * block is checked whole; blocks follow each other and keys ascend, so that no byte counts twice.
 */

import { ByteReader } from "@inception-resnet-v2/core/internal/protobuf/byte-reader.js";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { fileKind } from "@inception-resnet-v2/core/internal/weights/strangers.js";
import { maskedCrc32c } from "./crc32c.js";
import { decodeSnappy } from "./snappy.js";

/** Values by key. A key's characters are its bytes (Latin-1); values are views of the file. */
export type TfTable = ReadonlyMap<string, Uint8Array>;

const footerBytes = 48;
const handlesBytes = 40;
const trailerBytes = 5;
const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Longest key, and most bytes of keys in all: prefixes let few bytes stand for very many. */
const keyLimit = 4096;
const keysLimit = 2 ** 26;

/** Whether bytes end as these tables do. */
export function isTfTable(bytes: Uint8Array): boolean {
  return (
    bytes.length >= footerBytes && magic.every((byte, at) => bytes[bytes.length - 8 + at] === byte)
  );
}

/** Checks a whole table. Throws what `failure` makes. */
export function readTfTable(bytes: Uint8Array, failure: Failure): TfTable {
  if (!isTfTable(bytes)) throw noTable(bytes, failure);
  const fail = () =>
    failure("WEIGHTS_FORMAT", "expected a table of TensorFlow, got a footer that is none");
  const footer = new ByteReader(bytes.subarray(-footerBytes).subarray(0, handlesBytes), fail);
  readHandle(footer);
  const index = readBlock(bytes, readHandle(footer), 0, failure);
  const table = new Map<string, Uint8Array>();
  let end = 0;
  let last: string | undefined;
  let keysBytes = 0;
  for (const { value } of readEntries(index, failure)) {
    const handle = readHandle(new ByteReader(value, fail));
    const block = readBlock(bytes, handle, end, failure);
    end = handle.offset + handle.size + trailerBytes;
    for (const { key, value } of readEntries(block, failure)) {
      if (last !== undefined && key <= last) {
        throw failure("WEIGHTS_FORMAT", "expected keys that ascend, got one out of order");
      }
      keysBytes += key.length;
      if (keysBytes > keysLimit) {
        throw failure("WEIGHTS_FORMAT", `expected at most ${keysLimit} bytes of keys, got more`);
      }
      table.set(key, value);
      last = key;
    }
  }
  return table;
}

function noTable(bytes: Uint8Array, failure: Failure): Error {
  if (bytes.length === 0) {
    return failure("WEIGHTS_EMPTY", "expected a TensorFlow checkpoint, got an empty file");
  }
  const kind = fileKind(bytes) ?? "a file that is cut off or of another kind";
  return failure("WEIGHTS_FORMAT", `expected a TensorFlow checkpoint, got ${kind}`);
}

/** Where a block is. */
interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varint(), size: reader.varint() };
}

/** A block that begins at byte `after` or later, checked and decompressed. */
function readBlock(
  bytes: Uint8Array,
  { offset, size }: Handle,
  after: number,
  failure: Failure,
): Uint8Array {
  const room = bytes.length - footerBytes - trailerBytes;
  if (!(size >= 4 && offset >= after && offset + size <= room)) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected a block between bytes ${after} and ${room}, got ${size} bytes at ${offset}`,
    );
  }
  const checked = bytes.subarray(offset, offset + size + 1);
  const stored = readUint32(bytes, offset + size + 1);
  if (maskedCrc32c(checked) !== stored) {
    throw failure(
      "WEIGHTS_CHECKSUM",
      `expected intact bytes, got a block at ${offset} that does not match its checksum`,
    );
  }
  const compression = checked[size];
  const block = checked.subarray(0, size);
  if (compression === 0) return block;
  if (compression !== 1) {
    throw failure("WEIGHTS_FORMAT", `expected blocks as they are or Snappy, got ${compression}`);
  }
  return decodeSnappy(block, () =>
    failure("WEIGHTS_FORMAT", `expected a Snappy stream at ${offset}, got other bytes`),
  );
}

function* readEntries(
  block: Uint8Array,
  failure: Failure,
): Generator<{ key: string; value: Uint8Array }> {
  const fail = () => failure("WEIGHTS_FORMAT", "expected entries in a block, got other bytes");
  const restarts = block.length < 4 ? Number.NaN : readUint32(block, block.length - 4);
  const end = block.length - 4 - 4 * restarts;
  if (!(end >= 0)) throw fail();
  const reader = new ByteReader(block.subarray(0, end), fail);
  let key = "";
  while (!reader.isDone) {
    const shared = reader.varint();
    const rest = reader.varint();
    const size = reader.varint();
    if (!(shared >= 0 && shared <= key.length)) throw fail();
    if (shared + rest > keyLimit) {
      throw failure(
        "WEIGHTS_FORMAT",
        `expected keys of at most ${keyLimit} bytes, got a longer one`,
      );
    }
    key = key.slice(0, shared) + Buffer.from(reader.take(rest)).toString("latin1");
    yield { key, value: reader.take(size) };
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
}
