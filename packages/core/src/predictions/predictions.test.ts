import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imagenetLabels } from "./imagenet-1k.js";
import { scoresOf, softmax, topK, usualActivation } from "./predictions.js";

describe("softmax()", () => {
  it("sums to one and does not overflow", () => {
    const scores = softmax([1000, 1001, -1000]);
    assert.ok(Math.abs(scores.reduce((a, b) => a + b, 0) - 1) < 1e-15);
    assert.ok(Math.abs((scores[1] ?? 0) - 1 / (1 + Math.exp(-1))) < 1e-12);
  });
});

describe("scoresOf()", () => {
  it("shares 1 by softmax, and scores each class for itself by sigmoid", () => {
    const logits = [2, -1];
    assert.deepEqual([...scoresOf(logits, 1, "softmax")], [...softmax(logits)]);
    const expected = logits.map((one) => 1 / (1 + Math.exp(-one / 2)));
    assert.deepEqual([...scoresOf(logits, 2, "sigmoid")], expected);
  });

  it("takes the sigmoid of one class, whose softmax is always 1", () => {
    assert.deepEqual([1, 2].map(usualActivation), ["sigmoid", "softmax"]);
  });
});

describe("topK()", () => {
  it("ranks classes, equals by index, with names where they are known", () => {
    assert.deepEqual(
      topK([0, 3, 3, 1], 3, ["a", "b"]).map(({ index, label }) => [index, label]),
      [
        [1, "b"],
        [2, "class 2"],
        [3, "class 3"],
      ],
    );
    assert.equal(topK([1, 2], 5).length, 2);
  });

  it("softens scores by a temperature", () => {
    const [best] = topK([0, 3], 1, ["a", "b"], 2);
    assert.equal(best?.index, 1);
    assert.ok(Math.abs((best?.score ?? 0) - 1 / (1 + Math.exp(-1.5))) < 1e-12);
  });
});

describe("imagenetLabels", () => {
  it("are the 1000 classes in their order", () => {
    assert.equal(imagenetLabels.length, 1000);
    assert.equal(imagenetLabels[0], "tench, Tinca tinca");
    assert.equal(imagenetLabels[951], "lemon");
    assert.equal(new Set(imagenetLabels).size >= 998, true);
  });
});
