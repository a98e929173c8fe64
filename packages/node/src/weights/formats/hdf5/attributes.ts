/**
 * @file The attributes of an HDF5 object that are texts: Keras' names, orders and versions.
 *
 * Section IV.A.2.m of the specification. Attributes of other types are passed over.
 */
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Cursor, Hdf5Bytes } from "./bytes.js";
import { type Message, messageTypes } from "./headers.js";
import { type GlobalHeaps, readFractalHeap } from "./heaps.js";
import { readNewTree } from "./trees.js";
import { readDataspace, readDatatype } from "./types.js";

/** Texts by the name of their attribute; a lone text is a list of one. */
export type Texts = ReadonlyMap<string, readonly string[]>;

/** Bytes of an id in the heap of attributes. */
const idBytes = 8;

export function readTexts(
  file: Hdf5Bytes,
  messages: readonly Message[],
  heaps: GlobalHeaps,
): Texts {
  const texts = new Map<string, readonly string[]>();
  for (const body of attributesOf(file, messages)) {
    const attribute = readAttribute(body, heaps);
    if (attribute) texts.set(attribute.name, attribute.texts);
  }
  return texts;
}

/** Attributes are messages, or in a heap where they are many. */
function* attributesOf(file: Hdf5Bytes, messages: readonly Message[]): Generator<Cursor> {
  for (const { type, body } of messages) {
    if (type === messageTypes.attribute) yield body;
    if (type !== messageTypes.attributeInfo) continue;
    body.version(0);
    if (body.u8() & 1) body.skip(2);
    const heap = body.address();
    if (heap === undefined) continue;
    const open = readFractalHeap(file, heap);
    for (const record of readNewTree(file, body.address())) yield open(record.part(idBytes));
  }
}

function readAttribute(
  body: Cursor,
  heaps: GlobalHeaps,
): { name: string; texts: readonly string[] } | undefined {
  const version = body.version(1, 2, 3);
  const shared = body.u8();
  const sizes = [body.u16(), body.u16(), body.u16()] as const;
  if (version === 3) body.skip(1); // character set of the name
  const padded = (size: number) => (version === 1 ? (size + 7) & ~7 : size);
  const name = body.part(padded(sizes[0])).text(sizes[0]);
  const typePart = body.part(padded(sizes[1]));
  const shapePart = body.part(padded(sizes[2]));
  if (version > 1 && shared & 3) return undefined; // a type of its own name: not Keras' doing
  const { text, size } = readDatatype(typePart);
  if (text === undefined) return undefined;
  const count = sizeOf(readDataspace(shapePart));
  const values = body.part(count * size);
  const texts: string[] = [];
  for (let at = 0; at < count && size > 0; at++) {
    texts.push(text === "fixed" ? values.text(size) : heaps.text(values.part(size)));
  }
  return { name, texts };
}
