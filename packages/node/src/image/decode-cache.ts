/**
 * @file Decoded photos kept for the next epoch, in memory or on disk.
 *
 * What comes out does not depend on what is in the cache: a photo is shrunk the same way whether it
 * was kept or not. A photo is known by its content, so one that is edited is made anew, and one that is
 * moved is not. On disk each has a file: a head of 24 bytes (see `pack`), then RGB row by row. Files are
 * written beside and renamed, so several threads and programs may share a folder; one that is cut
 * off or damaged counts as absent. Trouble with writing never stops a run, see `failure`.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { resample } from "@inception-resnet-v2/core/internal/image/resample.js";
import { writeBeside } from "../files/write-file.js";

/** Where photos are kept: in up to `bytes` of the memory of this thread, or in a folder. */
export type CachePlace =
  | { readonly kind: "memory"; readonly bytes: number }
  | { readonly kind: "disk"; readonly folder: string };

/** What is kept. */
export interface CacheOptions {
  /** Photos whose short side is at least twice this, in pixels, are shrunk to it. */
  readonly shortSide: number;
  /** What else the pixels depend on, such as the background of transparent images; nothing. */
  readonly variant?: string;
}

/** A cache of decoded photos. The pixels it gives are its own: do not change or transfer them. */
export interface DecodeCache {
  /**
   * The pixels of a file by the SHA-256 of its bytes: kept ones, or those of `decode`, which must be of
   * these bytes, shrunk and kept. Throws what `decode` does.
   */
  get(sha256: string, decode: () => Promise<Pixels>): Promise<Pixels>;
  /** What stopped the cache from writing to its folder; from then on it only reads. */
  readonly failure: Error | undefined;
}

interface Store {
  readonly failure: Error | undefined;
  read(key: string): Promise<Pixels | undefined>;
  write(key: string, pixels: Pixels): Promise<void>;
}

/** Makes a cache. Folders are made when the first photo is kept. */
export function createDecodeCache(
  place: CachePlace,
  { shortSide, variant = "" }: CacheOptions,
): DecodeCache {
  const store = place.kind === "memory" ? memoryStore(place.bytes) : diskStore(place.folder);
  return {
    async get(sha256, decode) {
      const key = `${sha256}/${shortSide}/${variant}`;
      const kept = await store.read(key);
      if (kept) return kept;
      const pixels = shrink(await decode(), shortSide);
      await store.write(key, pixels);
      return pixels;
    },
    get failure() {
      return store.failure;
    },
  };
}

/** Where things that can be made anew are kept: `irv2/<name>` in the user's folder of caches. */
export function cacheFolder(name: string): string {
  const { XDG_CACHE_HOME: base = "" } = process.env;
  return join(isAbsolute(base) ? base : join(homedir(), ".cache"), "irv2", name);
}

/** Makes a photo smaller when its short side is at least twice what is asked for. */
function shrink(pixels: Pixels, shortSide: number): Pixels {
  const { width, height } = pixels;
  const short = Math.min(width, height);
  if (short < 2 * shortSide) return pixels;
  const scaled = (side: number) => Math.round((side * shortSide) / short);
  return resample(pixels, { width: scaled(width), height: scaled(height), filter: "bilinear" });
}

/** Keeps what comes first: photos come once an epoch, so dropping the oldest would keep none. */
function memoryStore(limit: number): Store {
  const kept = new Map<string, Pixels>();
  let bytes = 0;
  return {
    failure: undefined,
    read: async (key) => kept.get(key),
    async write(key, pixels) {
      if (bytes + pixels.data.length > limit) return;
      bytes += pixels.data.length;
      kept.set(key, withoutSlack(pixels));
    },
  };
}

/** Pixels that do not hold on to a larger buffer. */
function withoutSlack(pixels: Pixels): Pixels {
  const { data } = pixels;
  if (data.byteLength === data.buffer.byteLength) return pixels;
  return { ...pixels, data: new Uint8Array(data) };
}

function diskStore(folder: string): Store {
  let failure: Error | undefined;
  const pathOf = (key: string) => {
    const name = createHash("sha256").update(key).digest("hex");
    return join(folder, name.slice(0, 2), `${name.slice(2)}.rgb`);
  };
  return {
    get failure() {
      return failure;
    },
    async read(key) {
      const bytes = await readFile(pathOf(key)).catch(() => undefined);
      return bytes && unpack(bytes);
    },
    async write(key, pixels) {
      if (failure) return;
      const path = pathOf(key);
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeBeside(path, (beside) => writeFile(beside, pack(pixels)));
      } catch (error) {
        failure = error as Error;
      }
    },
  };
}

const magic = "irv2px1\n";
const headBytes = 24;

/** Magic, then width, height, number of bytes and CRC-32 of the pixels, as little-endian uint32. */
function pack({ width, height, data }: Pixels): Buffer {
  const file = Buffer.allocUnsafe(headBytes + data.length);
  file.write(magic, "latin1");
  [width, height, data.length, crc32(data)].forEach((value, index) => {
    file.writeUInt32LE(value, 8 + 4 * index);
  });
  file.set(data, headBytes);
  return file;
}

function unpack(file: Buffer): Pixels | undefined {
  if (file.length < headBytes || file.toString("latin1", 0, 8) !== magic) return undefined;
  const [width = 0, height = 0, bytes, sum] = [8, 12, 16, 20].map((at) => file.readUInt32LE(at));
  const data = new Uint8Array(file.buffer, file.byteOffset + headBytes, file.length - headBytes);
  if (data.length !== bytes || data.length !== 3 * width * height || data.length === 0) {
    return undefined;
  }
  return crc32(data) === sum ? { width, height, data } : undefined;
}
