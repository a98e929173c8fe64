import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { createRandom } from "../tensor/random.js";
import { drawCrop, type Range, slimCrop } from "./augment-crop.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly from: readonly [width: number, height: number];
    readonly area: Range;
    readonly covered: number;
    readonly deciles: Readonly<Record<"width" | "height" | "x" | "y" | "aspect", number[]>>;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/augment-crop.json"), "utf8"),
);

describe("drawCrop()", () => {
  it(`draws as often what TensorFlow ${golden.madeWith["tensorflow"]} draws`, () => {
    const count = 20_000;
    for (const { from, area, covered, deciles } of golden.cases) {
      const [width, height] = from;
      const random = createRandom(1, from.join("x"));
      const crops = Array.from({ length: count }, () => {
        const drawn = drawCrop({ width, height }, { ...slimCrop, area, covered }, random);
        return { ...drawn, aspect: drawn.width / drawn.height };
      });
      for (const measure of ["width", "height", "x", "y", "aspect"] as const) {
        const sorted = crops.map((crop) => crop[measure]).sort((a, b) => a - b);
        const room = { width, height, x: width, y: height, aspect: 1 }[measure];
        deciles[measure].forEach((expected, i) => {
          const found = sorted[Math.round(((i + 1) * count) / 10)] as number;
          const difference = Math.abs(found - expected) / room;
          const what = `${from.join("x")}: decile ${i + 1} of ${measure}`;
          assert.ok(difference < 0.02, `${what}: expected ${expected}, got ${found}`);
        });
      }
    }
  });

  it("stays inside the picture and the limits, and reaches every edge", () => {
    const random = createRandom(3);
    const [width, height] = [12, 9];
    const crops = Array.from({ length: 5000 }, () =>
      drawCrop({ width, height }, { ...slimCrop, area: [0.2, 0.6], covered: 0 }, random),
    );
    for (const crop of crops) {
      const area = crop.width * crop.height;
      assert.ok(area >= 0.2 * width * height && area <= 0.6 * width * height);
      assert.ok(crop.x >= 0 && crop.x + crop.width <= width);
      assert.ok(crop.y >= 0 && crop.y + crop.height <= height);
    }
    assert.ok(crops.some(({ x }) => x === 0) && crops.some(({ y }) => y === 0));
    assert.ok(crops.some((crop) => crop.x + crop.width === width));
    assert.ok(crops.some((crop) => crop.y + crop.height === height));
  });

  it("takes the whole picture when nothing fits", () => {
    for (const [width, height] of [
      [1, 1],
      [1, 400],
      [400, 1],
      [2, 3],
      [5000, 2],
    ] as const) {
      const random = createRandom(1);
      for (let i = 0; i < 50; i++) {
        const crop = drawCrop({ width, height }, slimCrop, random);
        assert.ok(crop.width >= 1 && crop.x + crop.width <= width);
        assert.ok(crop.height >= 1 && crop.y + crop.height <= height);
        const isThin = width > 2 * height || height > 20 * width;
        if (isThin) assert.deepEqual(crop, { x: 0, y: 0, width, height });
      }
    }
  });
});
