import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { photoFolder } from "@inception-resnet-v2/test/helpers/photo-folder.js";
import type { Sample } from "./dataset.js";
import { checkSplitOptions, type SplitOptions, splitByContent } from "./split.js";

let folder: ReturnType<typeof photoFolder>;
beforeEach(() => {
  folder = photoFolder();
});
afterEach(() => folder.remove());

/** Writes the photos of each class, given by their contents, and gives their samples. */
function photos(classes: Readonly<Record<string, readonly string[]>>, prefix = ""): Sample[] {
  return Object.entries(classes).flatMap(([name, contents], label) =>
    contents.map((content, at) => {
      const path = `${name}/${prefix}${at}.jpg`;
      folder.write({ [path]: content });
      return { file: join(folder.path, path), label };
    }),
  );
}

const many = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${name} ${at}`);
const hash = (content: string) => createHash("sha256").update(content).digest("hex");
const split = (samples: readonly Sample[], options: SplitOptions = {}) =>
  splitByContent(folder.path, samples, ["a", "b", "c"], options);
const count = (samples: readonly Sample[]) =>
  [0, 1, 2].map((label) => samples.filter((sample) => sample.label === label).length);

describe("splitByContent()", () => {
  it("takes the lowest hashes of each class, rounded, and one on each side at least", async () => {
    const contents = many("a", 10);
    const samples = photos({ a: contents, b: many("b", 2), c: ["alone"] });
    for (const [valFraction, validation] of [
      [undefined, [2, 1, 0]],
      [0.01, [1, 1, 0]],
      [0.99, [9, 1, 0]],
    ] as const) {
      const found = await split(samples, { valFraction });
      assert.deepEqual(count(found.validation), validation);
      assert.deepEqual(count(found.train), [10 - validation[0], 1, 1]);
      const lowest = contents
        .toSorted((x, y) => (hash(x) < hash(y) ? -1 : 1))
        .slice(0, validation[0]);
      const expected = lowest.map((content) => contents.indexOf(content)).sort();
      const chosen = found.validation.slice(0, validation[0]);
      assert.deepEqual(
        chosen.map(({ file }) => samples.findIndex((one) => one.file === file)),
        expected,
      );
    }
  });

  it("moves no photo that is renamed, and none of a class that others do not join", async () => {
    const before = await split(photos({ a: many("a", 40), b: many("b", 40) }));
    const sides = (found: typeof before, label: number) =>
      [found.train, found.validation].map((part) =>
        part.filter((one) => one.label === label).map(({ file }) => file.replace("new-", "")),
      );
    const renamed = await split(photos({ a: many("a", 40), b: many("b", 40) }, "new-"));
    assert.deepEqual(
      [0, 1].map((label) => sides(renamed, label)),
      [0, 1].map((label) => sides(before, label)),
    );
    const joined = await split(photos({ a: many("a", 44), b: many("b", 40) }));
    assert.deepEqual(sides(joined, 1), sides(before, 1));
    const [, was = []] = sides(before, 0);
    const [, is = []] = sides(joined, 0);
    assert.ok(was.filter((file) => !is.includes(file)).length <= 1);
  });

  it("keeps copies together, in one class and across classes", async () => {
    const shared = many("x", 30);
    const samples = photos({ a: [...shared, ...shared], b: [...shared, ...many("b", 10)] });
    const { train, validation } = await split(samples);
    const contents = (part: readonly Sample[]) =>
      new Set(
        part.map(
          ({ file }) =>
            [...shared, ...shared, ...shared, ...many("b", 10)][
              samples.findIndex((one) => one.file === file)
            ],
        ),
      );
    const learned = contents(train);
    assert.equal([...contents(validation)].filter((content) => learned.has(content)).length, 0);
    assert.deepEqual(
      count(validation).map((one) => one > 0),
      [true, true, false],
    );
  });

  it("makes each photo a validation photo in one of the folds", async () => {
    const samples = photos({ a: many("a", 23), b: many("b", 5), c: many("c", 3) });
    const folds = await Promise.all(
      [1, 2, 3, 4, 5].map((fold) => split(samples, { folds: 5, fold })),
    );
    const all = folds.flatMap(({ validation }) => validation.map(({ file }) => file));
    assert.deepEqual(all.toSorted(), samples.map(({ file }) => file).toSorted());
    const counts = folds.map(({ validation }) => count(validation));
    assert.ok(
      counts.every(([a = 0, b]) => (a === 4 || a === 5) && b === 1),
      JSON.stringify(counts),
    );
    for (const { train, validation } of folds) {
      assert.equal(train.length + validation.length, samples.length);
    }
  });

  it("splits as runs from before do, by a threshold", async () => {
    const contents = many("a", 40);
    const samples = photos({ a: contents });
    const { validation } = await split(samples, { splitRule: "threshold", valFraction: 0.3 });
    const low = contents.flatMap((content, at) =>
      Number(`0x${hash(content).slice(0, 12)}`) / 2 ** 48 < 0.3 ? [samples[at]?.file] : [],
    );
    assert.deepEqual(
      validation.map(({ file }) => file),
      low,
    );
  });

  it("refuses classes of one photo each", async () => {
    await assert.rejects(
      split(photos({ a: ["1"], b: ["2", "2"] })),
      new InputError(
        "CLASS_NOT_SPLIT",
        `Cannot split the photos in "${folder.path}": expected a class with a photo for each side, got none (a validation fraction of 0 trains without validation photos)`,
      ),
    );
  });
});

describe("checkSplitOptions()", () => {
  it("refuses what does not fit", () => {
    const refused = (
      options: SplitOptions,
      option: string,
      expected: string,
      code = "OPTION_RANGE",
    ) =>
      assert.throws(
        () => checkSplitOptions(options),
        new UsageError(code as "OPTION_RANGE", `Cannot split the data: expected ${expected}`, {
          option,
        }),
      );
    refused({ folds: 1, fold: 1 }, "folds", "folds from 2 to 1000, got 1");
    refused({ folds: 2.5, fold: 1 }, "folds", "folds from 2 to 1000, got 2.5");
    refused({ fold: 1 }, "folds", "folds from 2 to 1000, got none");
    refused({ folds: 5 }, "fold", "a fold from 1 to 5, got none");
    refused({ folds: 5, fold: 6 }, "fold", "a fold from 1 to 5, got 6");
    refused({ folds: 5, fold: 0 }, "fold", "a fold from 1 to 5, got 0");
    refused(
      { folds: 5, fold: 1, valFraction: 0.2 },
      "valFraction",
      "folds or a validation fraction, got both",
      "OPTION_UNUSED",
    );
  });
});
