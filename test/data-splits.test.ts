import assert from "node:assert/strict";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fit, type TrainingEvent } from "inception-resnet-v2";
import { findDataset } from "inception-resnet-v2/internal/data/dataset.js";
import { inspectDataset } from "inception-resnet-v2/internal/data/inspect.js";
import { colorPhotos } from "./helpers/color-photos.js";
import { runIrv2 } from "./helpers/run-irv2.js";

const small = { width: 0.05, inputSize: 75, batch: 6, engine: "onnxruntime" } as const;
const flags = ["--width", "0.05", "--input-size", "75", "--batch", "6", "--epochs", "1"];

describe("a training on photos that are not split", () => {
  let folder: string;
  let data: string;
  before(async () => {
    const made = await colorPhotos({ train: 8, validation: 1 });
    folder = made.folder;
    data = join(made.photos, "train");
  });
  after(() => rm(folder, { recursive: true }));
  const events = async (options: Parameters<typeof fit>[0]) => {
    const seen: TrainingEvent[] = [];
    const result = await fit({ ...options, onEvent: (event) => void seen.push(event) });
    return { ...result, seen };
  };

  it("takes the last epoch where there is no validation, stopped and resumed too", async () => {
    const out = join(folder, "all");
    const first = await events({ data, ...small, epochs: 2, valFraction: 0, out, stopAfter: 1 });
    assert.equal(first.status, "interrupted");
    const { best, epochs, status } = await events({ resume: out });
    assert.deepEqual([best, status], [undefined, "done"]);
    assert.deepEqual(
      epochs.map((row) => [row.epoch, row.validationLoss, row.validationTop1, row.isBest]),
      [[2, null, null, false]],
    );
    const read = (name: string) => readFile(join(out, "weights", name));
    assert.ok((await read("best.safetensors")).equals(await read("last.safetensors")));
    const page = await readFile(join(out, "report.html"), "utf8");
    assert.match(page, /not known without validation photos; the weights are those of the last, 2/);
    const table = await readFile(join(out, "results.csv"), "utf8");
    assert.match(table, /^2,[\d.]+,[\d.]+,,,,/m);
  });

  it("says so on the command line, and refuses a schedule that needs validation", async () => {
    const args = ["train", "--data", data, ...flags, "--val-fraction", "0"];
    const { code, stderr } = await runIrv2([...args, "--out", join(folder, "cli")]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: no validation photos: the best epoch cannot be told/m);
    assert.match(stderr, /^epoch 1\/1 train .* no validation {2}/m);
    assert.match(
      stderr,
      /^There are no validation photos: the weights are those of the last epoch, 1\./m,
    );
    const refused = await runIrv2([...args, "--schedule", "plateau"], { cwd: folder });
    assert.equal(
      refused.stderr.trim().split("\n").at(-1),
      "irv2: Cannot train by the schedule plateau: expected validation photos, whose loss it follows, got none (--schedule, --lr-factor, --lr-epochs)",
    );
    assert.equal(refused.code, 2);
  });

  it("goes on where the run lies in the folder of the photos", async () => {
    const inside = join(folder, "inside");
    await cp(data, inside, { recursive: true });
    const args = ["train", "--data", ".", ...flags.slice(0, -1), "2", "--stop-after", "1"];
    const first = await runIrv2(args, { cwd: inside });
    assert.equal(first.code, 0, first.stderr);
    const { code, stderr } = await runIrv2(["train", "--resume", "runs/train"], { cwd: inside });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^left out, folder of runs: "runs"$/m);
    assert.match(stderr, /: 3 classes, 18 training photos and 6 validation photos$/m);
  });

  it("keeps a fold for validation", async () => {
    const parts = await Promise.all(
      [1, 2, 3, 4].map((fold) => findDataset(data, { folds: 4, fold })),
    );
    assert.deepEqual(
      parts.map(({ train, validation }) => [train.length, validation.length]),
      Array.from({ length: 4 }, () => [18, 6]),
    );
    const { seen } = await events({
      ...{ data, ...small, epochs: 1, folds: 4, fold: 3 },
      out: join(folder, "fold"),
    });
    const report = seen.find((event) => event.event === "data")?.report;
    assert.deepEqual([report?.train, report?.validation], [18, 6]);
  });

  it("goes on with the split that it began with, from before there was another rule", async () => {
    const out = join(folder, "old");
    await fit({ data, ...small, epochs: 2, out, stopAfter: 1 });
    const config = join(out, "config.json");
    const before = JSON.parse(await readFile(config, "utf8"));
    const { splitRule, folds: _f, fold: _i, annotations: _a, ...settings } = before.settings;
    assert.equal(splitRule, "rank");
    const dataset = await findDataset(data, { splitRule: "threshold" });
    const names = (list: typeof dataset.train) => list.map(({ file }) => basename(file));
    const now = await findDataset(data);
    assert.notDeepEqual(names(dataset.validation), names(now.validation));
    const { fingerprint } = await inspectDataset(dataset);
    await writeFile(config, JSON.stringify({ ...before, settings, fingerprint }));
    const { seen } = await events({ resume: out });
    const report = seen.find((event) => event.event === "data")?.report;
    assert.equal(report?.validation, dataset.validation.length);
  });
});
