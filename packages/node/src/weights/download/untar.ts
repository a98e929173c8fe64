/**
 * @file One file out of a `.tar.gz`: a restricted reader of the ustar format (POSIX.1, `pax`), which
 * writes nothing but the file that is asked for.
 *
 * An archive is a row of 512-byte blocks: a header with the name at 0, the size in octal digits at
 * 124, a checksum at 148 and the type at 156, then the contents, filled up to a whole block.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";

const block = 512;

/**
 * Writes the member of that name, in whichever folder of the archive, to `target`. Throws
 * `ModelError` when the archive is damaged or has no such member.
 */
export async function unpackMember(archive: string, member: string, target: string): Promise<void> {
  const bytes = new ByteQueue(unzipped(archive));
  for (;;) {
    const header = await bytes.take(block);
    if (!header || header.every((byte) => byte === 0)) break;
    const entry = readHeader(header);
    if (!entry) throw damaged(archive, "a header that is none");
    const isWanted = entry.isFile && basename(entry.name) === member;
    const copied = isWanted ? await copy(bytes, entry.size, target) : await bytes.skip(entry.size);
    if (!copied) throw damaged(archive, "its end too early");
    if (isWanted) return;
    await bytes.skip(-entry.size & (block - 1));
  }
  throw damaged(archive, `no file ${quote(member)}`);
}

function readHeader(header: Uint8Array) {
  const text = (from: number, to: number) =>
    Buffer.from(header.subarray(from, to)).toString("latin1").replace(/\0.*$/s, "").trim();
  const octal = (from: number, to: number) =>
    /^[0-7]+$/.test(text(from, to)) ? Number.parseInt(text(from, to), 8) : undefined;
  const size = octal(124, 136);
  // The checksum counts its own eight bytes as spaces.
  const sum = header.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (size === undefined || octal(148, 156) !== sum) return undefined;
  const type = header[156];
  return { name: text(0, 100), size, isFile: type === 0 || type === 0x30 };
}

async function copy(bytes: ByteQueue, size: number, target: string): Promise<boolean> {
  await using file = await open(target, "w");
  for await (const piece of bytes.pieces(size)) await file.writeFile(piece);
  await file.sync();
  return (await file.stat()).size === size;
}

async function* unzipped(archive: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(archive).pipe(createGunzip()) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code?.startsWith("Z_") ? damaged(archive, quote(message)) : error;
  }
}

function damaged(archive: string, found: string): ModelError {
  return new ModelError(
    "ARCHIVE_DAMAGED",
    `Cannot unpack "${archive}": expected a tar archive in gzip, got ${found}`,
  );
}

/** A stream of pieces of any size, taken from in sizes of the reader's. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `size` bytes in pieces; fewer at the end of the stream. */
  async *pieces(size: number): AsyncGenerator<Uint8Array> {
    while (size > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) return;
        this.#rest = value;
      }
      const piece = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(piece.length);
      size -= piece.length;
      yield piece;
    }
  }

  /** The next `size` bytes, if there are as many. */
  async take(size: number): Promise<Uint8Array | undefined> {
    const taken: Uint8Array[] = [];
    for await (const piece of this.pieces(size)) taken.push(piece);
    const all = Buffer.concat(taken);
    return all.length === size ? all : undefined;
  }

  /** Leaves bytes out; whether there were as many. */
  async skip(size: number): Promise<boolean> {
    let left = size;
    for await (const piece of this.pieces(size)) left -= piece.length;
    return left === 0;
  }
}
