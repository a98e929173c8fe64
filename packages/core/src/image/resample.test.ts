import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { hashPixels, sha256 } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { cropPixels } from "./pixels.js";
import { type Filter, resample } from "./resample.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly filter: Filter;
    readonly seed: number;
    readonly from: readonly [width: number, height: number];
    readonly to: readonly [width: number, height: number];
    readonly sha256: string;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/resize-pillow.json"), "utf8"),
);

describe("resample()", () => {
  for (const filter of ["bicubic", "bilinear", "lanczos", "box"] as const) {
    const cases = golden.cases.filter((one) => one.filter === filter);

    it(`gives the bytes of Pillow ${golden.madeWith["pillow"]}: ${filter}`, () => {
      assert.ok(cases.length >= 60);
      for (const { seed, from, to, sha256: expected } of cases) {
        const [width, height] = to;
        const out = resample(hashPixels(...from, seed), { width, height, filter });
        assert.equal(out.data.length, width * height * 3);
        assert.equal(sha256(out.data), expected, `${filter} ${from.join("x")} to ${to.join("x")}`);
      }
    });

    it(`gives the same bytes for a crop as for the whole: ${filter}`, () => {
      for (const { seed, from, to } of cases.slice(0, 40)) {
        const [width, height] = to;
        const pixels = hashPixels(...from, seed);
        const x = width >> 2;
        const y = height >> 1;
        const crop = { x, y, width: (width - x + 1) >> 1, height: (height - y + 1) >> 1 };
        const whole = resample(pixels, { width, height, filter });
        const part = resample(pixels, { width, height, filter, crop });
        assert.deepEqual(part, cropPixels(whole, crop), `${from.join("x")} to ${to.join("x")}`);
      }
    });
  }

  it("leaves a picture of one color as it is", () => {
    const data = new Uint8Array(40 * 30 * 3).fill(201);
    for (const filter of ["bicubic", "bilinear", "lanczos", "box"] as const) {
      const out = resample({ width: 40, height: 30, data }, { width: 17, height: 91, filter });
      assert.deepEqual(out.data, new Uint8Array(17 * 91 * 3).fill(201));
    }
  });

  it("computes only the crop of a picture that would be huge", () => {
    const crop = { x: 5_000_000, y: 10, width: 20, height: 30 };
    const options = { width: 10_000_000, height: 50, filter: "bicubic", crop } as const;
    const out = resample(hashPixels(20_000, 2, 1), options);
    assert.deepEqual([out.width, out.height, out.data.length], [20, 30, 1800]);
  });
});
