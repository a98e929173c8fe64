/**
 * @file Zip archives of stored entries, as views of the archive's bytes.
 *
 *   local header, name, extra field, bytes    for each entry; the extra field may pad the bytes
 *   central directory                         for each entry: name, size, CRC-32, place
 *   [ZIP64 end record and its locator]        where numbers need 64 bits
 *   end record                                where the directory is
 *
 * Specification: PKWARE's APPNOTE.TXT. The archives that hold weights (torch.save, Keras 3) do not
 * compress, and their tensors must not be copied out. Libraries for zips give streams (unzipper) or
 * copies (fflate, jszip); yauzl can tell places, but through callbacks, and the readers of weights
 * are synchronous. Hence this reader. It checks places, sizes, overlaps and names of all entries,
 * and the CRC-32 of each one that is opened.
 */
import { crc32 } from "node:zlib";
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;
const sizes = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const;
const longestComment = 0xffff;
const saturated = 0xffffffff;

/** Where something of the archive is. */
interface Range {
  readonly from: number;
  readonly to: number;
}

interface CentralEntry {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Bytes in the archive. */
  readonly size: number;
  readonly crc: number;
  /** Place of its local header. */
  readonly local: number;
  /** How it is compressed; 0 where it is not. */
  readonly method: number;
  readonly isEncrypted: boolean;
}

/** Whether bytes begin as an archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === signatures.local;
}

/** Gives the bytes of an entry, a view of the archive; throws when they are damaged or packed. */
export type ZipReader = () => Uint8Array;

/** All entries by name, in the order of the directory. Throws what `failure` makes. */
export function readZip(bytes: Uint8Array, failure: Failure): ReadonlyMap<string, ZipReader> {
  const view = viewOf(bytes);
  const directory = findDirectory(view, failure);
  const entries = new Map<string, ZipReader>();
  const ranges: (Range & { readonly name: string })[] = [];
  for (const entry of readDirectory(bytes, view, directory, failure)) {
    const { name, local } = entry;
    if (entries.has(name)) {
      throw failure("WEIGHTS_ZIP", `expected each entry once, got ${quote(name)} again`);
    }
    const { from, to } = findEntry(bytes, view, entry, directory.from, failure);
    ranges.push({ from: local, to, name });
    entries.set(name, () => openEntry(entry, bytes.subarray(from, to), failure));
  }
  checkOverlaps(ranges, failure);
  return entries;
}

