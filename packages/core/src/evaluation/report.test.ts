import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EpochRow } from "./epoch-row.js";
import { type Evaluation, evaluateLogits } from "./metrics.js";
import {
  type EvaluationReport,
  evaluationReport,
  type TrainingReport,
  trainingReport,
} from "./report.js";

const hostile = `<script>alert("1")</script> & 'x'`;

/** Classes in a ring: each has four images, the last of which is taken for the next class. */
function ring(count: number, names: readonly string[] = []): Evaluation {
  const classes = Array.from({ length: count }, (_, index) => names[index] ?? `class ${index}`);
  const labels = classes.flatMap((_, index) => [index, index, index, index]);
  const predicted = labels.map((label, image) => (image % 4 === 3 ? (label + 1) % count : label));
  return evaluateLogits({
    classes,
    labels,
    files: labels.map((_, image) => `folder/${image}.jpg`),
    logits: Float32Array.from(
      predicted.flatMap((one) => classes.map((_, index) => (index === one ? 5 : 0))),
    ),
  });
}

function epoch(number: number, changes: Partial<EpochRow> = {}): EpochRow {
  return {
    epoch: number,
    trainLoss: 2 / number,
    trainTop1: 1 - 1 / (number + 1),
    validationLoss: 2.5 / number,
    validationTop1: number === 2 ? 0.75 : 0.5,
    validationTop5: 1,
    learningRate: 0.045,
    imagesPerSecond: 10,
    seconds: 90,
    ...changes,
  };
}

function report(
  changes: Partial<TrainingReport & EvaluationReport> = {},
): TrainingReport & EvaluationReport {
  const evaluation = ring(3);
  return {
    title: "Training",
    facts: [["seed", "1"]],
    epochs: [1, 2, 3].map((number) => epoch(number)),
    evaluation,
    pictures: new Map([["folder/3.jpg", "data:image/jpeg;base64,AAAA"]]),
    ...changes,
  };
}

const empty = new Set(["meta", "img", "!doctype"]);

/** Fails unless all elements are closed in order; gives the counts of each by name. */
function countElements(html: string): Map<string, number> {
  const open: string[] = [];
  const counts = new Map<string, number>();
  for (const [, slash, name = "", rest = ""] of html.matchAll(/<(\/?)([a-z!][\w]*)([^>]*)>/g)) {
    if (slash) assert.equal(open.pop(), name);
    else {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (!empty.has(name) && !rest.endsWith("/")) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return counts;
}

describe("trainingReport()", () => {
  it("is one whole page that loads and runs nothing", () => {
    const html = trainingReport(report());
    const counts = countElements(html);
    assert.deepEqual(
      ["script", "link", "h1", "h2", "svg", "table"].map((name) => counts.get(name) ?? 0),
      [0, 0, 1, 7, 4, 3],
    );
    assert.doesNotMatch(html, /https?:|url\(|@import/);
    assert.match(
      html,
      /3 epochs in 5 min\. Best: epoch 2, with a\nvalidation top-1 of 75\.0%; it has the highest/,
    );
    assert.doesNotMatch(html, /NaN|undefined|Infinity/);
  });

  it("names the epoch of lowest loss among those of equal top-1, and says what the losses are", () => {
    const top = { validationTop1: 0.75 };
    const losses = [0.9, 0.4, 0.4, 0.8].map((validationLoss) => ({ ...top, validationLoss }));
    const epochs = losses.map((scores, at) => epoch(at + 1, scores));
    const html = trainingReport(report({ epochs }));
    assert.match(html, /Best: epoch 2, with a/);
    assert.match(html, /Training loss: .*class weights.*\nValidation loss: mean cross-entropy/);
  });

  it("shows a mistake with its picture, and others without", () => {
    const html = trainingReport(report());
    assert.equal(html.match(/src="data:image\/jpeg;base64,AAAA"/g)?.length, 1);
    assert.equal(html.match(/no picture/g)?.length, 2);
    assert.match(html, /✗ class 1<\/span> <b>98\.7%<\/b>.*✓ class 0<\/span> <b>0\.7%<\/b>/);
  });

  it("escapes every text", () => {
    const html = trainingReport(
      report({
        title: hostile,
        facts: [[hostile, hostile]],
        evaluation: ring(3, [hostile, hostile, hostile]),
        pictures: new Map([["folder/3.jpg", `" onerror="alert(1)`]]),
      }),
    );
    assert.equal(countElements(html).get("script"), undefined);
    assert.doesNotMatch(html, /<script|onerror="/);
    assert.match(
      html,
      /<h1>&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62; &#38; 'x'<\/h1>/,
    );
  });

  it("draws what is there of runs that stopped early or went wrong", () => {
    const none = trainingReport(report({ epochs: [], facts: [] }));
    assert.equal(none.match(/No epoch was finished\./g)?.length, 3);
    const broken = [epoch(1), epoch(2, { trainLoss: Number.NaN }), epoch(3)];
    for (const epochs of [[epoch(1)], broken]) {
      const html = trainingReport(report({ epochs }));
      assert.doesNotMatch(html, /NaN|undefined|Infinity/);
      countElements(html);
    }
    const [, loss = ""] =
      /class="series train"><path d="([^"]+)"/.exec(trainingReport(report({ epochs: broken }))) ??
      [];
    assert.match(loss, /^M[\d. ]+M[\d. ]+$/);
  });

  it("shows up to 50 classes in the matrix, and of more those that are confused most", () => {
    const rows = (html: string) =>
      /class="matrix.*?<tbody>\n(.*?)<\/tbody>/s.exec(html)?.[1]?.split("\n") ?? [];
    const cells = (row = "") => row.match(/<td/g)?.length;
    const whole = rows(trainingReport(report({ evaluation: ring(50) })));
    assert.deepEqual([whole.filter(Boolean).length, cells(whole[0])], [50, 50]);
    const html = trainingReport(report({ evaluation: ring(51) }));
    const part = rows(html);
    assert.deepEqual([part.filter(Boolean).length, cells(part[0])], [30, 31]);
    assert.match(html, /Shown are the 30 of 51 classes that are confused most\./);
  });
});

describe("trainingReport() without validation photos", () => {
  it("says so, draws the training curves, and shows no figure", () => {
    const unmeasured = { validationLoss: null, validationTop1: null, validationTop5: null };
    const epochs = report().epochs.map((row) => ({ ...row, ...unmeasured }));
    const html = trainingReport({ ...report(), epochs, evaluation: undefined });
    assert.match(
      html,
      /There are no validation images: the weights are those of the last epoch, \d+\./,
    );
    assert.match(html, /Not measured: there are no validation images/);
    assert.doesNotMatch(html, /NaN|Calibration|key validation/);
    assert.equal(countElements(html).get("svg"), 3);
  });
});

describe("evaluationReport()", () => {
  it("has the same parts without curves", () => {
    const counts = countElements(evaluationReport(report()));
    assert.deepEqual([counts.get("h2"), counts.get("svg")], [6, 1]);
  });

  it("says so when nothing was confused", () => {
    const evaluation = evaluateLogits({
      classes: ["a", "b"],
      labels: [0],
      files: ["a.jpg"],
      logits: Float32Array.of(1, 0),
    });
    const html = evaluationReport(report({ evaluation }));
    assert.match(html, /No image was misclassified\./);
    assert.doesNotMatch(html, /Worst mistakes|NaN/);
    countElements(html);
  });
});
