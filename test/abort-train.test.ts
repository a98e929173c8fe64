/**
 * @file Trainings that are given up at each of their stages: before there is a run nothing is left; later there
 * is a checkpoint, from which the run goes on to the same bits as one that was never stopped.
 */
import assert from "node:assert/strict";
import { access, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fit, type TrainingEvent, type TrainOptions, type TrainResult } from "inception-resnet-v2";
import { leavingNoThread, patience } from "./helpers/abort.js";
import { colorPhotos } from "./helpers/color-photos.js";

describe("a training given up", () => {
  let folder: string;
  let photos: string;
  const at = (name: string) => join(folder, name);
  const asked = () => ({ data: photos, width: 0.1, inputSize: 75, batch: 6, epochs: 2 });
  const head = () => ({ data: photos, weights: last("whole"), freeze: "body", batch: 6 }) as const;
  const last = (run: string) => at(`${run}/weights/last.safetensors`);
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 8, validation: 6 }));
    await fit({ ...asked(), out: at("whole") });
    await fit({ ...head(), epochs: 2, out: at("whole-head") });
  });

  after(() => rm(folder, { recursive: true }));

  /** Trains until an event, and gives up a moment later, when the next piece of work is under way. */
  function stopAfter(
    options: TrainOptions,
    isDue: (event: TrainingEvent) => boolean,
  ): Promise<TrainResult> {
    return leavingNoThread(async () => {
      const controller = new AbortController();
      let aborted = Number.NaN;
      const onEvent = (event: TrainingEvent) => {
        if (!Number.isNaN(aborted) || !isDue(event)) return;
        aborted = performance.now();
        setImmediate(() => controller.abort(new Error("changed my mind")));
      };
      const result = await fit({
        ...options,
        onEvent,
        signal: controller.signal,
      });
      assert.ok(performance.now() - aborted < patience, "expected an end soon after the signal");
      return result;
    });
  }

  /** Goes on with a run to its end, which is that of a run which was never stopped. */
  async function expectSameEnd(run: string, whole: string): Promise<void> {
    const unfinished = (await readdir(at(run), { recursive: true })).filter((name) =>
      name.endsWith(".tmp"),
    );
    assert.deepEqual(unfinished, []);
    const { status } = await fit({ resume: at(run) });
    assert.equal(status, "done");
    assert.deepEqual(await readFile(last(run)), await readFile(last(whole)));
  }

  it("while its photos are looked at rejects with the reason, and makes no run", async () => {
    const reason = new Error("changed my mind");
    for (const ms of [0, 5]) {
      await leavingNoThread(async () => {
        const controller = new AbortController();
        const training = fit({ ...asked(), out: at("never"), signal: controller.signal });
        training.catch(() => {});
        await sleep(ms);
        controller.abort(reason);
        const started = performance.now();
        await assert.rejects(training, (error) => error === reason);
        assert.ok(performance.now() - started < patience);
      });
      assert.equal(await exists(at("never")), false);
    }
  });

  it("while features are computed is interrupted with the weights it started from kept, and starts again", async () => {
    const options = { ...head(), epochs: 2, out: at("features") };
    const before = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = at("cache"); // features of this run are not known yet
    try {
      let seen = 0;
      const { status, epochs } = await stopAfter(options, (event) => {
        seen += Number(event.event === "prepare" && event.what === "features");
        return seen === 1;
      });
      assert.deepEqual([status, epochs, seen > 0], ["interrupted", [], true]);
      assert.equal(await exists(at("features/state.safetensors")), true);
      await expectSameEnd("features", "whole-head");
    } finally {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
    }
  });

  it("in the middle of an epoch ends after the step under way, and goes on from it", async () => {
    const { status, epochs } = await stopAfter(
      { ...asked(), out: at("epoch") },
      (event) => event.event === "step" && event.epoch === 2 && event.step === 1,
    );
    assert.deepEqual([status, epochs.length], ["interrupted", 1]);
    await expectSameEnd("epoch", "whole");
  });

  it("during validation drops that, and validates when it goes on", async () => {
    const { status, epochs } = await stopAfter(
      { ...asked(), out: at("validation") },
      (event) =>
        event.event === "prepare" && event.what === "validation" && event.done < event.total,
    );
    assert.deepEqual([status, epochs], ["interrupted", []]);
    await expectSameEnd("validation", "whole");
  });
});
