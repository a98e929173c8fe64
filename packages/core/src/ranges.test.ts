import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configureNetwork } from "./architecture/transforms.js";
import { UsageError } from "./errors.js";
import { topK } from "./predictions/predictions.js";
import { numbers, requireRange, requireRanges } from "./ranges.js";

const neverNumbers = [Number.NaN, -1, "2", null, true, {}];

describe("requireRange()", () => {
  it("refuses what is no number of a range, whatever the range", () => {
    for (const range of Object.values(numbers)) {
      for (const value of neverNumbers) {
        assert.throws(() => requireRange("x", value, range), UsageError, `${value}`);
      }
      requireRange("x", undefined, range);
    }
    for (const value of [1.5, 0, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.throws(() => requireRange("x", value, numbers.countFrom1), UsageError, `${value}`);
    }
    requireRange("x", Number.POSITIVE_INFINITY, numbers.limit);
  });

  it("names the option, what it takes and what it got", () => {
    assert.throws(
      () => requireRanges({ batch: "2" }, { batch: numbers.countFrom1 }),
      new UsageError(
        "OPTION_RANGE",
        'Option "batch" is out of range: expected a whole number from 1, got "2"',
        { option: "batch" },
      ),
    );
    assert.throws(
      () => requireRanges({ background: [0, 1, 256] }, { background: numbers.level }),
      /Option "background" .*: expected whole numbers from 0 to 255, got 256$/,
    );
  });
});

describe("calls with numbers out of range", () => {
  it("of networks and predictions are refused", () => {
    for (const value of [Number.NaN, -1, 0, 1.5]) {
      assert.throws(() => configureNetwork({ classes: value }), { code: "OPTION_RANGE" });
      assert.throws(() => configureNetwork({ inputSize: value }), { code: "OPTION_RANGE" });
      assert.throws(() => topK([1, 2], value), { code: "OPTION_RANGE" });
    }
    for (const value of [Number.NaN, -1, 0]) {
      assert.throws(() => configureNetwork({ width: value }), { code: "OPTION_RANGE" });
      assert.throws(() => topK([1, 2], 1, [], value), { code: "OPTION_RANGE" });
    }
    assert.throws(() => configureNetwork({ dropout: Number.NaN }), { code: "OPTION_RANGE" });
  });
});
