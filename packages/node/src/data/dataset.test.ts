import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  type ErrorCode,
  InputError,
  UsageError,
} from "@inception-resnet-v2/core/internal/errors.js";
import { sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import { findDataset, findLabelled, type Sample } from "./dataset.js";

const formats = "JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC";
let folder: ReturnType<typeof photoFolder>;
beforeEach(() => {
  folder = photoFolder();
});
afterEach(() => folder.remove());

/** A model with these classes. */
const named = (...labels: readonly string[]) => ({ labels, count: labels.length });

/** Samples as `label path`, the path inside the folder. */
function listed(samples: readonly Sample[]): string[] {
  return samples.map(({ file, label }) => `${label} ${file.slice(folder.path.length + 1)}`);
}

/** Files that differ in content, as no photo is decoded here. */
function files(...paths: string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, `bytes of ${path}`]));
}

function manyFiles(name: string, count: number): Record<string, string> {
  return files(...Array.from({ length: count }, (_, i) => `${name}/${i}.jpg`));
}

describe("findDataset() of train and val folders", () => {
  it("labels photos by class folder, at any depth, sorted by path", async () => {
    folder.write(
      files(
        "train/b/z.png",
        "train/b/2.jpg",
        "train/b/deep/er/1.jpeg",
        "train/b-a/x.webp",
        "train/A/y.JPG",
        "val/A/1.png",
        "val/b/1.png",
        "val/b-a/1.png",
        "test/unseen/1.png",
        "readme.md",
      ),
    );
    const dataset = await findDataset(folder.path);
    assert.equal(dataset.folder, folder.path);
    assert.deepEqual(dataset.classes, ["A", "b", "b-a"]);
    assert.deepEqual(listed(dataset.train), [
      "0 train/A/y.JPG",
      "2 train/b-a/x.webp",
      "1 train/b/2.jpg",
      "1 train/b/deep/er/1.jpeg",
      "1 train/b/z.png",
    ]);
    assert.deepEqual(listed(dataset.validation), [
      "0 val/A/1.png",
      "2 val/b-a/1.png",
      "1 val/b/1.png",
    ]);
  });

  it("passes over hidden names, other files and photos outside of classes", async () => {
    folder.write(
      files(
        "train/a/1.png",
        "train/a/notes.txt",
        "train/a/.hidden.png",
        "train/a/.cache/2.png",
        "train/.git/1.png",
        "train/loose.png",
        "train/b/1.png",
        "val/a/1.png",
        "val/b/1.png",
      ),
    );
    const { train } = await findDataset(folder.path);
    assert.deepEqual(listed(train), ["0 train/a/1.png", "1 train/b/1.png"]);
  });

  for (const name of ["validation", "valid", "Val"]) {
    it(`takes ${name} for val`, async () => {
      folder.write(files("train/a/1.png", "train/b/1.png", `${name}/a/2.png`, `${name}/b/2.png`));
      const { validation } = await findDataset(folder.path);
      assert.deepEqual(listed(validation), [`0 ${name}/a/2.png`, `1 ${name}/b/2.png`]);
    });
  }

  it("follows links to class folders", async () => {
    folder.write(files("store/cats/1.png", "data/train/b/1.png", "data/val/b/1.png"));
    for (const split of ["train", "val"]) {
      symlinkSync(join(folder.path, "store/cats"), join(folder.path, "data", split, "a"));
    }
    const { classes, train } = await findDataset(join(folder.path, "data"));
    assert.deepEqual(classes, ["a", "b"]);
    assert.deepEqual(listed(train), ["0 data/train/a/1.png", "1 data/train/b/1.png"]);
  });

  it("splits train where only test stands beside it", async () => {
    folder.write({
      ...manyFiles("train/a", 40),
      ...manyFiles("train/b", 40),
      ...files("test/a/1"),
    });
    const { classes, train, validation } = await findDataset(folder.path);
    assert.deepEqual(classes, ["a", "b"]);
    assert.equal(train.length + validation.length, 80);
  });
});

describe("findDataset() of one folder", () => {
  it("splits it by content, a fifth of each class by default", async () => {
    folder.write({ ...manyFiles("a", 20), ...manyFiles("train", 10) });
    for (const [valFraction, train, validation] of [
      [undefined, 24, 6],
      [0.5, 15, 15],
    ] as const) {
      const dataset = await findDataset(folder.path, { valFraction });
      assert.deepEqual(dataset.classes, ["a", "train"]);
      assert.deepEqual([dataset.train.length, dataset.validation.length], [train, validation]);
    }
  });
});

