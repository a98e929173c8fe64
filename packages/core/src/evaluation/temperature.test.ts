import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../errors.js";
import { createRandom } from "../tensor/random.js";
import { evaluateLogits } from "./metrics.js";
import { crossEntropy, crossFit, fitTemperature, type LabelledLogits } from "./temperature.js";

/** Images whose labels are drawn by the probabilities of the logits at temperature 1. */
function honest(images: number, classes: number, seed: number): LabelledLogits {
  const random = createRandom(seed, "temperature");
  const logits = Float32Array.from({ length: images * classes }, () => 4 * random.uniform());
  const labels = Array.from({ length: images }, (_, image) => {
    const masses = [...logits.subarray(image * classes, (image + 1) * classes)].map(Math.exp);
    const drawn = random.uniform() * masses.reduce((a, b) => a + b);
    const reached = (until: number) => masses.slice(0, until + 1).reduce((a, b) => a + b);
    return masses.findIndex((_, index) => drawn < reached(index));
  });
  return { logits, labels };
}

describe("fitTemperature()", () => {
  it("finds what the logits were multiplied by", () => {
    const { logits, labels } = honest(20_000, 5, 1);
    for (const factor of [0.5, 1, 3]) {
      const fitted = fitTemperature({ logits: logits.map((logit) => factor * logit), labels });
      assert.ok(Math.abs(fitted / factor - 1) < 0.05, `${fitted} for ${factor}`);
    }
  });

  it("gives the least cross-entropy, and less calibration error", () => {
    const { logits, labels } = honest(4000, 4, 2);
    const sharp = { logits: logits.map((logit) => 2.5 * logit), labels };
    const best = fitTemperature(sharp);
    for (const other of [0.9 * best, 1.1 * best]) {
      assert.ok(crossEntropy(sharp, best) < crossEntropy(sharp, other));
    }
    const errorOf = (given: Float32Array) =>
      evaluateLogits({
        classes: ["a", "b", "c", "d"],
        logits: given,
        labels,
        files: labels.map(String),
      }).calibrationError;
    assert.ok(errorOf(sharp.logits) > 0.1);
    assert.ok(errorOf(crossFit(sharp)) < 0.03);
  });

  it("refuses to fit nothing", () => {
    assert.throws(
      () => fitTemperature({ logits: new Float32Array(), labels: [] }),
      new InputError(
        "EVALUATION_EMPTY",
        "Cannot fit a temperature: expected at least one image, got none",
      ),
    );
  });
});
