/**
 * @file Runs that were stopped and go on although something is no longer where it was.
 */
import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type EpochEvent,
  fit,
  loadWeights,
  type StepEvent,
  type TrainingEvent,
  type TrainOptions,
} from "inception-resnet-v2";
import { readCheckpoint } from "inception-resnet-v2/internal/training/run/checkpoint.js";
import { colorPhotos } from "./helpers/color-photos.js";
import { smallModelFolder } from "./helpers/small-model.js";

describe("a stopped run", () => {
  let folder: string;
  let photos: string;
  let weights: string;
  const at = (name: string) => join(folder, name);
  const last = (run: string) => readFile(at(`${run}/weights/last.safetensors`));
  const small = () => ({ data: photos, width: 0.1, inputSize: 75, batch: 6, epochs: 2 });

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 4, validation: 4 }));
    process.env["XDG_CACHE_HOME"] = at("cache");
    const model = await smallModelFolder();
    await rename(model.weights, at("base.safetensors"));
    await rm(model.folder, { recursive: true });
    weights = at("base.safetensors");
  });
  after(async () => {
    delete process.env["XDG_CACHE_HOME"];
    await rm(folder, { recursive: true });
  });

  async function stopAt(options: TrainOptions, isDue: (event: TrainingEvent) => boolean) {
    const controller = new AbortController();
    const onEvent = (event: TrainingEvent) => {
      if (isDue(event)) controller.abort(new Error("enough"));
    };
    const { status } = await fit({ ...options, onEvent, signal: controller.signal });
    assert.equal(status, "interrupted");
  }

  it("before its first step goes on from weights that are nowhere else any more", async () => {
    const head = { data: photos, freeze: "body", batch: 6, epochs: 1, inputSize: 75 } as const;
    await fit({ ...head, weights, out: at("whole") });
    await writeFile(at("gone.safetensors"), await readFile(weights));
    const sources = {
      file: at("gone.safetensors"),
      bytes: new Uint8Array(await readFile(weights)),
      loaded: await loadWeights(weights),
    };
    for (const [name, source] of Object.entries(sources)) {
      const options = { ...head, weights: source, out: at(name) };
      await stopAt(options, ({ event }) => event === "start");
      await rm(at("gone.safetensors"), { force: true });
      const { status } = await fit({ resume: at(name) });
      assert.equal(status, "done");
      assert.ok((await last(name)).equals(await last("whole")), name);
    }
  });

  it("that has lost its checkpoint does not go on from other weights", async () => {
    const options = { data: photos, weights, freeze: "body", batch: 6, epochs: 1 } as const;
    await stopAt({ ...options, out: at("lost") }, ({ event }) => event === "start");
    await rm(at("lost/state.safetensors"));
    await assert.rejects(fit({ resume: at("lost") }), {
      name: "ModelError",
      code: "RUN_WEIGHTS",
      message: `Cannot resume "${at("lost")}": expected its state.safetensors, which keeps the weights that it started from, got no such file`,
    });
  });

  it("goes on counting the seconds of its epoch, in steps and in validation", async () => {
    const stops: [string, (event: TrainingEvent) => boolean][] = [
      ["steps", (one) => one.event === "step" && one.step === 1],
      ["validation", (one) => one.event === "prepare" && one.what === "validation"],
    ];
    for (const [name, isDue] of stops) {
      await stopAt({ ...small(), out: at(name) }, isDue);
      const { progress } = await readCheckpoint(at(`${name}/state.safetensors`));
      assert.ok(progress.seconds > 0);
      const { epochs } = await fit({ resume: at(name), stopAfter: 1 });
      const [row] = epochs as [EpochEvent];
      assert.ok(row.seconds > progress.seconds, name);
      assert.equal(row.secondsLeft, row.seconds);
      const rate = progress.sums.images / progress.seconds;
      if (name === "validation") assert.equal(row.imagesPerSecond, rate);
      assert.ok(row.imagesPerSecond > 0 && row.imagesPerSecond <= 12 / progress.seconds);
    }
  });

  it("goes on where its photos are now, and looks at no photo's features again", async () => {
    const old = at("old");
    await cp(photos, old, { recursive: true });
    const head = { data: old, weights, freeze: "body", batch: 6, inputSize: 75 } as const;
    const kept = () => readdir(at("cache/irv2/features"));
    await rm(at("cache"), { recursive: true, force: true });
    await fit({ ...head, epochs: 2, out: at("unmoved") });
    assert.equal((await kept()).length, 1);
    await fit({ ...head, epochs: 2, out: at("moving"), stopAfter: 1 });
    await rename(old, at("new"));
    await assert.rejects(fit({ resume: at("moving") }), {
      code: "FOLDER_MISSING",
      message: /where the photos were moved, "data" beside "resume" names their folder$/,
    });
    const { status } = await fit({ resume: at("moving"), data: at("new") });
    assert.equal(status, "done");
    assert.ok((await last("moving")).equals(await last("unmoved")));
    assert.equal((await kept()).length, 1);
    const { settings } = JSON.parse(await readFile(at("moving/config.json"), "utf8"));
    assert.equal(settings.data, at("new"));

    const [red, blue] = ["red", "blue"].map((name) => at(`new/train/${name}/00.png`));
    const [one, other] = await Promise.all([readFile(red ?? ""), readFile(blue ?? "")]);
    await writeFile(red ?? "", other);
    await rm(at("new/val/red/01.png"));
    await writeFile(at("new/val/green/99.png"), one);
    await assert.rejects(fit({ resume: at("moving"), data: at("new"), extendEpochs: 1 }), {
      code: "DATA_CHANGED",
      message: `Cannot resume with "${at("new")}": expected the photos that the run was started with, got other photos: 1 gone (val/red/01.png), 1 new (val/green/99.png), 1 edited (train/red/00.png)`,
    });
    await fit({ ...head, data: at("new"), epochs: 1, out: at("edited") });
    assert.equal((await kept()).length, 2);
  });

  it("by a photo that is gone keeps its steps, and goes on once the photo is back", async () => {
    const data = at("fragile");
    await cp(photos, data, { recursive: true });
    await fit({ ...small(), data, out: at("sound") });
    const [photo, away] = [join(data, "val/red/03.png"), at("away.png")];
    const onStep = ({ epoch, step }: StepEvent) => {
      if (epoch === 2 && step === 1) renameSync(photo, away);
    };
    await assert.rejects(fit({ ...small(), data, out: at("broken"), onStep }), {
      name: "InputError",
      code: "IMAGE_MISSING",
      message: `Cannot read image "${photo}": expected a file, got nothing of that name; the checkpoint of step 2 of epoch 2 is kept in "${at("broken")}"`,
    });
    await assert.rejects(fit({ resume: at("broken") }), {
      code: "DATA_CHANGED",
      message: /got other photos: 1 gone \(val\/red\/03\.png\)$/,
    });
    await rename(away, photo);
    const { status } = await fit({ resume: at("broken") });
    assert.equal(status, "done");
    assert.ok((await last("broken")).equals(await last("sound")));
  });

  it("without a place for files says so before it looks at a photo", async () => {
    await mkdir(at("place"));
    await writeFile(at("place/file"), "");
    const events: TrainingEvent[] = [];
    const onEvent = (event: TrainingEvent) => events.push(event);
    await assert.rejects(fit({ ...small(), out: at("place/file/run"), onEvent }), {
      name: "UsageError",
      code: "RUN_UNWRITABLE",
      message: `Cannot start a run in "${at("place/file/run")}": expected a folder to write to, got ENOTDIR`,
    });
    assert.deepEqual(events, []);
  });
});
