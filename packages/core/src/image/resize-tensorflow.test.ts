import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { hashPixels, sha256 } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { resizeTensorflow, type TensorflowFilter } from "./resize-tensorflow.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly filter: TensorflowFilter;
    readonly seed: number;
    readonly from: readonly [width: number, height: number];
    readonly to: readonly [width: number, height: number];
    readonly sha256: string;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/resize-tensorflow.json"), "utf8"),
);

describe("resizeTensorflow()", () => {
  for (const filter of ["tensorflow", "tensorflow-legacy"] as const) {
    const cases = golden.cases.filter((one) => one.filter === filter);

    it(`gives the floats of TensorFlow ${golden.madeWith["tensorflow"]}, bit for bit: ${filter}`, () => {
      assert.equal(cases.length, 60);
      for (const { seed, from, to, sha256: expected } of cases) {
        const [width, height] = to;
        const out = resizeTensorflow(hashPixels(...from, seed), { width, height, filter });
        assert.equal(sha256(out), expected, `${from.join("x")} to ${to.join("x")}`);
      }
    });

    it(`gives the same floats for a crop as for the whole: ${filter}`, () => {
      const pixels = hashPixels(31, 17, 4);
      const crop = { x: 11, y: 5, width: 7, height: 3 };
      const whole = resizeTensorflow(pixels, { width: 50, height: 9, filter });
      const part = resizeTensorflow(pixels, { width: 50, height: 9, filter, crop });
      for (let c = 0, i = 0; c < 3; c++) {
        for (let y = 5; y < 8; y++) {
          for (let x = 11; x < 18; x++, i++) assert.equal(part[i], whole[(c * 9 + y) * 50 + x]);
        }
      }
    });
  }

  it("reads levels through the table it is given", () => {
    const levels = Float32Array.from({ length: 256 }, (_, level) => -level);
    const pixels = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 50, 60, 70) };
    const options = { width: 4, height: 1, filter: "tensorflow-legacy", levels } as const;
    assert.deepEqual(
      [...resizeTensorflow(pixels, options)],
      [-10, -30, -50, -50, -20, -40, -60, -60, -30, -50, -70, -70],
    );
  });
});
