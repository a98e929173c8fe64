/**
 * @file HDF5 files of float32 tensors in groups, written in parts, tensor by tensor.
 *
 *   superblock (version 2), object headers (version 2) in the order of the tree, root first
 *   the tensors, contiguous, each at a multiple of 8 bytes
 *
 * Groups hold their members as link messages, however many: no heaps, no trees. The HDF5 library reads
 * this since 1.8. "HDF5 File Format Specification Version 3.0", sections II.A, IV.A and their messages.
 */
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { LazyTensor } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { messageTypes } from "./headers.js";
import { lookup3 } from "./lookup3.js";

/** A group, or a dataset, with its place in the file. */
interface Node {
  readonly members: Map<string, Node>;
  readonly dataset?: LazyTensor;
  /** Of its header. */
  address: number;
  /** Of its elements. */
  dataAddress: number;
}

const superblockBytes = 48;
const alignment = 8;
const unset = new Uint8Array(8).fill(255);

/** The bytes of a file with datasets by full path, such as `a/b/kernel`: the head, then each one. */
export function* hdf5Parts(datasets: ReadonlyMap<string, LazyTensor>): Generator<Uint8Array> {
  const nodes = listNodes(treeOf(datasets));
  let at = superblockBytes;
  for (const node of nodes) {
    node.address = at;
    at += headerOf(node).length; // of the same length wherever its members are
  }
  const headEnd = at;
  for (const node of nodes) {
    if (!node.dataset) continue;
    node.dataAddress = at + padTo(at);
    at = node.dataAddress + 4 * sizeOf(node.dataset.shape);
  }
  yield Buffer.concat([superblock(at), ...nodes.map(headerOf)]);
  at = headEnd;
  for (const { dataset, dataAddress } of nodes) {
    if (!dataset) continue;
    if (dataAddress > at) yield new Uint8Array(dataAddress - at);
    const { buffer, byteOffset, byteLength } = dataset.data();
    yield new Uint8Array(buffer, byteOffset, byteLength);
    at = dataAddress + byteLength;
  }
}

function treeOf(datasets: ReadonlyMap<string, LazyTensor>): Node {
  const makeNode = (dataset?: LazyTensor): Node => ({
    members: new Map(),
    address: 0,
    dataAddress: 0,
    ...(dataset && { dataset }),
  });
  const root = makeNode();
  for (const [path, dataset] of datasets) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let group = root;
    for (const name of names) {
      const member = group.members.get(name) ?? makeNode();
      group.members.set(name, member);
      group = member;
    }
    group.members.set(last, makeNode(dataset));
  }
  return root;
}

function listNodes(root: Node): Node[] {
  return [root, ...[...root.members.values()].flatMap(listNodes)];
}

function padTo(at: number): number {
  return (alignment - (at % alignment)) % alignment;
}

function superblock(end: number): Uint8Array {
  const start = Buffer.from("\x89HDF\r\n\x1a\n\x02\x08\x08\x00", "latin1");
  return sealed(start, uint(0, 8), unset, uint(end, 8), uint(superblockBytes, 8));
}

function headerOf(node: Node): Uint8Array {
  const messages = Buffer.concat(node.dataset ? datasetMessages(node) : groupMessages(node));
  return sealed(Buffer.from("OHDR\x02\x02", "latin1"), uint(messages.length, 4), messages);
}

function groupMessages({ members }: Node): Uint8Array[] {
  return [
    message(messageTypes.linkInfo, Uint8Array.of(0, 0), unset, unset), // no heap, no tree
    message(0x0a, Uint8Array.of(0, 0)), // group info: the usual limits
    ...[...members].map(([name, { address }]) => {
      const bytes = Buffer.from(name);
      // Version 1; the length of the name in 2 bytes, its character set given: 1, UTF-8.
      const head = Uint8Array.of(1, 0x11, 1);
      return message(messageTypes.link, head, uint(bytes.length, 2), bytes, uint(address, 8));
    }),
  ];
}

function datasetMessages({ dataset, dataAddress }: Node): Uint8Array[] {
  const shape = dataset?.shape ?? [];
  const sizes = shape.map((size) => uint(size, 8));
  return [
    message(
      messageTypes.dataspace,
      Uint8Array.of(2, shape.length, 0, shape.length ? 1 : 0),
      ...sizes,
    ),
    message(messageTypes.datatype, float32),
    message(0x05, Uint8Array.of(3, 0x0a)), // fill value: the usual
    message(
      messageTypes.layout,
      Uint8Array.of(3, 1),
      uint(dataAddress, 8),
      uint(4 * sizeOf(shape), 8),
    ),
  ];
}

/** Class 1, version 1: little-endian IEEE 754 binary32. */
const float32 = Uint8Array.of(
  ...[0x11, 0x20, 31, 0], // an implied first bit, the sign's place
  ...[4, 0, 0, 0, 0, 0, 32, 0], // bytes, first bit, bits
  ...[23, 8, 0, 23, 127, 0, 0, 0], // exponent and fraction: place and bits; bias
);

function message(type: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint(type, 1), uint(body.length, 2), uint(0, 1), body]);
}

/** Parts and their checksum. */
function sealed(...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  return Buffer.concat([body, uint(lookup3(body), 4)]);
}

function uint(value: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** at) % 256);
}
