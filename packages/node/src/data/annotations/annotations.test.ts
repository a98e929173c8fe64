import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import { readAnnotations } from "./annotations.js";

let folder: ReturnType<typeof photoFolder>;
beforeEach(() => {
  folder = photoFolder();
  folder.write({ "a.jpg": "a", "b.png": "b", "cat/c d.jpg": "c", "dog/é.jpg": "e" });
});
afterEach(() => folder.remove());

const read = async (name: string, text: string | Uint8Array, needsLabels = true) => {
  folder.write({ [name]: text });
  return readAnnotations(join(folder.path, name), folder.path, { needsLabels });
};
/** Photos as `path: labels` and the split where there is one. */
const listed = async (name: string, text: string | Uint8Array) => {
  const { photos } = await read(name, text);
  return photos.map(({ file, labels, split }) =>
    [`${file.slice(folder.path.length + 1)}: ${labels.join("+")}`, split ?? []].flat().join(" "),
  );
};

describe("readAnnotations() reads", () => {
  const two = ["a.jpg: x train", "b.png: y, z validation"];

  it("CSV and TSV with quotes, a mark, any line ends and other columns", async () => {
    const csv =
      '\ufeffwidth,File Name,Label,Split\r\n9,a.jpg,x,train\r\n\r\n9,b.png,"y, z",val\r\n';
    assert.deepEqual(await listed("a.csv", csv), two);
    assert.deepEqual((await read("a.csv", csv)).notes, [
      `columns of "${join(folder.path, "a.csv")}" not used: "width"`,
    ]);
    assert.deepEqual(
      await listed("a.tsv", "path\tclass\tset\na.jpg\tx\tTraining\nb.png\ty, z\tvalid"),
      two,
    );
    assert.deepEqual(
      await listed("b.csv", "path;label;split\na.jpg;x;train\nb.png;y, z;dev\n"),
      two,
    );
  });

  it("a table without names of columns, and one in UTF-16", async () => {
    assert.deepEqual(await listed("a.csv", "a.jpg,1\nb.png,2\n"), ["a.jpg: 1", "b.png: 2"]);
    const utf16 = Buffer.from("\ufeffpath\tlabel\na.jpg\tß\n", "utf16le");
    assert.deepEqual(await listed("a.tsv", utf16), ["a.jpg: ß"]);
  });

  it("JSON Lines, where texts, numbers and lists are labels", async () => {
    const lines = [
      { file_name: "a.jpg", label: 7 },
      { path: "b.png", labels: ["x", "y|z", "x"] },
    ];
    const found = await read("a.jsonl", lines.map((one) => JSON.stringify(one)).join("\n"));
    assert.equal(found.isMultiLabel, true);
    assert.deepEqual(
      found.photos.map(({ labels }) => labels),
      [["7"], ["x", "y|z"]],
    );
  });

  it("several labels in a cell, and none", async () => {
    const found = await read("a.csv", "path,label\na.jpg,x; y\nb.png,\n");
    assert.equal(found.isMultiLabel, true);
    assert.deepEqual(
      found.photos.map(({ labels }) => labels),
      [["x", "y"], []],
    );
  });

  it("lists of paths: the class is the folder, or the number after it, or nothing", async () => {
    assert.deepEqual(await listed("a.txt", "cat/c d.jpg\n\ndog/é.jpg\n"), [
      "cat/c d.jpg: cat",
      "dog/é.jpg: dog",
    ]);
    assert.deepEqual(await listed("a.lst", "a.jpg 12\nb.png 3"), ["a.jpg: 12", "b.png: 3"]);
    const { photos } = await read("a.txt", "b.png\na.jpg", false);
    assert.deepEqual(
      photos.map(({ file, labels }) => [file, labels]),
      ["b.png", "a.jpg"].map((name) => [join(folder.path, name), []]),
    );
  });

  it("paths from elsewhere: Windows, whole, as a URL, decomposed, without extension", async () => {
    const whole = join(folder.path, "b.png");
    const rows = ["cat\\c d.jpg", "a", whole, pathToFileURL(join(folder.path, "a.jpg")).href];
    const decomposed = "dog/é.jpg".normalize("NFD");
    assert.deepEqual(
      await listed("a.csv", `path,label\n${[...rows, decomposed].join(",x\n")},x\n`),
      ["cat/c d.jpg: x", "a.jpg: x", "b.png: x", "dog/é.jpg: x"],
    );
  });

  it("what repeats once, and tells which files are not there", async () => {
    const found = await read("a.csv", "path,label\na.jpg,x\nno.jpg,x\na.jpg,x\n./a.jpg,x\n");
    assert.equal(found.photos.length, 1);
    assert.deepEqual(found.missing, ["no.jpg"]);
    assert.match(found.notes.join(), /^2 of the rows of ".*a\.csv" repeat another$/);
  });
});

