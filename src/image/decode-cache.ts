/**
 * @file Decoded photos kept between epochs, in memory or on disk, inside a loader's thread.
 *
 * An entry is known by path, size and time of change of its file, so that a changed photo is decoded
 * anew. Photos much larger than a network sees are kept at twice the size that it needs.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Pixels } from "./pixels.js";
import { resample } from "./resample.js";

/** Where to keep pixels, and the short side that is enough, in pixels. */
export type CacheOptions = { readonly shortSide: number } & (
  | { readonly kind: "memory"; readonly bytes: number }
  | { readonly kind: "disk"; readonly folder: string }
);

/** A cache of decoded photos. */
export interface DecodeCache {
  /** The photo as it is kept; decoded, and kept from then on, where it is not there yet. */
  get(file: string, decode: () => Promise<Pixels>): Promise<Pixels>;
}

/** A folder for what can be made anew: `$XDG_CACHE_HOME/irv2/<name>`, or in `~/.cache`. */
export function cacheFolder(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "irv2", name);
}

/** Makes a cache; several threads may share a folder. */
export function createDecodeCache(options: CacheOptions): DecodeCache {
  const store = options.kind === "memory" ? memoryStore(options.bytes) : diskStore(options.folder);
  return {
    async get(file, decode) {
      const stats = await stat(file).catch(() => undefined);
      if (!stats) return decode(); // which says what is wrong
      const parts = [file, stats.size, stats.mtimeMs, options.shortSide];
      const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
      const kept = await store.read(key);
      if (kept) return kept;
      const pixels = shrink(await decode(), options.shortSide);
      await store.write(key, pixels);
      return pixels;
    },
  };
}

interface Store {
  read(key: string): Promise<Pixels | undefined>;
  write(key: string, pixels: Pixels): Promise<void>;
}

/** Keeps what fits; what does not is decoded again each time. */
function memoryStore(bytes: number): Store {
  const kept = new Map<string, Pixels>();
  let used = 0;
  return {
    read: async (key) => kept.get(key),
    async write(key, pixels) {
      if (used + pixels.data.length > bytes) return;
      used += pixels.data.length;
      kept.set(key, pixels);
    },
  };
}

/** Files of a header of two numbers, width and height, and the pixels. */
function diskStore(folder: string): Store {
  const pathOf = (key: string) => join(folder, key.slice(0, 2), `${key}.rgb`);
  return {
    async read(key) {
      const bytes = await readFile(pathOf(key)).catch(() => undefined);
      if (!bytes || bytes.length < 8) return undefined;
      const [width, height] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
      if (bytes.length !== 8 + 3 * width * height) return undefined;
      return { width, height, data: bytes.subarray(8) };
    },
    async write(key, { width, height, data }) {
      const path = pathOf(key);
      const head = Buffer.alloc(8);
      head.writeUInt32LE(width, 0);
      head.writeUInt32LE(height, 4);
      const beside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
      await mkdir(join(folder, key.slice(0, 2)), { recursive: true });
      await writeFile(beside, Buffer.concat([head, data]));
      await rename(beside, path);
    },
  };
}

/** At most twice the short side that is enough: random crops still find detail. */
function shrink(pixels: Pixels, shortSide: number): Pixels {
  const short = Math.min(pixels.width, pixels.height);
  if (short <= 2 * shortSide) return pixels;
  const scale = (2 * shortSide) / short;
  const width = Math.round(pixels.width * scale);
  const height = Math.round(pixels.height * scale);
  return resample(pixels, {
    width,
    height,
    filter: "bilinear",
    crop: { x: 0, y: 0, width, height },
  });
}