describe("findDataset() of a table", () => {
  const table = (text: string) => {
    folder.write({ ...files("x.jpg", "y.jpg", "z.jpg", "w.jpg"), "photos.csv": text });
    return { annotations: join(folder.path, "photos.csv") };
  };

  it("takes classes and splits from it", async () => {
    const options = table(
      "path,label,split\nx.jpg,b,train\ny.jpg,a,train\nz.jpg,b,val\nw.jpg,c,test\n",
    );
    const { classes, train, validation, isMultiLabel } = await findDataset(folder.path, options);
    assert.deepEqual([classes, isMultiLabel], [["a", "b"], false]);
    assert.deepEqual(listed(train), ["1 x.jpg", "0 y.jpg"]);
    assert.deepEqual(listed(validation), ["1 z.jpg"]);
    const labelled = await findLabelled(folder.path, named("b", "q"), options);
    assert.deepEqual(listed(labelled.samples), ["0 z.jpg"]);
  });

  it("splits by content what it does not split", async () => {
    const options = table("path,label\nx.jpg,b\ny.jpg,a\nz.jpg,b\nw.jpg,a\n");
    const { train, validation } = await findDataset(folder.path, options);
    assert.deepEqual([train.length, validation.length], [2, 2]);
  });

  it("gives every label of a photo, and says that there are several", async () => {
    const options = table("path,label\nx.jpg,b;a\ny.jpg,a\nz.jpg,\nw.jpg,c\n");
    const { classes, train, validation, isMultiLabel } = await findDataset(folder.path, options);
    assert.deepEqual([classes, isMultiLabel], [["a", "b", "c"], true]);
    const labels = [...train, ...validation].map(({ file, label, labels }) => [
      basename(file),
      label,
      labels,
    ]);
    assert.deepEqual(labels.toSorted(), [
      ["w.jpg", 2, [2]],
      ["x.jpg", 0, [0, 1]],
      ["y.jpg", 0, [0]],
      ["z.jpg", -1, []],
    ]);
  });
});

describe("findDataset() refuses", () => {
  const refused = (code: ErrorCode, message: string, options = {}, path = folder.path) =>
    assert.rejects(findDataset(path, options), new InputError(code, message));

  it("a folder that is not there, and one that is a file", async () => {
    folder.write(files("a.png"));
    const [missing, file] = [join(folder.path, "nowhere"), join(folder.path, "a.png")];
    await refused(
      "FOLDER_MISSING",
      `Cannot use data in "${missing}": expected a folder, got nothing of that name`,
      {},
      missing,
    );
    await refused(
      "FOLDER_INVALID",
      `Cannot use data in "${file}": expected a folder, got a file`,
      {},
      file,
    );
  });

  it("a folder without classes", async () => {
    folder.write(files("1.png", "2.png"));
    const message = `Cannot find classes in "${folder.path}": expected a folder of ${formats} files for each class`;
    await refused("CLASSES_MISSING", `${message}, got no folders`);
    folder.write(files("a/notes.txt", "b/.hidden.png"));
    await refused("CLASSES_MISSING", `${message}, got no images in "a", "b"`);
  });

  it("one class only", async () => {
    folder.write(files("train/a/1.png", "val/a/1.png", "alone/a/1.png"));
    for (const [path, root] of [
      [folder.path, "train"],
      [join(folder.path, "alone"), join(folder.path, "alone")],
    ] as const) {
      await refused(
        "CLASSES_TOO_FEW",
        `Cannot train on "${root}" in "${path}": expected at least two classes, got only "a"`,
        {},
        path,
      );
    }
  });

  it("an empty class of training photos", async () => {
    folder.write(files("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png"));
    folder.write(files("train/c/notes.txt", "train/d/notes.txt"));
    await refused(
      "CLASS_EMPTY",
      `Cannot use the classes in "${join(folder.path, "train")}": expected ${formats} files in each, got none in "c", "d"`,
    );
  });

  it("classes that differ between train and val", async () => {
    folder.write(files("train/a/1.png", "train/b/1.png", "val/a/1.png"));
    const message = `Cannot use data in "${folder.path}": expected the same classes in train and val, got`;
    const { classes, train, validation } = await findDataset(folder.path);
    assert.deepEqual([classes, train.length, validation.length], [["a", "b"], 2, 1]);
    folder.write(files("val/B/1.png", "val/c/1.png"));
    await refused("CLASSES_DIFFER", `${message} "b" only in train and "B", "c" only in val`);
    folder.write(files(..."defghi".split("").map((name) => `train/${name}/1.png`)));
    await refused(
      "CLASSES_DIFFER",
      `${message} "b", "d", "e", "f", "g" and 2 more only in train and "B", "c" only in val`,
    );
  });

  it("val without train, and two folders for one part", async () => {
    folder.write(files("val/a/1.png", "val/b/1.png"));
    await refused(
      "SPLIT_MISSING",
      `Cannot use data in "${folder.path}": expected photos of "train", got only "val"`,
    );
    folder.write(files("train/a/1.png", "valid/a/1.png"));
    await refused(
      "SPLIT_AMBIGUOUS",
      `Cannot use data in "${folder.path}": expected one folder of validation photos, got "val", "valid"`,
    );
  });

  it("a validation fraction out of range, and one beside a val folder", async () => {
    folder.write(files("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png"));
    for (const valFraction of [1, -0.1, 20, Number.NaN]) {
      await assert.rejects(
        findDataset(folder.path, { valFraction }),
        new UsageError(
          "OPTION_RANGE",
          `Cannot split the data: expected a validation fraction from 0 and below 1, got ${valFraction}`,
          { option: "valFraction" },
        ),
      );
    }
    await assert.rejects(
      findDataset(folder.path, { valFraction: 0.2 }),
      new UsageError(
        "OPTION_UNUSED",
        `Cannot split the data: expected no valFraction beside the photos of "val", got 0.2`,
        { option: "valFraction" },
      ),
    );
  });
});

