import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import { readLabels } from "./labels-file.js";

describe("readLabels()", () => {
  let folder: ReturnType<typeof photoFolder>;
  before(() => {
    folder = photoFolder();
  });
  after(() => folder.remove());
  const read = (text: string) => {
    folder.write({ labels: text });
    return readLabels(join(folder.path, "labels"));
  };

  it("reads lines, lists and objects either way round", async () => {
    assert.deepEqual(await read("\ufeffcat\r\ndog, hound\r\n\r\n"), ["cat", "dog, hound"]);
    for (const value of [
      ["cat", "dog"],
      { 1: "dog", 0: "cat" },
      { dog: 1, cat: 0 },
      { model_type: "x", id2label: { 0: "cat", 1: "dog" }, label2id: { cat: 0, dog: 1 } },
    ]) {
      assert.deepEqual(await read(JSON.stringify(value)), ["cat", "dog"]);
    }
    assert.deepEqual(await read('{"0": ["n01440764", "tench"]}'), ["n01440764 tench"]);
  });

  it("refuses what names no class, or one twice, or not all", async () => {
    const refused = (text: string, expected: string) =>
      assert.rejects(
        read(text),
        new InputError(
          "LABELS_INVALID",
          `Cannot use the labels in "${join(folder.path, "labels")}": expected ${expected}`,
        ),
      );
    await refused("", "a name for each class, got none");
    await refused("cat\n\ndog", "a name for each class, got none for class 1");
    await refused("[1]", "texts as names, got 1");
    await refused('{"cat": 0, "dog": 0}', 'an index of its own for each class, got "dog": 0');
    await refused('{"cat": 0, "dog": 2}', "a name for each class, got none for class 1");
    await refused('{"cat": "x"}', 'an index of its own for each class, got "cat": "x"');
    await refused("{", "JSON after the first bracket, got something else");
    await assert.rejects(readLabels(join(folder.path, "none")), {
      code: "LABELS_UNREADABLE",
      message: `Cannot read labels from "${join(folder.path, "none")}": expected a file, got nothing of that name`,
    });
  });
});
