import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluateLogits } from "./metrics.js";
import { evaluationText } from "./text.js";

/** Predictions as pairs of true and predicted class, each with a logit of 2 over zeros. */
function evaluationOf(classes: readonly string[], pairs: readonly (readonly number[])[]) {
  return evaluateLogits({
    classes,
    labels: pairs.map(([actual = 0]) => actual),
    logits: Float32Array.from(
      pairs.flatMap(([, predicted]) => classes.map((_, index) => (index === predicted ? 2 : 0))),
    ),
    files: pairs.map((_, image) => `${image}.jpg`),
  });
}

describe("evaluationText()", () => {
  it("shows figures, classes and confused pairs in columns", () => {
    const long = `a class with ${"a very ".repeat(4)}long name, and \u001b[31m colour`;
    const pairs = [
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 1],
      [2, 1],
    ];
    const text = evaluationText(evaluationOf(["hat", "t-shirt", long, "unseen"], pairs));
    assert.equal(
      text,
      `5 images, 4 classes

top-1               40.0%
top-5              100.0%
loss               1.5408
calibration error   31.1%
macro F1            30.0%

class                             images  precision  recall     F1
──────────────────────────────────────────────────────────────────
hat                                    3     100.0%   33.3%  50.0%
t-shirt                                1      25.0%  100.0%  40.0%
a class with a v…nd \u{fffd}[31m colour       1          –    0.0%   0.0%
unseen                                 0          –       –      –

actual                            predicted  images
───────────────────────────────────────────────────
hat                               t-shirt         2
a class with a v…nd \u{fffd}[31m colour  t-shirt         1
`,
    );
  });

  it("says so when nothing was confused", () => {
    const text = evaluationText(
      evaluationOf(
        ["hat", "shoe"],
        [
          [0, 0],
          [1, 1],
        ],
      ),
    );
    assert.match(text, /\n\nNo image was misclassified\.\n$/);
  });

  it("lists the weakest of many classes", () => {
    const classes = Array.from({ length: 60 }, (_, index) => `class ${index}`);
    const pairs = classes.map((_, index) => [index, index < 55 ? index : 0]);
    const lines = evaluationText(evaluationOf(classes, pairs)).split("\n");
    const at = lines.indexOf("The 50 classes with the lowest F1:");
    assert.match(lines[at + 3] ?? "", /^class 55 +1 +– +0\.0% +0\.0%$/);
    assert.match(lines[at + 8] ?? "", /^class 0 +1 +16\.7% +100\.0% +28\.6%$/);
    assert.equal(lines.indexOf("", at), at + 3 + 50);
  });
});