function openEntry(
  { name, method, isEncrypted, crc }: CentralEntry,
  bytes: Uint8Array,
  failure: Failure,
): Uint8Array {
  if (isEncrypted || method !== 0) {
    throw failure(
      "WEIGHTS_ZIP",
      `expected stored entries, got ${quote(name)} ${isEncrypted ? "encrypted" : `compressed by method ${method}`}`,
    );
  }
  // PyTorch can be told to compute no sums, and then writes 0
  if (crc === 0 || crc32(bytes) === crc) return bytes;
  throw failure(
    "WEIGHTS_CHECKSUM",
    `expected bytes of entry ${quote(name)} that fit its CRC-32, got others`,
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Place of the central directory, from the record at the end of the archive. */
function findDirectory(view: DataView, failure: Failure): Range & { readonly count: number } {
  const at = findEnd(view);
  if (at === undefined) {
    throw failure(
      "WEIGHTS_TRUNCATED",
      "expected the end of a zip archive, got another end of file",
    );
  }
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let from = view.getUint32(at + 16, true);
  let limit = at;
  if (count === 0xffff || size === saturated || from === saturated) {
    limit = findEnd64(view, at, failure);
    count = uint64(view, limit + 32);
    size = uint64(view, limit + 40);
    from = uint64(view, limit + 48);
  }
  if (from + size > limit || count * sizes.central > size) {
    throw failure(
      "WEIGHTS_ZIP",
      `expected a directory of ${count} entries before byte ${limit} of the archive, got ${size} bytes at ${from}`,
    );
  }
  return { from, to: from + size, count };
}

/** Place of the end record: the last one whose comment ends with the file. */
function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - sizes.end;
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (view.getUint32(at, true) !== signatures.end) continue;
    if (at + sizes.end + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return undefined;
}

/** Place of the ZIP64 end record, which a locator right before the end record tells. */
function findEnd64(view: DataView, end: number, failure: Failure): number {
  const locator = end - sizes.locator64;
  if (locator >= 0 && view.getUint32(locator, true) === signatures.locator64) {
    const at = uint64(view, locator + 8);
    if (at + sizes.end64 <= locator && view.getUint32(at, true) === signatures.end64) return at;
  }
  throw failure("WEIGHTS_ZIP", "expected a ZIP64 record at the end of the archive, got none");
}

/** A number of 8 bytes; where it is not exact it is beyond any file. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function readDirectory(
  bytes: Uint8Array,
  view: DataView,
  { from, to, count }: Range & { readonly count: number },
  failure: Failure,
): CentralEntry[] {
  const entries: CentralEntry[] = [];
  let at = from;
  for (let index = 0; index < count; index++) {
    if (at + sizes.central > to || view.getUint32(at, true) !== signatures.central) {
      throw failure(
        "WEIGHTS_ZIP",
        `expected entry ${index} of the directory at ${at}, got other bytes`,
      );
    }
    const names = at + sizes.central;
    const extras = names + view.getUint16(at + 28, true);
    const comment = extras + view.getUint16(at + 30, true);
    const next = comment + view.getUint16(at + 32, true);
    if (next > to) {
      throw failure(
        "WEIGHTS_ZIP",
        `expected the directory to end at ${to}, got entry ${index} to ${next}`,
      );
    }
    const nameBytes = bytes.subarray(names, extras);
    const name = new TextDecoder().decode(nameBytes);
    entries.push({
      name,
      nameBytes,
      isEncrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...readPlace(view, at, { from: extras, to: comment }, name, failure),
    });
    at = next;
  }
  return entries;
}

/** Size and place of an entry; what does not fit 32 bits is in its extra field, in this order. */
function readPlace(
  view: DataView,
  at: number,
  extra: Range,
  name: string,
  failure: Failure,
): { size: number; local: number } {
  const wide = wideNumbers(view, extra);
  const [unpacked, size, local] = [24, 20, 42].map((place) => {
    const value = view.getUint32(at + place, true);
    return value === saturated ? wide.shift() : value;
  });
  const isStored = view.getUint16(at + 10, true) === 0;
  if (size === undefined || local === undefined || (isStored && size !== unpacked)) {
    throw failure(
      "WEIGHTS_ZIP",
      `expected size and place of entry ${quote(name)}, got none that fit`,
    );
  }
  return { size, local };
}

/** The numbers of the ZIP64 field, if there is one. */
function wideNumbers(view: DataView, { from, to }: Range): number[] {
  for (let at = from; at + 4 <= to; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > to) return [];
    if (view.getUint16(at, true) === 1) {
      const count = Math.floor((end - at - 4) / 8);
      return Array.from({ length: count }, (_, index) => uint64(view, at + 4 + index * 8));
    }
    at = end;
  }
  return [];
}

/** Place of an entry's bytes, which its local header tells. */
function findEntry(
  bytes: Uint8Array,
  view: DataView,
  { name, nameBytes, size, local }: CentralEntry,
  limit: number,
  failure: Failure,
): Range {
  const names = local + sizes.local;
  const found = names <= limit && view.getUint32(local, true) === signatures.local;
  const nameEnd = found ? names + view.getUint16(local + 26, true) : names;
  if (
    !found ||
    nameEnd > limit ||
    Buffer.compare(bytes.subarray(names, nameEnd), nameBytes) !== 0
  ) {
    throw failure("WEIGHTS_ZIP", `expected entry ${quote(name)} at byte ${local}, got other bytes`);
  }
  const from = nameEnd + view.getUint16(local + 28, true);
  if (from + size > limit) {
    throw failure(
      "WEIGHTS_TRUNCATED",
      `expected ${size} bytes of entry ${quote(name)}, got ${Math.max(0, limit - from)}`,
    );
  }
  return { from, to: from + size };
}

/** No byte may belong to two entries, so that what is read is never more than the file. */
function checkOverlaps(ranges: (Range & { readonly name: string })[], failure: Failure): void {
  const sorted = ranges.toSorted((a, b) => a.from - b.from);
  let end = 0;
  for (const { from, to, name } of sorted) {
    if (from < end) {
      throw failure(
        "WEIGHTS_ZIP",
        `expected entries that do not overlap, got ${quote(name)} at ${from} in another`,
      );
    }
    end = to;
  }
}
