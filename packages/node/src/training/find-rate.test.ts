import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseRate, type RateEvent } from "./find-rate.js";

/** A test of 100 steps from 1e-6 to 1 with losses by the exponent of the rate. */
function curve(lossAt: (exponent: number, step: number) => number): RateEvent[] {
  return Array.from({ length: 100 }, (_, step) => {
    const exponent = -6 + (6 * step) / 99;
    const loss = lossAt(exponent, step);
    return { event: "rate", learningRate: 10 ** exponent, loss, smoothed: loss };
  });
}

/** Falls around 1e-3, is lowest at 1e-2, then rises. */
const usual = (exponent: number) =>
  exponent < -2 ? 3 - 1 / (1 + Math.exp(-4 * (exponent + 3))) : 2 + (exponent + 2) ** 2;

describe("chooseRate()", () => {
  it("finds where the loss falls fastest, and a tenth of where it is lowest", () => {
    const { steepest, minimumTenth } = chooseRate(curve(usual)) ?? assert.fail("no rate");
    assert.ok(Math.abs(Math.log10(steepest) + 3) < 0.2, String(steepest));
    assert.ok(Math.abs(Math.log10(minimumTenth) + 3) < 0.2, String(minimumTenth));
  });

  it("is not led astray by single batches that are harder", () => {
    const noisy = (exponent: number, step: number) => usual(exponent) + (step % 7 === 0 ? 0.2 : 0);
    const { steepest } = chooseRate(curve(noisy)) ?? assert.fail("no rate");
    assert.ok(Math.abs(Math.log10(steepest) + 3) < 0.7, String(steepest));
  });

  it("makes do with three steps, and finds nothing in two", () => {
    const few = curve(usual);
    assert.ok(chooseRate(few.slice(0, 3)));
    assert.equal(chooseRate(few.slice(0, 2)), undefined);
  });
});
