import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { hashPixels, sha256 } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { preprocess } from "./preprocess.js";
import { type Preprocessing, type PresetName, presets } from "./presets.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly preset: PresetName;
    readonly filter?: Preprocessing["filter"];
    readonly seed: number;
    readonly from: readonly [width: number, height: number];
    readonly to: readonly [width: number, height: number];
    readonly sha256: string;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/pixels-preprocess.json"), "utf8"),
);

describe("preprocess()", () => {
  for (const preset of ["timm", "keras", "slim"] as const) {
    const cases = golden.cases.filter((one) => one.preset === preset);

    it(`gives the floats of the program behind the preset, bit for bit: ${preset}`, () => {
      assert.ok(cases.length >= 20);
      for (const { seed, from, to, filter, sha256: expected } of cases) {
        const [width, height] = to;
        const how = { ...presets[preset], ...(filter && { filter }) };
        const { shape, data } = preprocess(hashPixels(...from, seed), how, { height, width });
        assert.deepEqual(shape, [3, height, width]);
        assert.equal(sha256(data), expected, `${from.join("x")} to ${to.join("x")}`);
      }
    });
  }

  it("scales each channel by its own mean and deviation, whatever the filter", () => {
    const pixels = { width: 1, height: 1, data: Uint8Array.of(255, 51, 0) };
    for (const filter of ["bicubic", "box", "tensorflow", "tensorflow-legacy"] as const) {
      const how: Preprocessing = {
        ...presets.keras,
        filter,
        mean: [0.5, 0.2, 0.25],
        std: [0.25, 0.1, 0.5],
      };
      const values = preprocess(pixels, how, { height: 1, width: 1 }).data;
      [2, 0, -0.5].forEach((expected, channel) => {
        assert.ok(Math.abs((values[channel] ?? Number.NaN) - expected) < 1e-6, filter);
      });
    }
  });
});
