import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type ErrorCode,
  InputError,
  ResourceError,
} from "@inception-resnet-v2/core/internal/errors.js";
import { hashPixels } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import sharp from "sharp";
import { decodeImage } from "./decode-node.js";
import { decoderVersions } from "./decode-sharp.js";
import { thumbnail } from "./thumbnail.js";

const { width, height, data: rgb } = hashPixels(20, 10, 1);
const picture = sharp(rgb, { raw: { width, height, channels: 3 } });
const formats = "JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC";

async function decoded(bytes: Uint8Array): Promise<number[]> {
  return [...(await decodeImage(bytes, "of a test")).data];
}

/** A TIFF of one pixel, as the specification of TIFF 6.0 lays it out: sharp writes no plain CMYK. */
function cmykTiff(...inks: [number, number, number, number]): Uint8Array {
  const entries = [
    [256, 1], // width
    [257, 1], // height
    [258, 8, 4], // bits of each sample, at 122
    [259, 1], // not compressed
    [262, 5], // separated inks
    [273, 134], // where the pixels are
    [277, 4], // samples a pixel
    [278, 1], // rows a strip
    [279, 4], // bytes a strip
  ] as const;
  const file = Buffer.alloc(138);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value, count = 1], index) => {
    const at = 10 + 12 * index;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(3, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt16LE(count === 1 ? value : 122, at + 8);
  });
  for (let i = 0; i < 4; i++) file.writeUInt16LE(8, 122 + 2 * i);
  file.set(inks, 134);
  return file;
}

describe("decodeImage()", () => {
  it("gives the pixels back of PNG, lossless WebP and TIFF", async () => {
    const files = [
      await picture.clone().png().toBuffer(),
      await picture.clone().webp({ lossless: true }).toBuffer(),
      await picture.clone().tiff({ compression: "lzw" }).toBuffer(),
    ];
    for (const file of files) {
      assert.deepEqual(await decodeImage(file, "of a test"), {
        width,
        height,
        data: rgb,
      });
    }
  });

  it("reads JPEG, GIF and AVIF in their size", async () => {
    for (const format of ["jpeg", "gif", "avif"] as const) {
      const pixels = await decodeImage(
        await picture.clone().toFormat(format).toBuffer(),
        "of a test",
      );
      assert.deepEqual([pixels.width, pixels.height, pixels.data.length], [20, 10, 600]);
    }
  });

  it("keeps the high byte of 16 bits, grey or color", async () => {
    const levels = Uint16Array.of(0x00ff, 0x0100, 0x7fff, 0x80ff, 0xff00, 0xffff);
    const raw = { width: 6, height: 1, channels: 1 } as const;
    const grey = sharp(levels, { raw }).toColourspace("grey16").png();
    assert.deepEqual(
      await decoded(await grey.toBuffer()),
      [0, 1, 127, 128, 255, 255].flatMap((level) => [level, level, level]),
    );
    const color = sharp(levels, { raw: { width: 2, height: 1, channels: 3 } });
    assert.deepEqual(
      await decoded(await color.toColourspace("rgb16").png().toBuffer()),
      [0, 1, 127, 128, 255, 255],
    );
  });

  it("drops alpha, or puts a background behind it", async () => {
    const raw = { width: 2, height: 1, channels: 4 } as const;
    const png = await sharp(Uint8Array.of(9, 8, 7, 0, 100, 0, 255, 128), { raw })
      .png()
      .toBuffer();
    assert.deepEqual(await decoded(png), [9, 8, 7, 100, 0, 255]);
    const flat = await decodeImage(png, "of a test", { background: [255, 255, 0] });
    assert.deepEqual([...flat.data], [255, 255, 0, 177, 127, 128]);
  });

  it("turns pictures upright by their EXIF orientation", async () => {
    const raw = { width: 2, height: 1, channels: 3 } as const;
    const lying = sharp(Uint8Array.of(1, 2, 3, 4, 5, 6), { raw }).withMetadata({ orientation: 6 });
    const pixels = await decodeImage(await lying.png().toBuffer(), "of a test");
    assert.deepEqual([pixels.width, pixels.height, ...pixels.data], [1, 2, 1, 2, 3, 4, 5, 6]);
  });

  it("ignores embedded color profiles", async () => {
    const tagged = await picture.clone().withIccProfile("p3").png().toBuffer();
    const untagged = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    assert.deepEqual(await decoded(tagged), [...untagged]);
  });

  it("makes RGB of CMYK by Pillow's formula", async () => {
    assert.deepEqual(await decoded(cmykTiff(255, 100, 0, 51)), [0, 124, 204]);
    assert.deepEqual(await decoded(cmykTiff(0, 1, 254, 0)), [255, 254, 1]);
  });

  it("reads the first frame only", async () => {
    const frames = [10, 200].map((level) => ({
      create: {
        width: 4,
        height: 4,
        channels: 3 as const,
        background: { r: level, g: level, b: level },
      },
    }));
    const inputs = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    for (const format of ["gif", "webp"] as const) {
      const animation = sharp(inputs, { join: { animated: true } });
      const pixels = await decodeImage(await animation.toFormat(format).toBuffer(), "of a test");
      assert.deepEqual([pixels.width, pixels.height], [4, 4]);
      assert.ok(pixels.data.every((level) => Math.abs(level - 10) < 5));
    }
  });

  it("refuses what is no image, and names the formats it knows", async () => {
    const refusals: [bytes: string, code: ErrorCode, message: string][] = [
      ["", "IMAGE_EMPTY", `Cannot read image "x": expected ${formats}, got no bytes`],
      [
        "hello",
        "IMAGE_FORMAT",
        `Cannot read image "x": expected ${formats}, got an unknown format`,
      ],
      [
        "<svg/>",
        "IMAGE_FORMAT",
        `Cannot read image "x": expected ${formats}, got an unknown format`,
      ],
      ["<svg >", "IMAGE_FORMAT", `Cannot read image "x": expected ${formats}, got SVG`],
    ];
    for (const [bytes, code, message] of refusals) {
      await assert.rejects(decodeImage(Buffer.from(bytes), '"x"'), new InputError(code, message));
    }
  });

  it("refuses a file that ends too early", async () => {
    const jpeg = await picture.clone().jpeg().toBuffer();
    const png = await picture.clone().png().toBuffer();
    await assert.rejects(
      decodeImage(jpeg.subarray(0, -100), '"x.jpg"'),
      new InputError(
        "IMAGE_CORRUPT",
        'Cannot decode image "x.jpg": expected a whole JPEG file, got "VipsJpeg: premature end of JPEG image"',
      ),
    );
    await assert.rejects(
      decodeImage(png.subarray(0, -100), '"x.png"'),
      new InputError(
        "IMAGE_CORRUPT",
        'Cannot decode image "x.png": expected a whole PNG file, got "vipspng: libpng read error"',
      ),
    );
  });

  it("refuses too many pixels", async () => {
    const png = await picture.clone().png().toBuffer();
    await assert.rejects(
      decodeImage(png, '"x.png"', { maxPixels: 199 }),
      new InputError(
        "IMAGE_TOO_LARGE",
        'Cannot decode image "x.png": expected at most 199 pixels, got 20x10',
      ),
    );
    assert.equal((await decodeImage(png, '"x.png"', { maxPixels: 200 })).width, 20);
  });

  it("says which package is missing where one is", async () => {
    const compiled = dirname(fileURLToPath(import.meta.url));
    const alone = mkdtempSync(join(tmpdir(), "no-sharp-"));
    try {
      cpSync(compiled, join(alone, "image"), { recursive: true });
      mkdirSync(join(alone, "node_modules/@inception-resnet-v2"), { recursive: true });
      symlinkSync(
        repositoryFile("packages/core"),
        join(alone, "node_modules/@inception-resnet-v2/core"),
        "junction",
      );
      const url = pathToFileURL(join(alone, "image/decode-node.js")).href;
      const copy: typeof import("./decode-node.js") = await import(url);
      await assert.rejects(copy.decodeImage(await picture.clone().png().toBuffer(), '"x"'), {
        name: ResourceError.name,
        code: "DECODER_MISSING",
        message: `Cannot decode images: expected the package "sharp" to load, got "Cannot find package 'sharp' imported from ${join(alone, "image/decode-sharp.js")}"`,
      });
      const heic = readFileSync(repositoryFile("test/golden/heic/plain.heic"));
      await assert.rejects(copy.decodeImage(heic, '"x.heic"'), {
        name: InputError.name,
        code: "IMAGE_FORMAT",
        message:
          'Cannot decode image "x.heic": expected the package libheif-js, which decodes HEIC ("npm install libheif-js"), got none that loads',
      });
    } finally {
      rmSync(alone, { recursive: true });
    }
  });
});

