import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "../tensor/tensor.js";
import { countCorrect, makeTargets } from "./targets.js";

const rows = (values: Float32Array) => [...values].map((value) => Math.round(value * 1e6) / 1e6);

describe("makeTargets()", () => {
  it("puts all on the label", () => {
    const { shape, data } = makeTargets([1, 0], { classes: 2, labelSmoothing: 0 });
    assert.deepEqual(shape, [2, 2]);
    assert.deepEqual(rows(data), [0, 1, 1, 0]);
  });

  it("spreads a share over all classes", () => {
    const { data } = makeTargets([2], { classes: 4, labelSmoothing: 0.1 });
    assert.deepEqual(rows(data), [0.025, 0.025, 0.925, 0.025]);
  });

  it("weighs classes", () => {
    const options = { classes: 2, labelSmoothing: 0.5, classWeights: [2, 0.5] };
    assert.deepEqual(rows(makeTargets([0, 1], options).data), [1.5, 0.5, 0.125, 0.375]);
  });
});

describe("countCorrect()", () => {
  it("compares the places of the largest values", () => {
    const logits = tensor([3, 2], Float32Array.of(1, 2, 3, -1, 0, 5));
    const targets = makeTargets([1, 0, 0], { classes: 2, labelSmoothing: 0.1 });
    assert.equal(countCorrect(logits, targets), 2);
  });
});
