import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { type EvaluationInput, evaluateLogits } from "./metrics.js";

interface GoldenCase {
  readonly name: string;
  readonly classes: number;
  readonly logits: readonly number[];
  readonly labels: readonly number[];
  readonly top1: number;
  readonly top5: number;
  readonly loss: number;
  readonly calibrationError: number;
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  readonly macroF1: number;
  readonly confusion: readonly (readonly number[])[];
}

const golden = JSON.parse(readFileSync(repositoryFile("test/golden/metrics.json"), "utf8")) as {
  readonly cases: readonly GoldenCase[];
};

/** Both sides compute in double precision, in another order. */
const tolerance = 1e-12;

function assertClose(got: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(got.length, expected.length, what);
  got.forEach((value, at) => {
    const wanted = expected[at] as number;
    assert.ok(Math.abs(value - wanted) <= tolerance, `${what} ${at}: ${value}, not ${wanted}`);
  });
}

/** Rows of logits with the index of the true class. */
function inputOf(rows: readonly (readonly number[])[], labels: readonly number[]): EvaluationInput {
  const count = rows[0]?.length ?? 0;
  return {
    classes: Array.from({ length: count }, (_, index) => `class ${index}`),
    logits: Float32Array.from(rows.flat()),
    labels,
    files: labels.map((_, image) => `${image}.jpg`),
  };
}

describe("evaluateLogits()", () => {
  for (const one of golden.cases) {
    it(`agrees with scikit-learn: ${one.name}`, () => {
      const got = evaluateLogits({
        classes: Array.from({ length: one.classes }, (_, index) => String(index)),
        logits: Float32Array.from(one.logits),
        labels: one.labels,
        files: one.labels.map(String),
      });
      assert.equal(got.images, one.labels.length);
      assert.deepEqual(got.confusion, one.confusion);
      for (const figure of ["top1", "top5", "loss", "calibrationError", "macroF1"] as const) {
        assertClose([got[figure]], [one[figure]], figure);
      }
      for (const figure of ["precision", "recall", "f1"] as const) {
        const figures = got.perClass.map((row) => row[figure]);
        assertClose(figures, one[figure], figure);
      }
    });
  }

  it("ranks equal logits by class index", () => {
    const equal = [0, 0, 0, 0, 0, 0];
    const got = evaluateLogits(inputOf([equal, equal, equal], [0, 4, 5]));
    assert.equal(got.top1, 1 / 3);
    assert.equal(got.top5, 2 / 3);
    assert.deepEqual(
      got.mistakes.map(({ file, predicted }) => [file, predicted]),
      [
        ["1.jpg", "class 0"],
        ["2.jpg", "class 0"],
      ],
    );
  });

  it("takes logits of any size", () => {
    const got = evaluateLogits(inputOf([[3e38, -3e38]], [1]));
    assert.ok(got.loss > 6e38 && Number.isFinite(got.loss));
    assert.equal(got.mistakes[0]?.probability, 1);
    assert.equal(got.mistakes[0]?.probabilityOfActual, 0);
  });

  it("keeps the 24 worst mistakes, worst first", () => {
    const rows = Array.from({ length: 30 }, (_, image) => [image, 0]);
    const { mistakes } = evaluateLogits(
      inputOf(
        rows,
        rows.map(() => 1),
      ),
    );
    assert.equal(mistakes.length, 24);
    assert.deepEqual([mistakes[0]?.file, mistakes[23]?.file], ["29.jpg", "6.jpg"]);
    assert.ok(Math.abs((mistakes[23]?.probabilityOfActual ?? 0) - 1 / (1 + Math.exp(6))) < 1e-15);
  });

  it("lists confused pairs, most images first, equals by class", () => {
    const [a, b, c] = [
      [9, 0, 0],
      [0, 9, 0],
      [0, 0, 9],
    ] as const;
    const { confusedPairs } = evaluateLogits(inputOf([c, b, c, a, a, a], [0, 0, 1, 1, 1, 0]));
    assert.deepEqual(confusedPairs, [
      { actual: "class 1", predicted: "class 0", images: 2, share: 2 / 3 },
      { actual: "class 0", predicted: "class 1", images: 1, share: 1 / 3 },
      { actual: "class 0", predicted: "class 2", images: 1, share: 1 / 3 },
      { actual: "class 1", predicted: "class 2", images: 1, share: 1 / 3 },
    ]);
  });

  it("is perfect on perfect predictions, and survives JSON", () => {
    const got = evaluateLogits(
      inputOf(
        [
          [900, 0],
          [0, 900],
        ],
        [0, 1],
      ),
    );
    assert.deepEqual(
      [got.top1, got.top5, got.loss, got.calibrationError, got.macroF1],
      [1, 1, 0, 0, 1],
    );
    assert.deepEqual(got.calibration[14], {
      from: 14 / 15,
      to: 1,
      images: 2,
      confidence: 1,
      accuracy: 1,
    });
    assert.deepEqual([got.confusedPairs, got.mistakes], [[], []]);
    assert.deepEqual(JSON.parse(JSON.stringify(got)), got);
  });

  it("says what is wrong with its input", () => {
    const good = inputOf([[1, 2]], [0]);
    const check = (changes: Partial<EvaluationInput>, code: string, message: string) =>
      assert.throws(() => evaluateLogits({ ...good, ...changes }), { code, message });
    check(
      { labels: [], files: [], logits: new Float32Array(0) },
      "EVALUATION_EMPTY",
      "Cannot evaluate: expected at least one image, got none",
    );
    check(
      { files: [] },
      "EVALUATION_INPUT",
      "Cannot evaluate: expected 1 files, one a label, got 0",
    );
    check(
      { logits: new Float32Array(3) },
      "EVALUATION_INPUT",
      "Cannot evaluate: expected 1x2 logits for 1 images and 2 classes, got 3",
    );
    check(
      { labels: [2] },
      "EVALUATION_INPUT",
      'Cannot evaluate: expected a class index below 2 for "0.jpg", got 2',
    );
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      check(
        { logits: Float32Array.of(0, value) },
        "LOGITS_NOT_FINITE",
        `Cannot evaluate "0.jpg": expected finite logits, got ${value} for class "class 1"`,
      );
    }
  });
});
