/**
 * @file Zip archives written in parts: entries stored, their bytes at multiples of a number.
 *
 * Layout: zip.ts. An extra field "FB" pads each local header, as PyTorch's writer pads it. Dates are
 * fixed, so that the same entries give the same bytes. No ZIP64: at most 4 GiB and 65535 entries.
 */
import { crc32 } from "node:zlib";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";

/** An entry, whose bytes are made when they are written. */
export interface ZipEntry {
  readonly name: string;
  bytes(): Uint8Array;
}

const largestArchive = 0xffffffff;
const mostEntries = 0xffff;
const localSize = 30;
const padding = { id: 0x4246, head: 4 } as const; // "FB"
const utf8Names = 0x800;
/** 1 January 1980, the first day that the format has. */
const date = 0x21;

/** The bytes of an archive, entry by entry; data begin at multiples of `alignment` bytes. */
export function* zipParts(
  entries: readonly ZipEntry[],
  { alignment }: { readonly alignment: number },
): Generator<Uint8Array> {
  const central: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const bytes = entry.bytes();
    const common = commonFields(bytes);
    const pad = padTo(at + localSize + name.length + padding.head, alignment);
    const extra = Buffer.alloc(padding.head + pad);
    extra.writeUInt16LE(padding.id, 0);
    extra.writeUInt16LE(pad, 2);
    const lengths = uint16s(name.length, extra.length);
    yield Buffer.concat([Buffer.from("PK\x03\x04"), common, lengths, name, extra]);
    yield bytes;
    const made = Buffer.from("PK\x01\x02\0\0", "latin1");
    // no extra field, no comment, first disk, no attributes
    const rest = Buffer.concat([uint16s(name.length, 0, 0, 0, 0, 0, 0), uint32s(at)]);
    central.push(Buffer.concat([made, common, rest, name]));
    at += localSize + name.length + extra.length + bytes.length;
    refuseLarge(at, central.length);
  }
  const directory = Buffer.concat(central);
  refuseLarge(at + directory.length, central.length);
  yield directory;
  const count = central.length;
  const ends = [uint16s(0, 0, count, count), uint32s(directory.length, at), uint16s(0)];
  yield Buffer.concat([Buffer.from("PK\x05\x06"), ...ends]);
}

/** What both headers of an entry say: version, flags, method, time, date, sum, size packed and not. */
function commonFields(bytes: Uint8Array): Buffer {
  const fields = uint16s(0, utf8Names, 0, 0, date);
  return Buffer.concat([fields, uint32s(crc32(bytes), bytes.length, bytes.length)]);
}

/** How many bytes are missing to the next multiple. */
function padTo(at: number, alignment: number): number {
  return (alignment - (at % alignment)) % alignment;
}

function refuseLarge(bytes: number, entries: number): void {
  if (bytes <= largestArchive && entries <= mostEntries) return;
  throw new ModelError(
    "WEIGHTS_TOO_LARGE",
    `Cannot write a zip archive: expected at most ${largestArchive} bytes in ${mostEntries} entries, got more`,
  );
}

function uint16s(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    buffer.writeUInt16LE(value, index * 2);
  });
  return buffer;
}

function uint32s(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    buffer.writeUInt32LE(value, index * 4);
  });
  return buffer;
}
