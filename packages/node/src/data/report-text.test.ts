import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DataReport, DuplicateGroup, ReportedFile } from "./inspect.js";
import { dataReportText } from "./report-text.js";

const report: DataReport = {
  notes: [],
  leftOut: [],
  folder: "photos",
  train: 1240,
  validation: 2,
  classes: [
    { name: "cat", train: 40, validation: 1 },
    { name: "long-haired dog", train: 1200, validation: 1 },
  ],
  imbalance: 30,
  unreadable: [],
  duplicates: [],
  fingerprint: "",
};

function same(...paths: string[]): DuplicateGroup {
  const files = paths.map((path): ReportedFile => {
    const [split, name = ""] = path.split("/");
    return { path, class: name, split: split === "train" ? "train" : "validation" };
  });
  return {
    files,
    crossesSplits: new Set(files.map(({ split }) => split)).size > 1,
    crossesClasses: new Set(files.map((file) => file.class)).size > 1,
  };
}

describe("dataReportText()", () => {
  it("shows counts, and warns of strong imbalance", () => {
    assert.equal(
      dataReportText(report),
      `Data in "photos": 2 classes, 1,240 training photos and 2 validation photos
  class            training  validation
  cat                    40           1
  long-haired dog     1,200           1
warning: unbalanced 30.0 to 1: "long-haired dog" has 1,200 training photos, "cat" 40`,
    );
  });

  it("tells slight imbalance without a warning, and no imbalance not at all", () => {
    const classes = (train: number) => [
      { name: "a", train: 10, validation: 1 },
      { name: "b", train, validation: 1 },
    ];
    const text = (train: number) =>
      dataReportText({ ...report, classes: classes(train), imbalance: train / 10 }).split("\n");
    assert.equal(text(12).at(-1), 'unbalanced 1.2 to 1: "b" has 12 training photos, "a" 10');
    assert.equal(text(10).at(-1), "  b            10           1");
  });

  it("warns of classes that nothing is measured on", () => {
    const classes = ["a", "b", "c"].map((name) => ({ name, train: 9, validation: 0 }));
    const text = (from: number) =>
      dataReportText({
        ...report,
        classes: classes.with(0, { name: "a", train: 9, validation: 2 }).slice(0, from),
      })
        .split("\n")
        .at(-1);
    assert.equal(text(2), 'warning: no validation photos of "b": its accuracy cannot be measured');
    assert.equal(
      text(3),
      'warning: no validation photos of "b", "c": their accuracy cannot be measured',
    );
  });

  it("warns of unreadable files and copies, and says what happens to them", () => {
    const unreadable = [1, 2, 3, 4, 5, 6, 7].map((number) => ({
      path: `train/cat/${number}.jpg`,
      class: "cat",
      split: "train" as const,
      code: "IMAGE_CORRUPT" as const,
      message: `Cannot decode image ${number}`,
    }));
    const duplicates = [
      same("train/cat/a.jpg", "train/cat/b.jpg", "train/cat/c.jpg"),
      same(...["g", "h", "i", "j", "k"].map((name) => `train/cat/${name}.jpg`)),
      same("train/cat/d.jpg", "val/cat/d.jpg"),
      same("train/cat/e.jpg", "train/dog/e.jpg"),
      same("train/cat/f.jpg", "train/dog/f.jpg"),
    ];
    const lines = dataReportText({ ...report, unreadable, duplicates })
      .split("\n")
      .slice(5);
    assert.deepEqual(lines, [
      "warning: 7 files cannot be read and are left out:",
      "  Cannot decode image 1",
      "  Cannot decode image 2",
      "  Cannot decode image 3",
      "  Cannot decode image 4",
      "  Cannot decode image 5",
      "  ... and 2 more",
      "warning: 1 photo is in both training and validation, so validation figures are optimistic; all copies are kept:",
      "  train/cat/d.jpg (training) = val/cat/d.jpg (validation)",
      "warning: 2 photos are under more than one class, so one label is wrong; all copies are kept:",
      "  train/cat/e.jpg (training) = train/dog/e.jpg (training)",
      "  train/cat/f.jpg (training) = train/dog/f.jpg (training)",
      "warning: 2 photos are more than once in the same class; all copies are kept:",
      "  train/cat/a.jpg = train/cat/b.jpg = train/cat/c.jpg",
      "  train/cat/g.jpg = train/cat/h.jpg = train/cat/k.jpg and 2 more copies",
    ]);
  });

  it("shortens a long list of classes to the largest and the smallest", () => {
    const classes = Array.from({ length: 1000 }, (_, index) => ({
      name: `class ${index}`,
      train: 1000 + index,
      validation: 5,
    }));
    const lines = dataReportText({ ...report, classes, imbalance: 2 }).split("\n");
    assert.equal(lines.length, 1 + 1 + 30 + 1 + 10 + 1);
    assert.equal(lines[2], "  class 999     1,999           5");
    assert.equal(lines[32], "  ... 960 classes in between ...");
    assert.equal(lines[42], "  class 0       1,000           5");
    const few = { ...report, classes: classes.slice(0, 60), imbalance: 1 };
    assert.equal(dataReportText(few).split("\n").length, 1 + 1 + 60 + 1);
  });
});
