/**
 * @file HDF5's heaps: names of old groups, texts of variable length, and entries of large new groups.
 *
 * Sections III.D (local), III.E (global) and III.G (fractal) of the specification.
 */
import type { Cursor, Hdf5Bytes } from "./bytes.js";

/** Longest name that is looked for in a local heap, in bytes. */
const longestName = 4096;
/** Most blocks of a fractal heap that one block of pointers may name; usual are 36. */
const mostBlocks = 1024;

/** Finds names of an old group by their offsets. */
export function readLocalHeap(
  file: Hdf5Bytes,
  address: number | undefined,
): (offset: number) => string {
  const head = file.openSigned(address, 32, "HEAP");
  head.version(0);
  head.skip(3);
  const size = head.u64();
  head.skip(8);
  const start = file.check(head.address(), size, "a local heap");
  const names = file.range(start, size, "a local heap");
  return (offset) => {
    const length = names.subarray(offset, offset + longestName).indexOf(0);
    if (length < 0) {
      throw file.damaged(`a name of at most ${longestName} bytes`, "one without an end");
    }
    return file.open(start + offset, length, "a local heap").text(length);
  };
}

/** Objects of global heaps, which are opened once. */
export class GlobalHeaps {
  readonly #file: Hdf5Bytes;
  readonly #known = new Map<number, ReadonlyMap<number, Cursor>>();

  constructor(file: Hdf5Bytes) {
    this.#file = file;
  }

  /** The text that a reference names: its length, the heap's address and an index. */
  text(reference: Cursor): string {
    const length = reference.u32();
    const address = reference.address();
    const index = reference.u32();
    if (length === 0 || address === undefined) return "";
    const found = this.#open(address).get(index);
    if (!found || found.left < length) {
      const what = `object ${index} of ${length} bytes in the global heap at byte ${address}`;
      throw this.#file.damaged(what, found ? `one of ${found.left}` : "none");
    }
    return found.fork().text(length);
  }

  #open(address: number): ReadonlyMap<number, Cursor> {
    const known = this.#known.get(address);
    if (known) return known;
    const head = this.#file.openSigned(address, 16, "GCOL");
    head.version(1);
    head.skip(3);
    const size = head.u64();
    const heap = this.#file.open(address + 16, size - 16, "a global heap");
    const objects = new Map<number, Cursor>();
    while (heap.left >= 16) {
      const index = heap.u16();
      heap.skip(6);
      const length = heap.u64();
      if (index === 0) break; // what is left is free
      objects.set(index, heap.part(length, "a text"));
      heap.skip(Math.min(heap.left, -length & 7));
    }
    this.#known.set(address, objects);
    return objects;
  }
}

/** Blocks of a fractal heap: where one begins in the heap's own count, and in the file. */
interface Block {
  readonly from: number;
  readonly size: number;
  readonly address: number | undefined;
}

/** Opens objects of a fractal heap by their ids. */
export function readFractalHeap(
  file: Hdf5Bytes,
  address: number | undefined,
): (id: Cursor) => Cursor {
  const head = file.openSealed(address, 146, "FRHP");
  head.version(0);
  head.skip(2);
  if (head.u16() > 0) throw file.unsupported("a fractal heap without filters", "one with some");
  head.skip(1);
  const largestObject = head.u32();
  head.skip(12 * 8); // where huge and tiny objects are, and statistics
  const width = head.u16();
  const [startSize, largestBlock] = [head.u64(), head.u64()];
  const bits = head.u16();
  head.skip(2);
  const root = head.address();
  const rows = head.u16();
  const offsetBytes = Math.ceil(bits / 8);
  const lengthBytes = Math.min(bytesFor(largestBlock - 1), bytesFor(largestObject));
  const blocks: readonly Block[] =
    rows === 0
      ? [{ from: 0, size: startSize, address: root }]
      : readBlocks(file, root, { width, rows, startSize, largestBlock, offsetBytes });
  return (id) => {
    if (id.u8() !== 0) throw file.unsupported("managed objects in a fractal heap", "another kind");
    const offset = id.uint(offsetBytes);
    const length = id.uint(lengthBytes);
    const block = blocks.find(({ from, size }) => offset >= from && offset < from + size);
    if (!block) throw file.damaged("an object in its fractal heap", `one at ${offset}`);
    return file.open((block.address ?? Number.NaN) + offset - block.from, length, "a heap object");
  };
}

/** The blocks that a root with pointers names: rows of `width`, doubling in size from the third on. */
function readBlocks(
  file: Hdf5Bytes,
  address: number | undefined,
  heap: {
    readonly width: number;
    readonly rows: number;
    readonly startSize: number;
    readonly largestBlock: number;
    readonly offsetBytes: number;
  },
): Block[] {
  const { width, rows, startSize, largestBlock, offsetBytes } = heap;
  const sizeOfRow = (row: number) => startSize * 2 ** Math.max(0, row - 1);
  if (sizeOfRow(rows - 1) > largestBlock || width * rows > mostBlocks) {
    throw file.unsupported("a fractal heap of one level", "one of more");
  }
  const root = file.openSealed(address, 4 + 1 + 8 + offsetBytes + 8 * width * rows + 4, "FHIB");
  root.version(0);
  root.skip(8 + offsetBytes);
  const blocks: Block[] = [];
  let from = 0;
  for (let at = 0; at < width * rows; at++) {
    const size = sizeOfRow(Math.floor(at / width));
    blocks.push({ from, size, address: root.address() });
    from += size;
  }
  return blocks;
}

/** Bytes that hold numbers up to one. */
export function bytesFor(largest: number): number {
  let bytes = 1;
  while (largest >= 256 ** bytes) bytes++;
  return bytes;
}
