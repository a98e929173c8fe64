import assert from "node:assert/strict";
import { access, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { evaluate } from "inception-resnet-v2/internal/evaluation/evaluate.js";
import type { StepEvent, TrainingEvent } from "inception-resnet-v2/internal/training/events.js";
import { readCheckpoint } from "inception-resnet-v2/internal/training/run/checkpoint.js";
import { colorClasses, colorPhotos } from "../helpers/color-photos.js";
import { jsonLines, type Result, runIrv2, startIrv2 } from "../helpers/run-irv2.js";

const small = ["--width", "0.1", "--input-size", "75", "--batch", "6"];

/** Fills a folder with links to one photo, which take a while to look at. */
async function manyLinks(photo: string, folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let at = 0; at < count; at++) await symlink(photo, join(folder, `link-${at}.png`));
}

/** Runs a training until an event is told, then sends signals and waits for its end. */
async function stopAt(
  args: readonly string[],
  isDue: (event: TrainingEvent) => boolean,
  signals: readonly NodeJS.Signals[] = ["SIGINT"],
): Promise<Result> {
  const { child, done } = startIrv2(["train", ...args, "--json"]);
  let [rest, isSent] = ["", false];
  child.stdout?.on("data", async (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    if (isSent || !lines.some((line) => isDue(JSON.parse(line)))) return;
    isSent = true;
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  return done;
}

const isExisting = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe("irv2 train, interrupted", () => {
  let folder: string;
  let photos: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 8, validation: 4 }));
  });

  it("while photos are looked at: tells so, and leaves no run", async () => {
    const many = at("many");
    for (const name of colorClasses) {
      await manyLinks(join(photos, "train", name, "00.png"), join(many, name), 1000);
    }
    await mkdir(at("data"));
    for (const side of ["train", "val"]) await symlink(many, join(at("data"), side));
    const args = ["--data", at("data"), ...small, "--out", at("early")];
    const { code, stdout, stderr } = await stopAt(args, ({ event }) => event === "prepare");
    assert.equal(code, 130, stderr);
    assert.equal(stderr, "\nStopped before the first step; nothing was saved.\n");
    const [first] = jsonLines<TrainingEvent>(stdout);
    assert.ok(first?.event === "prepare" && first.what === "photos" && first.total === 6000);
    assert.equal(await isExisting(at("early")), false);
  });

  it("in a step: finishes it, saves and says so", async () => {
    const args = ["--data", photos, ...small, "--epochs", "50", "--out", at("step")];
    const { code, stdout, stderr } = await stopAt(args, ({ event }) => event === "step");
    assert.equal(code, 130, stderr);
    assert.equal(stderr, "\nFinishing the step and saving; Ctrl-C again stops at once.\n");
    const last = jsonLines<TrainingEvent>(stdout).at(-1);
    assert.equal(last?.event, "interrupted");
    assert.ok((await readCheckpoint(at("step/state.safetensors"))).progress.updates > 0);
  });

  it("twice: ends at once by the signal, and no file is half written", async () => {
    const args = ["--data", photos, ...small, "--epochs", "4", "--out", at("twice")];
    const isDue = ({ event }: TrainingEvent) => event === "epoch";
    const { signal } = await stopAt(args, isDue, ["SIGINT", "SIGINT"]);
    // The first may have been enough by the time that the second came.
    assert.ok(signal === "SIGINT" || signal === null);
    for (const name of await readdir(at("twice/weights"))) {
      if (name.endsWith(".tmp")) continue;
      readSafetensors(await readFile(join(at("twice/weights"), name)), name);
    }
  });

  it("in a validation: does not finish that, and makes it up when resumed", async () => {
    const data = at("long-validation");
    await mkdir(data);
    await symlink(join(photos, "train"), join(data, "train"));
    for (const name of colorClasses) {
      const to = join(data, "val", name);
      await manyLinks(join(photos, "val", name, "00.png"), to, 100);
    }
    const args = ["--data", data, ...small, "--epochs", "1"];
    const isLastStep = (event: TrainingEvent) =>
      event.event === "step" && event.step === (event as StepEvent).steps;
    const { code, stdout, stderr } = await stopAt([...args, "--out", at("cut")], isLastStep);
    assert.equal(code, 130, stderr);
    assert.ok(!jsonLines<TrainingEvent>(stdout).some(({ event }) => event === "epoch"));
    const { progress } = await readCheckpoint(at("cut/state.safetensors"));
    assert.deepEqual([progress.step, progress.rows.length], [4, 0]);
    const resumed = await runIrv2(["train", "--resume", at("cut")]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /^Resuming after epoch 0, step 4$/m);
    const whole = await runIrv2(["train", ...args, "--out", at("whole")]);
    assert.equal(whole.code, 0, whole.stderr);
    const [a, b] = await Promise.all(
      ["cut", "whole"].map((run) => readFile(at(`${run}/weights/last.safetensors`))),
    );
    assert.ok(a && b && a.equals(b));
  });

  it("by a reader of its messages that has gone: saves as well", async () => {
    const args = ["train", "--data", photos, ...small, "--epochs", "50", "--out", at("deaf")];
    const { child, done } = startIrv2(args);
    // Before the first epoch there may be nothing to save.
    child.stderr?.on("data", (chunk: Buffer) => {
      if (/^epoch 1/m.test(chunk.toString())) child.stderr?.destroy();
    });
    assert.equal((await done).code, 130);
    assert.ok(await isExisting(at("deaf/state.safetensors")));
  });
});

describe("evaluate(), interrupted", () => {
  it("rejects with the reason of the signal", async () => {
    const { folder, photos } = await colorPhotos({ train: 4, validation: 2 });
    const out = join(folder, "run");
    const trained = await runIrv2([
      "train",
      "--data",
      photos,
      ...small,
      "--epochs",
      "1",
      "--out",
      out,
    ]);
    assert.equal(trained.code, 0, trained.stderr);
    const weights = join(out, "weights", "best.safetensors");
    const signal = AbortSignal.abort();
    await assert.rejects(evaluate({ data: photos, weights, signal }), { name: "AbortError" });
  });
});
