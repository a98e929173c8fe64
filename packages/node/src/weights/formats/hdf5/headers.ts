/**
 * @file Where an HDF5 file begins, and what its objects say of themselves: superblock and object
 * headers.
 *
 * "HDF5 File Format Specification Version 3.0", sections II.A and IV.A. An object is a list of
 * messages, in blocks; a message may name one more block.
 */
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import type { Cursor, Hdf5Bytes } from "./bytes.js";

/** Types of messages that are read. */
export const messageTypes = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const known: ReadonlySet<number> = new Set(Object.values(messageTypes));

/** One message of an object. */
export interface Message {
  readonly type: number;
  readonly body: Cursor;
}

/** What every HDF5 file starts with. */
const signature = "\x89HDF\r\n\x1a\n";
/** Messages of one object; the first version of headers counts them in 16 bits. */
const mostMessages = 65535;

/** Whether a file starts as HDF5 files do. */
export function isHdf5(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 8)) === signature;
}

/** Address of the root group's header. Throws when the file is cut short. */
export function readSuperblock(file: Hdf5Bytes): number | undefined {
  const version = file.open(8, 1, "the superblock").version(0, 1, 2, 3);
  const isOld = version < 2;
  const cursor = isOld
    ? file.openSigned(0, version === 0 ? 96 : 100, "\x89HDF")
    : file.openSealed(0, 48, "\x89HDF");
  cursor.skip(isOld ? 9 : 5); // the rest of the signature, and versions
  const [offsets, lengths] = [cursor.u8(), cursor.u8()];
  if (offsets !== 8 || lengths !== 8) {
    throw file.unsupported("addresses and lengths of 8 bytes", `${offsets} and ${lengths}`);
  }
  cursor.skip([9, 13, 1, 1][version] ?? 0); // flags, and sizes of nodes
  const base = cursor.u64();
  if (base !== 0) throw file.unsupported("a base address of 0", `${base}`);
  cursor.skip(8);
  const end = cursor.u64();
  if (end > file.bytes.length) {
    const problem = `expected ${end} bytes in total, got ${file.bytes.length}`;
    throw file.failure("WEIGHTS_TRUNCATED", problem);
  }
  if (isOld) cursor.skip(16); // the driver, and the root's name
  return cursor.address();
}

/** All messages of the object at an address, whose path is for errors. */
export function readMessages(
  file: Hdf5Bytes,
  address: number | undefined,
  path: string,
): Message[] {
  const start = file.open(address, 4, "an object header").take(4);
  const isSigned = String.fromCharCode(...start) === "OHDR";
  const blocks = new Blocks(file, path);
  if (isSigned) blocks.pushSigned(address);
  else blocks.pushPlain(address);
  return blocks.readAll();
}

/** The blocks of one header: they grow in number while they are read. */
class Blocks {
  readonly #file: Hdf5Bytes;
  readonly #path: string;
  readonly #blocks: Cursor[] = [];
  readonly #messages: Message[] = [];
  #isSigned = false;
  #hasOrder = false;

  constructor(file: Hdf5Bytes, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** The first block of version 1. */
  pushPlain(address: number | undefined): void {
    const head = this.#file.open(address, 16, "an object header");
    head.version(1);
    head.skip(7); // how many messages, and references to the object
    this.#blocks.push(this.#file.open((address ?? 0) + 16, head.u32(), "an object header"));
  }

  /** The first block of version 2. */
  pushSigned(address: number | undefined): void {
    const head = this.#file.openSigned(address, 6, "OHDR");
    head.version(2);
    const flags = head.u8();
    this.#isSigned = true;
    this.#hasOrder = (flags & 4) !== 0;
    // Times, limits of attribute storage, and the size of the rest.
    const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    const size = this.#file.open((address ?? 0) + before, width, "an object header").uint(width);
    const block = this.#file.openSealed(address, before + width + size + 4, "OHDR");
    block.skip(before + width - 4);
    this.#blocks.push(block);
  }

  readAll(): Message[] {
    for (const block of this.#blocks) {
      const headBytes = this.#isSigned ? 4 + (this.#hasOrder ? 2 : 0) : 8;
      while (block.left >= headBytes) this.#readMessage(block);
    }
    return this.#messages;
  }

  /** A message that is elsewhere: a type with a name of its own, or one that many objects have. */
  #shared(type: number): Error {
    const object = quote(this.#path);
    if (type !== messageTypes.datatype) {
      return this.#file.unsupported(`message ${type} in its object ${object}`, "a shared one");
    }
    return this.#file.unsupported(`a type in its own dataset ${object}`, "a committed datatype");
  }

  #readMessage(block: Cursor): void {
    const type = this.#isSigned ? block.u8() : block.u16();
    const size = block.u16();
    const flags = block.u8();
    block.skip(this.#isSigned ? (this.#hasOrder ? 2 : 0) : 3);
    const body = block.part(size, `message ${type}`);
    if (type === messageTypes.continuation) {
      const [from, length] = [body.u64(), body.u64()];
      const next = this.#isSigned
        ? this.#file.openSealed(from, length, "OCHK")
        : this.#file.open(from, length, "an object header");
      this.#blocks.push(next);
    } else if (known.has(type)) {
      if (flags & 2) throw this.#shared(type);
      this.#messages.push({ type, body });
    }
    if (this.#messages.length + this.#blocks.length > mostMessages) {
      throw this.#file.damaged(`at most ${mostMessages} messages of an object`, "more");
    }
  }
}
