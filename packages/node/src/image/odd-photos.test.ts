import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { inflateSync } from "node:zlib";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { decodeImage } from "./decode-node.js";

interface Case {
  readonly name: string;
  readonly deflated?: string;
  readonly of?: string;
  /** Bytes of the file `of` from the first to the second place are these instead, in hexadecimal. */
  readonly splice?: readonly [start: number, end: number, by: string];
  readonly error?: string;
  readonly size?: readonly [width: number, height: number];
  readonly sha256?: string;
}

const golden: { readonly madeWith: { readonly pillow: string }; readonly cases: readonly Case[] } =
  JSON.parse(readFileSync(repositoryFile("test/golden/odd-photos.json"), "utf8"));

const byName = new Map(golden.cases.map((one) => [one.name, one]));

function bytesOf({ deflated = "", of, splice }: Case): Uint8Array {
  const whole = of === undefined ? undefined : byName.get(of);
  if (!whole || !splice) return inflateSync(Buffer.from(deflated, "base64"));
  const [start, end, by] = splice;
  const bytes = bytesOf(whole);
  const parts = [bytes.subarray(0, start), Buffer.from(by, "hex"), bytes.subarray(end)];
  return Buffer.concat(parts);
}

const tiff = 'Cannot decode image "x": expected a TIFF';

/** Where we and Pillow differ: what it reads and we refuse, by our message, and what we read. */
const differences: readonly [names: RegExp, message: string | undefined][] = [
  [/^tiff rgb apart tiles/, `${tiff} whose separate color planes are in strips, got tiles`],
  [/^tiff ycbcr/, `${tiff} of grey, RGB, a palette, CMYK, L*a*b* or JPEG, got YCbCr without JPEG`],
  [/^tiff lab/, `${tiff} of 16 bits where it is L*a*b*, got 8 bits`],
  [
    /^tiff float/,
    `${tiff} of unsigned samples of at most 16 bits, got 32-bit floating-point samples`,
  ],
  [/^tiff signed/, `${tiff} of unsigned samples of at most 16 bits, got 16-bit signed samples`],
  [
    /^tiff zstd/,
    `${tiff} with no compression, LZW, Deflate, PackBits, JPEG, CCITT or WebP, got Zstandard`,
  ],
  [
    /^tiff lzma/,
    `${tiff} with no compression, LZW, Deflate, PackBits, JPEG, CCITT or WebP, got LZMA`,
  ],
  [
    /^png rgb, cut at 0.9$/,
    'Cannot decode image "x": expected a whole PNG file, got "vipspng: libpng read error"',
  ],
  [
    /^avif grey, a bit flipped in eighth 6$/,
    'Cannot decode image "x": expected a whole AVIF file, got "heif: Invalid input: Unspecified: Corrupt frame detected (2.0)"',
  ],
  [/^avif of frames, grey, 40 bytes 0$/, undefined], // they are of the second frame
];

describe(`decodeImage() beside Pillow ${golden.madeWith.pillow}`, () => {
  for (const one of golden.cases) {
    it(one.name, async () => {
      const bytes = bytesOf(one);
      const before = Buffer.from(bytes);
      const made = await decodeImage(bytes, '"x"').catch((error: unknown) => error);
      assert.ok(before.equals(bytes), "the bytes of the caller changed");
      const [names, message] = differences.find(([names]) => names.test(one.name)) ?? [];
      const isRefused = message !== undefined || (one.error !== undefined && !names);
      assert.equal(made instanceof InputError, isRefused, `${one.error}, ${made}`);
      if (made instanceof InputError) {
        assert.match(
          made.message,
          /^Cannot (decode|read) image "x": expected .*, got [^\n]*[^.\n]$/,
        );
        if (one.error === undefined) assert.equal(made.message, message);
      } else if (one.error === undefined) {
        const { width, height, data } = made as Pixels;
        assert.deepEqual([width, height], one.size);
        assert.equal(createHash("sha256").update(data).digest("hex"), one.sha256);
      }
    });
  }
});