describe("readAnnotations() refuses", () => {
  const refused = async (name: string, text: string | Uint8Array, expected: string) => {
    const message = `Cannot use the annotations "${join(folder.path, name)}": expected ${expected}`;
    await assert.rejects(read(name, text), new InputError("ANNOTATIONS_INVALID", message));
  };

  it("a file of another name, a folder, and one that is not there", async () => {
    await assert.rejects(read("a.xlsx", "x"), {
      code: "ANNOTATIONS_FORMAT",
      message: `Cannot read annotations from "${join(folder.path, "a.xlsx")}": expected a name that ends in .csv, .tsv, .tab, .jsonl, .ndjson, .txt, .lst, got ".xlsx"`,
    });
    const at = (name: string) =>
      readAnnotations(join(folder.path, name), ".", { needsLabels: true });
    await assert.rejects(at("none.csv"), {
      code: "ANNOTATIONS_MISSING",
      message: /expected a file, got nothing of that name$/,
    });
    mkdirSync(join(folder.path, "folder.csv"));
    await assert.rejects(at("folder.csv"), { code: "ANNOTATIONS_UNREADABLE", message: /EISDIR$/ });
  });

  it("what is no table", async () => {
    await refused("a.csv", "", "rows, got none");
    await refused("a.txt", "\n", "paths, got none");
    await refused("a.csv", Buffer.from([0x61, 0xe4, 0x2c]), "text in UTF-8, got other bytes");
    await refused(
      "a.csv",
      "id,breed\n1,pug\n",
      'a first line with the columns path, label and perhaps split, got "id", "breed"',
    );
    await refused(
      "a.csv",
      "path,label,class\na.jpg,x,y\n",
      'one column of labels, got "label", "class"',
    );
    await refused(
      "a.csv",
      'path,label\na.jpg,"x\n',
      "rows of one form, got a quote that does not end in line 2",
    );
    await refused(
      "a.csv",
      "path,label\na.jpg,x,y\n",
      "rows of one form, got more cells than in the first in line 2",
    );
    await refused(
      "a.jsonl",
      '{"path":"a.jpg"}\n[1]',
      "a JSON object in each line, got something else in line 2",
    );
  });

  it("rows that lack something, all counted in one sentence", async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => `${at}.jpg,,train`);
    await refused(
      "a.csv",
      `path,label,split\na.jpg,x,train\n${rows.join("\n")}\n,y,train\nb.png,y,trian\n`,
      "a label in every row, got none in line 3, none in line 4, none in line 5 and 4997 more; 2 more rows are wrong in other ways",
    );
    await refused(
      "a.csv",
      "path,label,split\na.jpg,x,trian\nb.png,x,\n",
      'train, val or test as the split of every row, got "trian" in line 2, none in line 3',
    );
    await refused(
      "a.jsonl",
      '{"path":"a.jpg","label":{"x":1}}',
      "labels that are texts or numbers, got something else in line 1",
    );
    await refused("a.txt", "a.jpg", "a label or a folder in every row, got neither in line 1");
  });

  it("rows that disagree about a photo", async () => {
    const file = join(folder.path, "a.jpg");
    await refused(
      "a.csv",
      "path,label\na.jpg,x\na.jpg,y\n",
      `the same labels in all rows of a photo (several as one;two), got "y" after "x" in line 2 for "${file}" in line 3`,
    );
    await refused(
      "a.csv",
      "path,label,split\na.jpg,x,train\na.jpg,x,val\n",
      `one split for a photo, got validation after train in line 2 for "${file}" in line 3`,
    );
  });

  it("a table none of whose files is there", async () => {
    await refused(
      "a.csv",
      "path,label\nx.jpg,x\ny.jpg,y\n",
      `paths of files in "${folder.path}", got none that is there, the first "x.jpg"`,
    );
    await refused(
      "a.csv",
      "path,label\nhttps://example.org/x.jpg,x\n",
      'paths of files, got the address "https://example.org/x.jpg"',
    );
  });
});
