import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { hashPixels, sha256 } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { createRandom } from "../tensor/random.js";
import type { Pixels } from "./pixels.js";
import {
  applyOperation,
  applyRandAugment,
  type RandOperation,
  randOperations,
} from "./rand-augment.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly operation: RandOperation;
    readonly level: number;
    readonly sign: 1 | -1;
    /** The first digits: the noise at each size, then the dull pictures. */
    readonly sha256: readonly string[];
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/rand-augment.json"), "utf8"),
);

/** As `dull_image` in scripts/python/make-augment-goldens.py. */
function dullPixels(width: number, height: number, seed: number): Pixels {
  const { data } = hashPixels(width, height, seed);
  return { width, height, data: data.map((level, i) => 30 + ((level * (2 + (i % 3))) >> 3)) };
}

const sizes = [
  [1, 1],
  [2, 3],
  [3, 3],
  [37, 23],
  [64, 48],
  [139, 139],
] as const;
const pictures = [hashPixels, dullPixels].flatMap((make) =>
  sizes.map(([width, height], seed) => make(width, height, seed)),
);
const fill = [124, 116, 104] as const;

describe("applyOperation()", () => {
  for (const operation of randOperations) {
    it(`gives the bytes of Pillow ${golden.madeWith["pillow"]}: ${operation}`, () => {
      const cases = golden.cases.filter((one) => one.operation === operation);
      assert.ok(cases.length > 0);
      for (const { level, sign, sha256: expected } of cases) {
        pictures.forEach((picture, i) => {
          const before = picture.data.slice();
          const { width, height, data } = applyOperation(operation, picture, { level, sign, fill });
          assert.deepEqual([width, height], [picture.width, picture.height]);
          const what = `${sign * level} of ${width}x${height}, picture ${i}`;
          assert.equal(sha256(data).slice(0, 16), expected[i], what);
          assert.deepEqual(picture.data, before);
        });
      }
    });
  }
});

describe("applyRandAugment()", () => {
  const picture = hashPixels(20, 20, 1);

  it("gives the same for the same state of the random numbers", () => {
    const how = { operations: 3, magnitude: 9 };
    const draw = (seed: number) => applyRandAugment(picture, how, fill, createRandom(seed));
    assert.deepEqual(draw(7), draw(7));
    const results = Array.from({ length: 40 }, (_, seed) => sha256(draw(seed).data));
    assert.ok(new Set(results).size > 25);
  });

  it("does half of the operations that it draws", () => {
    const random = createRandom(2);
    const how = { operations: 1, magnitude: 9 };
    const untouched = Array.from({ length: 1000 }, () =>
      applyRandAugment(picture, how, fill, random),
    ).filter((out) => sha256(out.data) === sha256(picture.data)).length;
    // Noise over all levels is left as it is by AutoContrast, too.
    assert.ok(untouched > 470 && untouched < 600, `${untouched} of 1000`);
  });
});
