import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { resample } from "@inception-resnet-v2/core/internal/image/resample.js";
import { hashPixels } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { photo, photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import {
  type CacheOptions,
  type CachePlace,
  cacheFolder,
  createDecodeCache,
} from "./decode-cache.js";
import { decodeImage } from "./decode-node.js";

let folder: ReturnType<typeof photoFolder>;
let kept: string;
beforeEach(async () => {
  folder = photoFolder();
  kept = join(folder.path, "cache/pixels");
  for (const seed of [1, 2, 3]) folder.write({ [`${seed}.png`]: await photo(seed) });
});
afterEach(() => folder.remove());

const photoBytes = 12 * 10 * 3;

/** A cache that tells the names of the photos it had decoded. */
function recording(place: CachePlace, options: CacheOptions = { shortSide: 10 }) {
  const cache = createDecodeCache(place, options);
  const decoded: string[] = [];
  const get = (name: string) => {
    const bytes = readFileSync(join(folder.path, name));
    return cache.get(createHash("sha256").update(bytes).digest("hex"), () => {
      decoded.push(name);
      return decodeImage(bytes, name);
    });
  };
  return { cache, get, decoded };
}

function cacheFiles(): string[] {
  return readdirSync(kept, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const places: Readonly<Record<string, () => CachePlace>> = {
  memory: () => ({ kind: "memory", bytes: 1e6 }),
  disk: () => ({ kind: "disk", folder: kept }),
};
for (const [kind, place] of Object.entries(places)) {
  describe(`a decode cache in ${kind === "disk" ? "a folder" : "memory"}`, () => {
    it("decodes a photo once and gives the same pixels again", async () => {
      const { get, decoded, cache } = recording(place());
      const first = [await get("1.png"), await get("2.png")];
      const again = [await get("1.png"), await get("2.png")];
      assert.deepEqual(decoded, ["1.png", "2.png"]);
      assert.deepEqual(again.map(plain), first.map(plain));
      assert.deepEqual(plain(first[0] as Pixels), plain(hashPixels(12, 10, 1)));
      assert.equal(cache.failure, undefined);
    });

    it("decodes a photo again when its bytes are others, whatever its name and time", async () => {
      const { get, decoded } = recording(place());
      const { atime, mtime } = statSync(join(folder.path, "1.png"));
      await get("1.png");
      folder.write({ "1.png": await photo(9) });
      utimesSync(join(folder.path, "1.png"), atime, mtime);
      assert.deepEqual(plain(await get("1.png")), plain(hashPixels(12, 10, 9)));
      utimesSync(join(folder.path, "1.png"), 1e9, 1e9 + 1);
      renameSync(join(folder.path, "1.png"), join(folder.path, "moved.png"));
      await get("moved.png");
      assert.deepEqual(decoded, ["1.png", "1.png"]);
    });

    it("shrinks a photo of at least twice the short side, kept or not", async () => {
      const { get, decoded } = recording(place(), { shortSide: 5 });
      const expected = resample(hashPixels(12, 10, 1), { width: 6, height: 5, filter: "bilinear" });
      for (let time = 0; time < 2; time++) {
        assert.deepEqual(plain(await get("1.png")), plain(expected));
      }
      assert.equal(decoded.length, 1);
      const larger = recording(place(), { shortSide: 6 });
      assert.deepEqual(plain(await larger.get("1.png")), plain(hashPixels(12, 10, 1)));
    });

    it("passes on what decoding throws, and keeps nothing", async () => {
      folder.write({ "broken.png": "no photo" });
      const { get, decoded } = recording(place());
      for (const name of ["broken.png", "broken.png"]) {
        await assert.rejects(get(name));
      }
      assert.equal(decoded.length, 2);
    });
  });
}

describe("a decode cache in memory", () => {
  it("keeps what fits, and goes on with what does not", async () => {
    const { get, decoded } = recording({ kind: "memory", bytes: 2 * photoBytes });
    for (let time = 0; time < 2; time++) for (const seed of [1, 2, 3]) await get(`${seed}.png`);
    assert.deepEqual(decoded, ["1.png", "2.png", "3.png", "3.png"]);
    const nothing = recording({ kind: "memory", bytes: photoBytes - 1 });
    assert.deepEqual(plain(await nothing.get("1.png")), plain(await nothing.get("1.png")));
    assert.equal(nothing.decoded.length, 2);
  });
});

describe("a decode cache in a folder", () => {
  const disk = (options?: CacheOptions) => recording({ kind: "disk", folder: kept }, options);

  it("is found again by another cache, for the same short side and variant", async () => {
    await disk().get("1.png");
    const same = disk();
    await same.get("1.png");
    assert.equal(same.decoded.length, 0);
    for (const options of [{ shortSide: 11 }, { shortSide: 10, variant: "white" }]) {
      const other = disk(options);
      await other.get("1.png");
      assert.equal(other.decoded.length, 1);
    }
  });

  it("makes damaged files anew: cut off, empty, too long, of other bytes", async () => {
    await disk().get("1.png");
    const [file = ""] = cacheFiles();
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[100] = (flipped[100] as number) ^ 1;
    const wide = Buffer.from(whole);
    wide[8] = 120;
    const damages = [
      () => truncateSync(file, whole.length - 1),
      () => truncateSync(file, 24),
      () => truncateSync(file, 0),
      () => writeFileSync(file, Buffer.concat([whole, whole])),
      () => writeFileSync(file, Buffer.alloc(whole.length)),
      () => writeFileSync(file, flipped),
      () => writeFileSync(file, wide),
    ];
    for (const damage of damages) {
      damage();
      const { get, decoded } = disk();
      assert.deepEqual(plain(await get("1.png")), plain(hashPixels(12, 10, 1)));
      assert.equal(decoded.length, 1);
      assert.deepEqual(readFileSync(file), whole);
    }
  });

  it("is shared by several at once, and leaves no other files behind", async () => {
    const caches = Array.from({ length: 6 }, () => disk());
    const results = await Promise.all(
      caches.flatMap(({ get }) => [get("1.png"), get("2.png"), get("3.png")]),
    );
    for (const [index, pixels] of results.entries()) {
      assert.deepEqual(plain(pixels), plain(hashPixels(12, 10, 1 + (index % 3))));
    }
    assert.equal(cacheFiles().length, 3);
    assert.ok(cacheFiles().every((file) => file.endsWith(".rgb")));
  });

  it("goes on without keeping when its folder cannot be made, and tells why", async () => {
    folder.write({ cache: "a file in the way" });
    const { cache, get, decoded } = disk();
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(plain(await get("1.png")), plain(hashPixels(12, 10, 1)));
    }
    assert.equal(decoded.length, 2);
    assert.match(cache.failure?.message ?? "", /ENOTDIR|EEXIST/);
  });
});

describe("cacheFolder()", () => {
  const before = process.env["XDG_CACHE_HOME"];
  afterEach(() => {
    if (before === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = before;
  });

  it("is in XDG_CACHE_HOME, or in ~/.cache where that is not set or not absolute", () => {
    process.env["XDG_CACHE_HOME"] = "/var/caches";
    assert.equal(cacheFolder("pixels"), join("/var/caches", "irv2", "pixels"));
    process.env["XDG_CACHE_HOME"] = "caches";
    assert.equal(cacheFolder("pixels"), join(homedir(), ".cache", "irv2", "pixels"));
    delete process.env["XDG_CACHE_HOME"];
    assert.equal(cacheFolder("pixels"), join(homedir(), ".cache", "irv2", "pixels"));
  });
});

/** Buffers and plain bytes compare as equal. */
function plain({ width, height, data }: Pixels) {
  return { width, height, data: [...data] };
}
