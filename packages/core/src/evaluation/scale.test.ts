import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linearScale, scaleFor, wholeStep } from "./scale.js";

describe("scaleFor()", () => {
  it("has round ends and ticks around the values", () => {
    const { at, ticks } = scaleFor([0.31, 2.7], [200, 0]);
    assert.deepEqual(ticks, [0, 1, 2, 3]);
    assert.deepEqual([at(0), at(3), at(1.5)], [200, 0, 100]);
  });

  it("begins at zero only where that takes less than half of it", () => {
    assert.deepEqual(scaleFor([0.93, 0.95], [0, 1]).ticks, [0.93, 0.935, 0.94, 0.945, 0.95]);
    assert.deepEqual(scaleFor([0.4, 0.9], [0, 1]).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(scaleFor([-2, 3], [0, 1]).ticks, [-2, -1, 0, 1, 2, 3]);
  });

  it("holds a single value, zero too", () => {
    assert.ok(scaleFor([0], [0, 1]).ticks.includes(0));
    assert.equal(scaleFor([7], [0, 10]).at(7), 5);
  });

  it("is logarithmic for values that span decades", () => {
    const { at, ticks } = scaleFor([1e-5, 0.02], [0, 4]);
    assert.deepEqual(ticks.map(Math.log10).map(Math.round), [-5, -4, -3, -2, -1]);
    assert.deepEqual(
      [1e-5, 1e-3, 0.1].map((value) => Math.round(at(value) * 1e9) / 1e9),
      [0, 2, 4],
    );
  });
});

describe("linearScale()", () => {
  it("keeps the ticks of epochs whole", () => {
    assert.deepEqual(linearScale([1, 3], [0, 1], wholeStep([1, 3])).ticks, [1, 2, 3]);
    assert.deepEqual(linearScale([1, 60], [0, 1], wholeStep([1, 60])).ticks, [20, 40, 60]);
  });
});
