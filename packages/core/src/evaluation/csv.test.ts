import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { confusionCsv, predictionsCsv } from "./csv.js";
import { evaluateLogits, predictionsOf } from "./metrics.js";

describe("CSV of an evaluation", () => {
  const input = {
    classes: ["a", 'b "two"', "c,d"],
    logits: Float32Array.of(9, 0, 0, 0, 9, 0, 0, 9, 8),
    labels: [0, 0, 2],
    files: ["1.png", "sub/2.png", "3\n.png"],
  };

  it("has a row per image, with names quoted where they need it", () => {
    const lines = predictionsCsv(predictionsOf(input)).split(/\n(?!\.png)/);
    assert.equal(lines[0], "file,actual,predicted,probability,probabilityOfActual,rank");
    assert.match(lines[1] ?? "", /^1\.png,a,a,0\.9997\d+,0\.9997\d+,1$/);
    assert.match(lines[2] ?? "", /^sub\/2\.png,a,"b ""two""",0\.9997\d+,0\.00012\d+,2$/);
    assert.match(lines[3] ?? "", /^"3\n\.png","c,d","b ""two""",0\.73\d+,0\.26\d+,2$/);
    assert.deepEqual(lines.slice(4), [""]);
  });

  it("has the confusion matrix by true class and predicted class", () => {
    assert.equal(
      confusionCsv(evaluateLogits(input)),
      'actual,a,"b ""two""","c,d"\na,1,1,0\n"b ""two""",0,0,0\n"c,d",0,1,0\n',
    );
  });
});
