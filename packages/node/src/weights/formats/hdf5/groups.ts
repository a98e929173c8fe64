/**
 * @file The members of an HDF5 group, old (a tree of names and a heap) or new (messages, or a heap
 * and a tree where they are many).
 *
 * Sections III.B, III.C and IV.A.2.c and g of the specification. Links to other places or files are
 * refused.
 */
import type { Cursor, Hdf5Bytes } from "./bytes.js";
import { type Message, messageTypes } from "./headers.js";
import { readFractalHeap, readLocalHeap } from "./heaps.js";
import { readNewTree, readOldTree } from "./trees.js";

/** A member: its name, and where its object header is. */
export interface Link {
  readonly name: string;
  readonly address: number | undefined;
}

/** Bytes of an entry in a node of names. */
const entryBytes = 40;
/** Bytes of a record of the tree that finds links by their names: a hash, and the id in the heap. */
const linkRecordBytes = { hash: 4, id: 7 };

/** Members of a group by its messages, in the file's order; nothing where it is no group. */
export function readLinks(file: Hdf5Bytes, messages: readonly Message[]): Link[] | undefined {
  const links: Link[] = [];
  let isGroup = false;
  for (const { type, body } of messages) {
    if (type === messageTypes.symbolTable) links.push(...readSymbols(file, body));
    else if (type === messageTypes.linkInfo) links.push(...readDense(file, body));
    else if (type === messageTypes.link) links.push(readLink(body));
    else continue;
    isGroup = true;
  }
  return isGroup ? links : undefined;
}

function* readSymbols(file: Hdf5Bytes, table: Cursor): Generator<Link> {
  const tree = table.address();
  const nameAt = readLocalHeap(file, table.address());
  for (const { child } of readOldTree(file, tree, { type: 0, keyBytes: 8 })) {
    const head = file.openSigned(child, 8, "SNOD");
    head.version(1);
    head.skip(1);
    const used = head.u16();
    const entries = file.open((child ?? 0) + 8, used * entryBytes, "a node of names");
    for (let at = 0; at < used; at++) {
      const entry = entries.part(entryBytes);
      const name = nameAt(entry.u64());
      const address = entry.address();
      if (entry.u32() === 2) throw refused(file, name, "a soft link");
      yield { name, address };
    }
  }
}

function* readDense(file: Hdf5Bytes, info: Cursor): Generator<Link> {
  info.version(0);
  if (info.u8() & 1) info.skip(8);
  const heap = info.address();
  const tree = info.address();
  if (heap === undefined) return; // the links are messages
  const open = readFractalHeap(file, heap);
  for (const record of readNewTree(file, tree)) {
    record.skip(linkRecordBytes.hash);
    yield readLink(open(record.part(linkRecordBytes.id)));
  }
}

function readLink(link: Cursor): Link {
  link.version(1);
  const flags = link.u8();
  const kind = flags & 8 ? link.u8() : 0;
  link.skip((flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0)); // order and character set
  const name = link.text(link.uint(1 << (flags & 3)));
  if (kind !== 0) {
    const kinds: Readonly<Record<number, string>> = { 1: "a soft link", 64: "an external link" };
    throw refused(link.file, name, kinds[kind] ?? `a link of kind ${kind}`);
  }
  return { name, address: link.address() };
}

function refused(file: Hdf5Bytes, name: string, kind: string): Error {
  return file.unsupported("only members of their own groups", `${kind}, ${JSON.stringify(name)}`);
}
