import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelError } from "../errors.js";
import { parsePreprocessing, presetNames, presets } from "./presets.js";

describe("parsePreprocessing()", () => {
  it("gives every preset back from its JSON", () => {
    assert.deepEqual(presetNames, ["timm", "keras", "slim"]);
    for (const name of presetNames) {
      assert.deepEqual(
        parsePreprocessing(JSON.parse(JSON.stringify(presets[name]))),
        presets[name],
      );
    }
  });

  const refusals: [what: string, json: unknown, message: string][] = [
    ["a list", [], 'expected an object in "preprocessing", got []'],
    ["null", null, 'expected an object in "preprocessing", got null'],
    ["nothing", undefined, 'expected an object in "preprocessing", got nothing'],
    [
      "an unknown mode",
      { ...presets.timm, resize: "stretch" },
      'expected one of short-side, squash in "resize", got "stretch"',
    ],
    [
      "a missing filter",
      { ...presets.timm, filter: undefined },
      'expected one of bicubic, bilinear, lanczos, box, tensorflow, tensorflow-legacy in "filter", got nothing',
    ],
    [
      "a crop of 0",
      { ...presets.timm, cropFraction: 0 },
      'expected a number above 0 and at most 1 in "cropFraction", got 0',
    ],
    [
      "a crop as text",
      { ...presets.timm, cropFraction: "0.9" },
      'expected a number above 0 and at most 1 in "cropFraction", got "0.9"',
    ],
    [
      "a mean of two channels",
      { ...presets.timm, mean: [0.5, 0.5] },
      'expected three numbers in "mean", got [0.5,0.5]',
    ],
    [
      "a deviation of 0",
      { ...presets.timm, std: [0.5, 0, 0.5] },
      'expected three numbers above 0 in "std", got [0.5,0,0.5]',
    ],
    [
      "a field too many",
      { ...presets.timm, gamma: 2.2 },
      'expected no such field in "gamma", got 2.2',
    ],
  ];
  for (const [what, json, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parsePreprocessing(json), {
        constructor: ModelError,
        code: "PREPROCESSING_INVALID",
        message: `Cannot read the preprocessing of the weights: ${message}`,
      } as object);
    });
  }
});
