import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import { findDataset, findLabelled } from "./dataset.js";

let folder: ReturnType<typeof photoFolder>;
beforeEach(() => {
  folder = photoFolder();
});
afterEach(() => folder.remove());

/** Writes files of different content in the folders. */
function write(...folders: readonly string[]): void {
  for (const name of folders) {
    const numbers = [0, 1, 2, 3];
    folder.write(Object.fromEntries(numbers.map((at) => [`${name}/${at}.jpg`, `${name} ${at}`])));
  }
}

/** A model with these classes. */
const named = (...labels: readonly string[]) => ({ labels, count: labels.length });

const both = (...parts: readonly string[]) => parts.flatMap((part) => [`${part}/a`, `${part}/b`]);
const counts = async () => {
  const { classes, train, validation, notes } = await findDataset(folder.path);
  return { classes, counts: [train.length, validation.length], notes };
};

describe("findDataset() recognises", () => {
  const split = { classes: ["a", "b"], counts: [8, 8], notes: [] };
  for (const [train, validation] of [
    ["Train", "VALID"],
    ["training_set", "validation_set"],
    ["train images", "val-images"],
    ["flowers_train", "flowers_val"],
    ["trainset", "dev"],
  ] as const) {
    it(`${train} and ${validation}`, async () => {
      write(...both(train, validation));
      assert.deepEqual(await counts(), split);
    });
  }

  for (const [train, test] of [
    ["Training", "Testing"],
    ["training_set", "test_set"],
    ["seg_train", "seg_test"],
  ] as const) {
    it(`${train} and ${test}, which is for evaluate`, async () => {
      write(...both(train, test));
      assert.deepEqual(await counts(), {
        classes: ["a", "b"],
        counts: [6, 2],
        notes: [`the photos of "${test}" are kept for evaluate`],
      });
      const { samples, notes } = await findLabelled(folder.path, named("a", "b"));
      assert.equal(samples.length, 8);
      assert.deepEqual(notes, [`measured on the photos of "${test}"`]);
    });
  }

  it("a part inside a folder of its name, and a folder around all", async () => {
    write(...both("set/train/train", "set/val/val"));
    assert.deepEqual(await counts(), {
      ...split,
      notes: [
        `the only folder in "${folder.path}" is "set": its folders are taken`,
        'the only folder in "train" is "train": its folders are taken',
        'the only folder in "val" is "val": its folders are taken',
      ],
    });
  });

  it("classes one level deeper, unless the folder is a class", async () => {
    write(...both("flowers"));
    assert.deepEqual((await counts()).classes, ["a", "b"]);
    assert.deepEqual((await findLabelled(folder.path, named("flowers"))).samples.length, 8);
  });

  it("one class whatever the form of its letters, in one folder and in two", async () => {
    const composed = "Pão".normalize("NFC");
    const decomposed = "Pão".normalize("NFD");
    write(`train/${composed}`, "train/b", `val/${decomposed}`, "val/b");
    assert.deepEqual(await counts(), { ...split, classes: [composed, "b"] });
    write(`train/${decomposed}`);
    assert.deepEqual((await counts()).counts, [12, 8]);
    const labelled = await findLabelled(folder.path, named(decomposed, "b"));
    assert.deepEqual(new Set(labelled.samples.map(({ label }) => label)), new Set([0, 1]));
  });

  it("an empty class of val as one that is not there", async () => {
    write(...both("train"), "val/a");
    mkdirSync(join(folder.path, "val/b"));
    const { validation, leftOut } = await findDataset(folder.path);
    assert.equal(validation.length, 4);
    assert.deepEqual(leftOut, [
      { why: "class folder without photos", isFault: false, count: 1, first: ["val/b"] },
    ]);
  });

  it("folders of runs, which are no classes", async () => {
    write(...both(""));
    folder.write({ "runs/train/config.json": "{}", "mine/train2/config.json": "{}" });
    for (const run of ["runs/train", "mine/train2"]) mkdirSync(join(folder.path, run, "weights"));
    const { classes, leftOut } = await findDataset(folder.path);
    assert.deepEqual(classes, ["a", "b"]);
    assert.deepEqual(leftOut, [
      { why: "folder of runs", isFault: false, count: 2, first: ["mine", "runs"] },
    ]);
  });
});

describe("findDataset() warns", () => {
  it("of classes that all hold the same folders", async () => {
    write(...both("camera1", "camera2"));
    assert.deepEqual((await counts()).notes, [
      'warning: "camera1", "camera2" are taken for the classes, but each holds the same folders, "a", "b", which may be the classes',
    ]);
  });

  it("of classes that differ in case alone, and counts what lies beside them", async () => {
    write("Cat", "cat");
    folder.write({ "loose.jpg": "loose", "cat/notes.txt": "notes" });
    const { notes, leftOut } = await findDataset(folder.path);
    assert.deepEqual(notes, [
      'warning: the classes "Cat" and "cat" differ in nothing but case or spaces',
    ]);
    assert.deepEqual(
      leftOut.map(({ why, first }) => [why, first]),
      [
        ["no photo", ["cat/notes.txt"]],
        ["file in no class folder", ["loose.jpg"]],
      ],
    );
  });
});
