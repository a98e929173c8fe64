import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { decodeImage } from "./decode-node.js";

const file = (name: string) => readFileSync(repositoryFile(`test/golden/heic/${name}.heic`));
const side = 64;

/** The picture of scripts/python/make-heic-fixtures.py. */
const color = (x: number, y: number) => [4 * x, 4 * y, 2 * (x + y)];

async function meanDifference(name: string, expected: typeof color): Promise<number> {
  const { width, height, data } = await decodeImage(file(name), "of a test");
  assert.deepEqual([width, height, data.length], [side, side, 3 * side * side]);
  const differences = Array.from(data, (level, i) => {
    const pixel = Math.floor(i / 3);
    return Math.abs(level - (expected(pixel % side, Math.floor(pixel / side))[i % 3] ?? 0));
  });
  return differences.reduce((sum, one) => sum + one, 0) / differences.length;
}

describe("decodeImage() of HEIC", () => {
  it("gives the picture up to the noise of its compression", async () => {
    assert.ok((await meanDifference("plain", color)) < 2);
  });

  it("turns it as the file says", async () => {
    assert.ok((await meanDifference("turned", (x, y) => color(side - 1 - y, x))) < 2);
    assert.ok((await meanDifference("turned", color)) > 20);
  });

  it("refuses one that ends too early, is too large or holds nothing", async () => {
    const whole = file("plain");
    await assert.rejects(
      decodeImage(whole.subarray(0, 600), '"x.heic"'),
      new InputError(
        "IMAGE_CORRUPT",
        'Cannot decode image "x.heic": expected a whole HEIC file, got "Invalid input: Unexpected end of file: Extent in iloc box references data outside of file bounds (points to file position 357)"',
      ),
    );
    await assert.rejects(
      decodeImage(whole.subarray(0, 28), '"x.heic"'),
      new InputError(
        "IMAGE_CORRUPT",
        'Cannot decode image "x.heic": expected a whole HEIC file, got "Invalid input: Unspecified: File size too small"',
      ),
    );
    await assert.rejects(
      decodeImage(whole, '"x.heic"', { maxPixels: 4095 }),
      new InputError(
        "IMAGE_TOO_LARGE",
        'Cannot decode image "x.heic": expected at most 4095 pixels, got 64x64',
      ),
    );
  });
});