describe("findLabelled()", () => {
  it("labels class folders by the classes of the model", async () => {
    folder.write(files("b/1.png", "c/deep/1.png"));
    const classes = ["c", "a", "b"];
    const found = await findLabelled(folder.path, named(...classes));
    assert.deepEqual(found.classes, classes);
    assert.deepEqual(listed(found.samples), ["2 b/1.png", "0 c/deep/1.png"]);
  });

  it("takes the val folder where there is one, with or without train", async () => {
    folder.write(files("val/b/1.png", "val/c/1.png"));
    const expected = ["0 val/b/1.png", "1 val/c/1.png"];
    assert.deepEqual(listed((await findLabelled(folder.path)).samples), expected);
    folder.write(files("train/a/1.png"));
    const { classes, samples } = await findLabelled(folder.path);
    assert.deepEqual(classes, ["b", "c"]);
    assert.deepEqual(listed(samples), expected);
  });

  it("takes a folder of one class", async () => {
    folder.write(files("b/1.png"));
    const { samples } = await findLabelled(folder.path, named("a", "b"));
    assert.deepEqual(listed(samples), ["1 b/1.png"]);
  });

  it("refuses folders that the model has no class for", async () => {
    folder.write(files("a/1.png", "x/1.png", "y/1.png"));
    await assert.rejects(
      findLabelled(folder.path, named("a", "b", "c", "d")),
      new InputError(
        "CLASS_UNKNOWN",
        `Cannot label photos in "${folder.path}": expected classes named as the model's 4 ("a", "b", "c" and 1 more), got "x", "y"`,
      ),
    );
  });

  it("refuses a folder named as several classes of the model", async () => {
    folder.write(files("crane/1.png"));
    await assert.rejects(
      findLabelled(folder.path, named("crane", "tench", "crane")),
      new InputError(
        "CLASS_AMBIGUOUS",
        `Cannot label photos in "${folder.path}": expected names of one class of the model each, got "crane", the name of several`,
      ),
    );
  });

  it("takes test where there is no val, and says so", async () => {
    folder.write(files("train/a/1.png", "test/a/1.png"));
    const { samples, notes } = await findLabelled(folder.path);
    assert.deepEqual(listed(samples), ["0 test/a/1.png"]);
    assert.deepEqual(notes, ['measured on the photos of "test"']);
  });

  it("refuses train alone", async () => {
    folder.write(files("train/a/1.png"));
    await assert.rejects(
      findLabelled(folder.path),
      new InputError(
        "SPLIT_MISSING",
        `Cannot evaluate on "${folder.path}": expected photos of "val", got only "train"`,
      ),
    );
  });
});

describe("findDataset() of real photos", () => {
  for (const [name, classes, train, validation] of [
    ["clothing", 10, 3068, 341],
    ["trashnet", 6, 2019, 505],
  ] as const) {
    const { path, skip } = sharedFile(`datasets/${name}`);
    it(`finds all of ${name}`, { skip }, async () => {
      const dataset = await findDataset(path);
      assert.equal(dataset.classes.length, classes);
      assert.equal(dataset.train.length, train);
      assert.equal(dataset.validation.length, validation);
    });
  }

  const { path, skip } = sharedFile("datasets/grocery");
  it("finds all of grocery, of which six classes have no validation photos", { skip }, async () => {
    const whole = await findDataset(path);
    assert.deepEqual([whole.train.length, whole.validation.length], [2640, 296]);
    assert.equal(new Set(whole.validation.map(({ label }) => label)).size, 37);
    const { classes, train, validation } = await findDataset(join(path, "train"));
    assert.equal(classes.length, 43);
    assert.equal(train.length + validation.length, 2640);
    const labelled = await findLabelled(path, named(...classes));
    assert.equal(labelled.samples.length, 296);
  });
});
