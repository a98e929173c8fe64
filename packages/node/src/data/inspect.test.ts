import assert from "node:assert/strict";
import { cpSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { photo, photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import { type Dataset, findDataset } from "./dataset.js";
import { type DataReport, inspectDataset, withoutUnreadable } from "./inspect.js";

let folder: ReturnType<typeof photoFolder>;
beforeEach(() => {
  folder = photoFolder();
});
afterEach(() => folder.remove());

/** Two classes: 4 and 2 training photos, 1 and 1 validation photos, all different. */
async function writePhotos(): Promise<void> {
  const paths = [
    ...["train/a/1.png", "train/a/2.png", "train/a/3.png", "train/a/4.png"],
    ...["train/b/1.png", "train/b/2.png", "val/a/1.png", "val/b/1.png"],
  ];
  for (const [seed, path] of paths.entries()) folder.write({ [path]: await photo(seed) });
}

async function cutOff(seed: number): Promise<Uint8Array> {
  const whole = await photo(seed, "jpeg");
  return whole.subarray(0, whole.length - 60);
}

async function inspected(options = {}): Promise<{ dataset: Dataset; report: DataReport }> {
  const dataset = await findDataset(folder.path);
  return { dataset, report: await inspectDataset(dataset, options) };
}

describe("inspectDataset()", () => {
  it("counts photos by class and split", async () => {
    await writePhotos();
    const { report } = await inspected();
    const { fingerprint, ...rest } = report;
    assert.match(fingerprint, /^[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      folder: folder.path,
      train: 6,
      validation: 2,
      classes: [
        { name: "a", train: 4, validation: 1 },
        { name: "b", train: 2, validation: 1 },
      ],
      imbalance: 2,
      leftOut: [],
      notes: [],
      unreadable: [],
      duplicates: [],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it("tells which files cannot be decoded and why", async () => {
    await writePhotos();
    folder.write({
      "train/a/5.jpg": await cutOff(5),
      "train/b/3.png": "",
      "val/b/2.png": "not a photo",
    });
    const { report } = await inspected();
    assert.deepEqual(
      report.unreadable.map(({ message, ...rest }) => rest),
      [
        { path: "train/a/5.jpg", class: "a", split: "train", code: "IMAGE_CORRUPT" },
        { path: "train/b/3.png", class: "b", split: "train", code: "IMAGE_EMPTY" },
        { path: "val/b/2.png", class: "b", split: "validation", code: "IMAGE_FORMAT" },
      ],
    );
    assert.equal(
      report.unreadable[2]?.message,
      `Cannot read image "${join(folder.path, "val/b/2.png")}": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got an unknown format`,
    );
  });

  it("decodes nothing when told so, but still reads", async () => {
    await writePhotos();
    folder.write({ "train/a/5.jpg": await cutOff(5) });
    const dataset = await findDataset(folder.path);
    rmSync(join(folder.path, "train/b/2.png"));
    const report = await inspectDataset(dataset, { decode: false });
    assert.deepEqual(
      report.unreadable.map(({ path, code }) => [path, code]),
      [["train/b/2.png", "IMAGE_MISSING"]],
    );
  });

  it("judges by the options of decoding that training has", async () => {
    await writePhotos();
    const { report } = await inspected({ maxPixels: 119 });
    assert.deepEqual(
      new Set(report.unreadable.map(({ code }) => code)),
      new Set(["IMAGE_TOO_LARGE"]),
    );
    assert.equal(report.unreadable.length, 8);
  });

  it("finds the same bytes across splits, in one split and under two classes", async () => {
    await writePhotos();
    folder.write({
      "val/a/leak.png": await photo(0),
      "train/a/again.png": await photo(1),
      "train/b/other.png": await photo(2),
    });
    const { report } = await inspected();
    const groups = report.duplicates.map(({ files, ...flags }) => ({
      files: files.map(({ path, class: name, split }) => `${path} ${name} ${split}`),
      ...flags,
    }));
    assert.deepEqual(groups, [
      {
        files: ["train/a/1.png a train", "val/a/leak.png a validation"],
        crossesSplits: true,
        crossesClasses: false,
      },
      {
        files: ["train/a/2.png a train", "train/a/again.png a train"],
        crossesSplits: false,
        crossesClasses: false,
      },
      {
        files: ["train/a/3.png a train", "train/b/other.png b train"],
        crossesSplits: false,
        crossesClasses: true,
      },
    ]);
  });

  it("tells how far it is, and stops by signal", async () => {
    await writePhotos();
    const calls: [number, number][] = [];
    await inspected({ onProgress: (done: number, total: number) => calls.push([done, total]) });
    assert.deepEqual(
      calls,
      Array.from({ length: 8 }, (_, index) => [index + 1, 8]),
    );
    const stop = new AbortController();
    await assert.rejects(
      inspected({ signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) }),
      new Error("enough"),
    );
  });
});

describe("the fingerprint of a dataset", () => {
  const fingerprint = async () => (await inspected({ decode: false })).report.fingerprint;
  const inside = (path: string) => join(folder.path, path);

  it("is the same for the same photos, wherever they are", async () => {
    await writePhotos();
    const before = await fingerprint();
    assert.equal((await inspected()).report.fingerprint, before);
    using elsewhere = { ...photoFolder(), [Symbol.dispose]: () => elsewhere.remove() };
    cpSync(folder.path, elsewhere.path, { recursive: true });
    const moved = await inspectDataset(await findDataset(elsewhere.path));
    assert.equal(moved.fingerprint, before);
  });

  it("is another one when a photo, its name, its class or its split changes", async () => {
    await writePhotos();
    const seen = new Set([await fingerprint()]);
    const changes = [
      async () => folder.write({ "train/a/1.png": await photo(100) }),
      () => renameSync(inside("train/a/1.png"), inside("train/a/9.png")),
      () => renameSync(inside("train/a/9.png"), inside("train/b/9.png")),
      () => renameSync(inside("train/b/9.png"), inside("val/b/9.png")),
      () => rmSync(inside("val/b/9.png")),
      () => {
        for (const split of ["train", "val"]) {
          mkdirSync(inside(`${split}/c`));
          cpSync(inside(`${split}/b`), inside(`${split}/c`), { recursive: true });
        }
      },
    ];
    for (const change of changes) {
      await change();
      seen.add(await fingerprint());
    }
    assert.equal(seen.size, 1 + changes.length);
  });
});

describe("withoutUnreadable()", () => {
  it("leaves out the files that the report names, and no others", async () => {
    await writePhotos();
    const whole = await inspected();
    assert.equal(withoutUnreadable(whole.dataset, whole.report), whole.dataset);
    folder.write({ "train/a/0.jpg": await cutOff(5), "val/b/2.jpg": await cutOff(6) });
    const { dataset, report } = await inspected();
    assert.deepEqual(withoutUnreadable(dataset, report), whole.dataset);
  });

  it("refuses a dataset without a photo that can be read", async () => {
    for (const path of ["train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png"]) {
      folder.write({ [path]: "" });
    }
    const { dataset, report } = await inspected();
    assert.throws(
      () => withoutUnreadable(dataset, report),
      new InputError(
        "DATA_UNREADABLE",
        `Cannot use data in "${folder.path}": expected readable photos, got none of 4, the first: Cannot read image "${join(folder.path, "train/a/1.png")}": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got no bytes`,
      ),
    );
  });

  it("refuses a class that loses all of a split", async () => {
    await writePhotos();
    folder.write({ "val/b/1.png": "" });
    const lost = async () => {
      const { dataset, report } = await inspected();
      return withoutUnreadable(dataset, report);
    };
    const message = (split: string, path: string) =>
      `Cannot use class "b" in "${folder.path}": expected readable ${split} photos, got none, the first: Cannot read image "${join(folder.path, path)}": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got no bytes`;
    await assert.rejects(
      lost(),
      new InputError("CLASS_UNREADABLE", message("validation", "val/b/1.png")),
    );
    folder.write({ "train/b/1.png": "", "train/b/2.png": "" });
    await assert.rejects(
      lost(),
      new InputError("CLASS_UNREADABLE", message("training", "train/b/1.png")),
    );
  });
});

describe("inspectDataset() of real photos", () => {
  const { path, skip } = sharedFile("datasets/trashnet");
  it("finds nothing amiss in trashnet", { skip }, async () => {
    const report = await inspectDataset(await findDataset(path));
    assert.deepEqual(report.unreadable, []);
    assert.deepEqual(report.duplicates, []);
  });
});
