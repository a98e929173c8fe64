/**
 * @file Situations in training: options that do nothing, and steps that could teach nothing.
 */
import { cp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runIrv2 } from "../helpers/run-irv2.js";
import type { Situation } from "./situations.js";

/** The classifier of the small network alone, for one epoch. */
const head = (weights: string, photos: string, ...more: readonly string[]) => [
  ...["train", "--data", photos, "--weights", weights, "--freeze", "body", "--epochs", "1"],
  ...more,
];

/** A network of its own, so small that its last grids are of one cell. */
const untrained = (photos: string, ...more: readonly string[]) => [
  ...["train", "--data", photos, "--width", "0.05", "--input-size", "75", "--epochs", "1"],
  ...more,
];

const ofPhotos = ["--mixup", "0.2", "--augment", "slim", "--erasing", "0.1", "--micro-batch", "2"];

/** See `situations.ts`. */
export const trainingSituations: readonly Situation[] = [
  {
    what: "a place where no run folder can be made, before it reads the photos",
    args: async ({ folder, photos }) => {
      await writeFile(join(folder, "file"), "");
      return untrained(photos, "--out", "file/run");
    },
    code: 2,
    says: /^irv2: Cannot start a run in "file\/run": expected a folder to write to, got ENOTDIR$/,
  },
  {
    what: "a run whose photos are no longer where they were",
    args: async ({ folder, photos }) => {
      const run = ["--stop-after", "1", "--epochs", "2", "--out", "run"];
      await cp(photos, join(folder, "moving"), { recursive: true });
      await runIrv2([...untrained("moving", ...run)], { cwd: folder });
      await rename(join(folder, "moving"), join(folder, "moved"));
      await rm(join(folder, "moved", "val", "red", "00.png"));
      return ["train", "--resume", "run", "--data", "moved"];
    },
    code: 3,
    says: /^irv2: Cannot resume with "moved": .* got other photos: 1 gone \(val\/red\/00\.png\)$/,
  },
  {
    what: "options of photos where features are computed once",
    args: ({ weights, photos }) => head(weights, photos, ...ofPhotos),
    code: 0,
    says: /^Note: .* no effect .*\(--mixup, --micro-batch, --augment, --erasing\)$/,
  },
  {
    what: "the decay of running statistics that stay as they are",
    args: ({ weights, photos }) => head(weights, photos, "--statistics-decay", "0.5"),
    code: 0,
    says: /^Note: "statisticsDecay" has no effect where .* \(--statistics-decay\)$/,
  },
  {
    what: "a warm-up that is longer than the run",
    args: ({ weights, photos }) => head(weights, photos, "--warmup", "3"),
    code: 0,
    says: /^Note: "warmupEpochs" has no effect beyond 0\.5 epochs, .* \(--warmup\)$/,
  },
  {
    what: "a schedule whose first fall comes after the run",
    args: ({ weights, photos }) => head(weights, photos, "--schedule", "step"),
    code: 0,
    says: /^Note: "schedule" has no effect where it first falls after the last epoch\./,
  },
  {
    what: "a learning rate that would rise above its peak",
    args: ({ photos }) => untrained(photos, "--schedule", "exponential", "--lr-factor", "2"),
    code: 2,
    says: /expected a factor above 0 and at most 1, got 2 \(--schedule, --lr-factor, --lr-epochs\)$/,
  },
  {
    what: "a batch norm that sees one value per channel",
    args: ({ photos }) => untrained(photos, "--batch", "1"),
    code: 2,
    says: /at least 2 values per channel .* got 1 in "mixed_7a\/.*set batch to 2 or more.*\(--batch\)$/,
  },
  {
    what: "the same in a part of a batch",
    args: ({ photos }) => untrained(photos, "--batch", "4", "--micro-batch", "1"),
    code: 2,
    says: /at least 2 values per channel .*set microBatch to 2 or more.*\(--micro-batch\)$/,
  },
  {
    what: "epochs and rates in a search for the rate",
    args: ({ weights, photos }) => [
      ...["lr-find", "--data", photos, "--weights", weights, "--freeze", "body", "--steps", "3"],
      ...["--epochs", "5", "--lr", "0.1"],
    ],
    code: 0,
    says: /^Note: "epochs", "learningRate" have no effect on the search .* \(--epochs, --lr\)$/,
  },
  {
    what: "fewer photos than a batch in a search for the rate",
    args: ({ weights, photos }) => [
      ...["lr-find", "--data", photos, "--weights", weights, "--freeze", "body", "--steps", "3"],
    ],
    code: 0,
    says: /^Note: There are 24 photos to train on, so a step takes 24 of them, not 64\.$/,
  },
  {
    what: "what a plan's training would not use",
    args: ({ weights, photos }) => [
      ...["plan", "--data", photos, "--weights", weights, "--freeze", "body", "--mixup", "0.2"],
    ],
    code: 0,
    says: /^Note: "mixup" has no effect where the classifier alone is trained, .* \(--mixup\)$/,
  },
];
