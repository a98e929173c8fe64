/**
 * @file TensorFlow's tables as tests need them: put together from parts that may be wrong, with
 * checksums that are right, so that a reader gets past those.
 */
import { maskedCrc32c } from "inception-resnet-v2/internal/weights/formats/tensorflow/crc32c.js";

/** An entry of a table; characters of the key are bytes. */
export type TableEntry = readonly [key: string, value: Uint8Array];

/** A table with these entries in one block, in this order. */
export function tableOf(entries: readonly TableEntry[]): Uint8Array {
  return sealBlocks([blockOf(entries)]);
}

/** A block of entries that share nothing with each other. */
export function blockOf(entries: readonly TableEntry[]): Uint8Array {
  const parts = entries.flatMap(([key, value]) => [
    ...[varint(0), varint(key.length), varint(value.length)],
    ...[Buffer.from(key, "latin1"), value],
  ]);
  return Buffer.concat([...parts, uint32(0), uint32(1)]);
}

/** A table of these blocks, whatever is in them, with an index, trailers and a footer. */
export function sealBlocks(blocks: readonly Uint8Array[], compression = 0): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  const seal = (block: Uint8Array, kind: number) => {
    const checked = Buffer.concat([block, Buffer.of(kind)]);
    parts.push(checked, uint32(maskedCrc32c(checked)));
    at += checked.length + 4;
    return Buffer.concat([varint(at - checked.length - 4), varint(block.length)]);
  };
  const handles = blocks.map((block) => seal(block, compression));
  const meta = seal(blockOf([]), 0);
  const entries = handles.map(
    (handle, place): TableEntry => [String(place).padStart(4, "0"), handle],
  );
  const index = seal(blockOf(entries), 0);
  const footer = Buffer.concat([meta, index, Buffer.alloc(40)]).subarray(0, 40);
  return Buffer.concat([...parts, footer, Buffer.from("57fb808b247547db", "hex")]);
}

/** The data blocks of a table that TensorFlow wrote, as they are in the file. */
export function blocksOf(table: Uint8Array): Uint8Array[] {
  const [, index] = readHandles(table.subarray(-48));
  const entries = table.subarray(index?.[0], (index?.[0] ?? 0) + (index?.[1] ?? 0));
  const restarts = Buffer.from(entries).readUInt32LE(entries.length - 4);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < entries.length - 4 - 4 * restarts; ) {
    const [, rest = 0, size = 0] = entries.subarray(at); // all below 128 in an index
    const [[from = 0, length = 0] = []] = readHandles(entries.subarray(at + 3 + rest));
    blocks.push(table.subarray(from, from + length));
    at += 3 + rest + size;
  }
  return blocks;
}

/** The first two handles of some bytes: offset and size each. */
function readHandles(bytes: Uint8Array): number[][] {
  const numbers: number[] = [];
  let number = 0;
  let place = 1;
  for (let at = 0; numbers.length < 4 && at < bytes.length; at++) {
    const byte = bytes[at] as number;
    number += (byte & 127) * place;
    place *= 128;
    if (byte >= 128) continue;
    numbers.push(number);
    number = 0;
    place = 1;
  }
  return [numbers.slice(0, 2), numbers.slice(2)];
}

/** A number in base 128, the lowest seven bits first. */
export function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}

function uint32(number: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}
