/**
 * @file HDF5's B-trees, read from the first leaf to the last.
 *
 * Sections III.A.1 (version 1: old groups and chunks) and III.A.2 (version 2: large new groups and
 * many attributes) of the specification.
 */
import type { Cursor, Hdf5Bytes } from "./bytes.js";
import { bytesFor } from "./heaps.js";

/** What a leaf of version 1 points to, and the key before it. */
export interface OldLeaf {
  readonly key: Cursor;
  readonly child: number | undefined;
}

/** Leaves of a tree of version 1: nodes of type 0 have names as keys, of type 1 chunks. */
export function* readOldTree(
  file: Hdf5Bytes,
  address: number | undefined,
  tree: { readonly type: 0 | 1; readonly keyBytes: number },
  parentLevel?: number,
): Generator<OldLeaf> {
  const head = file.openSigned(address, 24, "TREE");
  const type = head.u8();
  const level = head.u8();
  const used = head.u16();
  if (type !== tree.type) throw file.damaged(`a tree of type ${tree.type}`, `${type}`);
  if (parentLevel !== undefined && level !== parentLevel - 1) {
    throw file.damaged(`a tree node of level ${parentLevel - 1}`, `${level}`);
  }
  const { keyBytes } = tree;
  const body = file.open((address ?? 0) + 24, used * (keyBytes + 8) + keyBytes, "a tree");
  for (let at = 0; at < used; at++) {
    const key = body.part(keyBytes);
    const child = body.address();
    if (level > 0) yield* readOldTree(file, child, tree, level);
    else yield { key, child };
  }
}

/** Sizes of a tree of version 2. */
interface NewTree {
  readonly nodeBytes: number;
  readonly recordBytes: number;
}

/** Sizes of the nodes of one level, counted from the leaves. */
interface Level {
  /** Most records of a node, and bytes of the number of records below it. */
  readonly most: number;
  readonly totalBytes: number;
  /** Most records below and in a node. */
  readonly total: number;
}

/** Records of a tree of version 2. */
export function* readNewTree(file: Hdf5Bytes, address: number | undefined): Generator<Cursor> {
  const head = file.openSealed(address, 38, "BTHD");
  head.version(0);
  head.skip(1);
  const tree: NewTree = { nodeBytes: head.u32(), recordBytes: head.u16() };
  const depth = head.u16();
  head.skip(2);
  const root = head.address();
  const records = head.u16();
  if (records > 0) yield* readNode(file, tree, levelsOf(file, tree, depth), depth, root, records);
}

function levelsOf(file: Hdf5Bytes, { nodeBytes, recordBytes }: NewTree, depth: number): Level[] {
  const leaf = Math.floor((nodeBytes - 10) / recordBytes);
  const levels: Level[] = [{ most: leaf, totalBytes: 0, total: leaf }];
  while (levels.length <= depth) {
    const below = levels.at(-1) as Level;
    const pointerBytes = 8 + bytesFor(leaf) + below.totalBytes;
    const most = Math.floor((nodeBytes - 10 - pointerBytes) / (recordBytes + pointerBytes));
    const total = (most + 1) * below.total + most;
    levels.push({ most, totalBytes: bytesFor(total), total });
    if (!(most > 0 && Number.isSafeInteger(total))) {
      throw file.damaged("a tree of a possible size", `one of depth ${depth}`);
    }
  }
  return levels;
}

function* readNode(
  file: Hdf5Bytes,
  tree: NewTree,
  levels: readonly Level[],
  level: number,
  address: number | undefined,
  records: number,
): Generator<Cursor> {
  const below = levels[level - 1];
  const countBytes = bytesFor(levels[0]?.most ?? 0);
  const pointerBytes = below ? 8 + countBytes + below.totalBytes : 0;
  const pointers = below ? (records + 1) * pointerBytes : 0;
  const bytes = 4 + 2 + records * tree.recordBytes + pointers + 4;
  const node = file.openSealed(address, bytes, below ? "BTIN" : "BTLF");
  node.version(0);
  node.skip(1);
  for (let at = 0; at < records; at++) yield node.part(tree.recordBytes);
  if (!below) return;
  for (let at = 0; at <= records; at++) {
    const child = node.address();
    const count = node.uint(countBytes);
    node.skip(below.totalBytes);
    yield* readNode(file, tree, levels, level - 1, child, count);
  }
}