describe("thumbnail()", () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-thumbnail-"));
  after(() => rmSync(folder, { recursive: true }));

  async function decodeUrl(url: string) {
    const [head, body = ""] = url.split(",");
    assert.equal(head, "data:image/jpeg;base64");
    return decodeImage(Buffer.from(body, "base64"), "of a test");
  }

  it("fits the upright picture into a square, and never enlarges it", async () => {
    const file = join(folder, "turned.jpg");
    await picture.clone().withMetadata({ orientation: 6 }).toFile(file);
    const sizes = [8, 100].map(async (side) => {
      const { width, height } = await decodeUrl(await thumbnail(file, side));
      return [width, height];
    });
    assert.deepEqual(await Promise.all(sizes), [
      [4, 8],
      [10, 20],
    ]);
  });

  it("puts white under what is transparent", async () => {
    const file = join(folder, "clear.png");
    const background = { r: 255, g: 0, b: 0, alpha: 0 };
    await sharp({ create: { width: 8, height: 8, channels: 4, background } }).toFile(file);
    const { data } = await decodeUrl(await thumbnail(file, 4));
    assert.ok(data.every((level) => level > 250));
  });

  it("says which file is no image", async () => {
    const file = join(folder, "gone.jpg");
    await assert.rejects(
      thumbnail(file, 4),
      new InputError(
        "IMAGE_MISSING",
        `Cannot read image "${file}": expected a file, got nothing of that name`,
      ),
    );
  });
});

describe("decoderVersions()", () => {
  it("names sharp and its decoders", async () => {
    const versions = await decoderVersions();
    const names = ["sharp", "vips", "mozjpeg", "png", "webp", "heif", "aom", "tiff"];
    assert.deepEqual(Object.keys(versions), names);
    assert.equal(versions["sharp"], sharp.versions.sharp);
  });
});
