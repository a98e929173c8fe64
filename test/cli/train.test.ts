import assert from "node:assert/strict";
import {
  access,
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import type {
  EpochEvent,
  StepEvent,
  TrainingEvent,
} from "inception-resnet-v2/internal/training/events.js";
import { writeSafetensors } from "inception-resnet-v2/internal/weights/write-safetensors.js";
import { colorClasses, colorPhotos } from "../helpers/color-photos.js";
import { jsonLines, runIrv2, startIrv2 } from "../helpers/run-irv2.js";

const small = ["--width", "0.1", "--input-size", "75", "--batch", "6", "--epochs", "2"];
const weightsOf = (run: string, name = "last") => join(run, "weights", `${name}.safetensors`);

/** Writes an interrupted run by sending SIGINT after some steps. */
async function interruptAfter(args: readonly string[], steps: number) {
  const { child, done } = startIrv2([...args, "--json"]);
  let [seen, isSent] = [0, false];
  child.stdout?.on("data", (chunk: Buffer) => {
    seen += chunk.toString().split('"event":"step"').length - 1;
    if (seen < steps || isSent) return;
    isSent = true; // a second one would not let it save
    child.kill("SIGINT");
  });
  return done;
}

describe("irv2 train", () => {
  let folder: string;
  let photos: string;
  let run: string;
  let events: TrainingEvent[];
  const at = (name: string) => join(folder, name);

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 8, validation: 4 }));
    run = at("run");
    const args = ["train", "--data", photos, ...small, "--ema", "0.9", "--out", run, "--json"];
    const { code, stdout, stderr } = await runIrv2(args);
    assert.equal(code, 0, stderr);
    events = jsonLines<TrainingEvent>(stdout);
  });

  it("tells what it does, an event a line", () => {
    const kinds = events.map(({ event }) => event);
    const epoch = ["step", "step", "step", "step", "prepare", "prepare", "epoch"];
    assert.deepEqual(kinds, ["data", "start", ...epoch, ...epoch, "done"]);
    const validation = events.flatMap((one) => (one.event === "prepare" ? [one.done] : []));
    assert.deepEqual(validation, [6, 12, 6, 12]);
    const step = events.find((one): one is StepEvent => one.event === "step");
    assert.deepEqual([step?.epoch, step?.step, step?.steps], [1, 1, 4]);
    for (const name of ["loss", "learningRate", "imagesPerSecond"] as const) {
      assert.ok(Number.isFinite(step?.[name]) && (step?.[name] ?? 0) > 0, name);
    }
    const epochs = events.filter((one): one is EpochEvent => one.event === "epoch");
    const last = epochs.at(-1);
    assert.equal(last?.epoch, 2);
    const left = epochs.map(({ seconds, secondsLeft }) => secondsLeft / seconds);
    assert.deepEqual(left, [1, 0]);
    assert.ok(Number.isFinite(last?.validationLoss));
    assert.deepEqual(events.at(-1)?.event === "done" && events.at(-1), { ...events.at(-1), run });
  });

  it("leaves a run folder", async () => {
    const files = (await readdir(run)).filter((name) => !name.startsWith("events.out.tfevents."));
    const expected = [
      "config.json",
      "photos.json",
      "report.html",
      "results.csv",
      "state.safetensors",
      "weights",
    ];
    assert.deepEqual(files.sort(), expected);
    const table = await readFile(join(run, "results.csv"), "utf8");
    assert.equal(table.trim().split("\n").length, 3);
    const { settings } = JSON.parse(await readFile(join(run, "config.json"), "utf8"));
    assert.notEqual(settings.engine, "auto"); // another one would round differently
    const page = await readFile(join(run, "report.html"), "utf8");
    for (const name of colorClasses) assert.ok(page.includes(name), name);
  });

  it("leaves weights that classify and evaluate know how to use", async () => {
    const weights = weightsOf(run, "best");
    const photo = join(photos, "val", "red", "00.png");
    const classified = await runIrv2(["classify", photo, "-w", weights, "--json"]);
    const [{ predictions } = { predictions: [] }] = jsonLines<{ predictions: { label: string }[] }>(
      classified.stdout,
    );
    assert.deepEqual(predictions.map(({ label }) => label).sort(), colorClasses);
    const tables = ["--predictions", at("predictions.csv"), "--confusion", at("confusion.csv")];
    const given = ["--data", photos, "-w", weights, "--json", ...tables];
    const evaluated = await runIrv2(["evaluate", ...given]);
    assert.equal(evaluated.code, 0, evaluated.stderr);
    const { images, top1, loss, confusion } = JSON.parse(evaluated.stdout);
    const [, ...rows] = (await readFile(at("predictions.csv"), "utf8")).trim().split("\n");
    assert.equal(rows.filter((row) => row.endsWith(",1")).length / 12, top1);
    const table = (await readFile(at("confusion.csv"), "utf8")).trim().split("\n");
    const expected = confusion.map((row: number[], at: number) =>
      [colorClasses[at], ...row].join(),
    );
    assert.deepEqual(table, [["actual", ...colorClasses].join(), ...expected]);
    const best = events.findLast((one): one is EpochEvent => one.event === "epoch" && one.isBest);
    assert.equal(images, 12);
    assert.equal(top1, best?.validationTop1);
    assert.ok(Math.abs(loss / (best?.validationLoss ?? 0) - 1) < 1e-3);
  });

  it("leaves weights that calibrate gives a temperature, which changes no ranking", async () => {
    const out = at("calibrated.safetensors");
    const given = ["--data", photos, "-w", weightsOf(run, "best")];
    const calibrated = await runIrv2(["calibrate", ...given, "--out", out, "--dtype", "fp16"]);
    assert.equal(calibrated.code, 0, calibrated.stderr);
    assert.match(
      calibrated.stdout,
      /^Temperature [\d.]+ from 12 photos, in .*\nCalibration error\n( {2}\S+ +[\d.]+ % {3}loss [\d.]+\n){3}$/,
    );
    const evaluations = [weightsOf(run, "best"), out].map((one) =>
      runIrv2(["evaluate", "--data", photos, "-w", one, "--json"]),
    );
    const [before, after] = (await Promise.all(evaluations)).map(({ stdout }) =>
      JSON.parse(stdout),
    );
    assert.equal(after.top1, before.top1);
    assert.ok(after.loss <= before.loss + 1e-3);
    assert.equal((await stat(out)).size < 0.6 * (await stat(weightsOf(run, "best"))).size, true);
  });

  it("gives the same weights again, and after an interruption", async () => {
    const again = at("again");
    const args = ["train", "--data", photos, ...small, "--ema", "0.9", "--out", again];
    const first = await interruptAfter(args, 5);
    assert.equal(first.code, 130, first.stderr);
    const second = await runIrv2(["train", "--resume", again]);
    assert.equal(second.code, 0, second.stderr);
    for (const name of ["last", "best"]) {
      assert.ok(
        (await readFile(weightsOf(again, name))).equals(await readFile(weightsOf(run, name))),
      );
    }
  });

  it("gives the same weights after a stop that was asked for", async () => {
    const halves = at("halves");
    const args = ["--data", photos, ...small, "--ema", "0.9", "--out", halves];
    const first = await runIrv2(["train", ...args, "--stop-after", "1"]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /Stopped in epoch 2; irv2 train --resume \S+ continues\.\n$/);
    const second = await runIrv2(["train", "--resume", halves]);
    assert.equal(second.code, 0, second.stderr);
    assert.ok(
      (await readFile(weightsOf(halves, "last"))).equals(await readFile(weightsOf(run, "last"))),
    );
  });

  it("refuses to go on with a finished run, unless epochs are added", async () => {
    const refused = await runIrv2(["train", "--resume", run]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /finished run; extendEpochs adds epochs \(--extend-epochs\)$/m);
    await cp(run, at("longer"), { recursive: true });
    const longer = await runIrv2(["train", "--resume", at("longer"), "--extend-epochs", "1"]);
    assert.equal(longer.code, 0, longer.stderr);
    const table = await readFile(join(at("longer"), "results.csv"), "utf8");
    assert.equal(table.trim().split("\n").length, 4);
  });

  it("trains the classifier on kept features, and leaves every bit of the body", async () => {
    const env = { XDG_CACHE_HOME: at("cache") };
    const args = ["train", "--data", photos, "--weights", weightsOf(run), "--freeze", "body"];
    const head = await runIrv2([...args, "--epochs", "2", "--batch", "6", "--out", at("head")], {
      env,
    });
    assert.equal(head.code, 0, head.stderr);
    const [before, after] = await Promise.all(
      [weightsOf(run), weightsOf(at("head"))].map(async (path) =>
        readSafetensors(await readFile(path), path),
      ),
    );
    assert.ok(before && after);
    for (const [name, { range }] of before.entries) {
      const now = after.entries.get(name);
      const same = Buffer.from(before.bytes.subarray(...range)).equals(
        after.bytes.subarray(...(now?.range ?? [0, 0])),
      );
      assert.equal(same, !name.startsWith("logits/"), name);
    }
    assert.equal((await readdir(join(at("cache"), "irv2", "features"))).length, 1);
  });

  it("computes features anew where the kept ones hold something that is no number", async () => {
    const env = { XDG_CACHE_HOME: at("cache-nan") };
    const args = ["train", "--data", photos, "--weights", weightsOf(run), "--freeze", "body"];
    const train = (name: string) =>
      runIrv2([...args, "--epochs", "1", "--batch", "6", "--out", at(name)], { env });
    assert.equal((await train("nan-before")).code, 0);
    const kept = join(at("cache-nan"), "irv2", "features");
    const [name = ""] = await readdir(kept);
    const path = join(kept, name);
    const bytes = await readFile(path);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    await writeFile(path, bytes);
    const again = await train("nan-after");
    assert.equal(again.code, 0, again.stderr);
    const [before, after] = await Promise.all(
      ["nan-before", "nan-after"].map((one) => readFile(weightsOf(at(one)))),
    );
    assert.ok(before && after && before.equals(after));
    assert.notDeepEqual(await readFile(path), bytes);
  });

  it("fine-tunes in two phases", async () => {
    const env = { XDG_CACHE_HOME: at("cache") };
    const args = ["--fine-tune", "--head-epochs", "1", "--epochs", "1", "--batch", "6", "--json"];
    const { code, stdout, stderr } = await runIrv2(
      ["train", "--data", photos, "--weights", weightsOf(run), ...args, "--out", at("fine")],
      { env },
    );
    assert.equal(code, 0, stderr);
    const epochs = jsonLines<TrainingEvent>(stdout).filter(({ event }) => event === "epoch");
    assert.deepEqual(
      epochs.map((one) => (one as EpochEvent).phase),
      ["head", "tune"],
    );
  });

  it("finds a learning rate and leaves nothing behind", async () => {
    const before = await readdir(folder);
    const args = ["lr-find", "--data", photos, ...small, "--steps", "6", "--json"];
    const { code, stdout, stderr } = await runIrv2(args);
    assert.equal(code, 0, stderr);
    const found = jsonLines<{ event: string; steepest: number }>(stdout).at(-1);
    assert.equal(found?.event, "found");
    assert.ok((found?.steepest ?? 0) > 0);
    assert.deepEqual(await readdir(folder), before);
  });

  it("plans: minutes, memory and disk", async () => {
    const args = ["plan", "--data", photos, ...small, "--json"];
    const { code, stdout, stderr } = await runIrv2(args);
    assert.equal(code, 0, stderr);
    const [plan, ...more] = jsonLines<Record<string, number>>(stdout);
    assert.deepEqual(more, []);
    for (const name of ["imagesPerSecond", "totalSeconds", "memoryBytes", "diskBytes"]) {
      assert.ok((plan?.[name] ?? 0) > 0, name);
    }
  });

  describe("that does not fit in memory", () => {
    const tight = async (memory: string, name: string) => {
      const args = ["--width", "0.1", "--input-size", "139", "--epochs", "1", "--batch", "24"];
      const engine = ["--engine", "onnxruntime"]; // the figures below are those of its memory
      const out = ["--memory", memory, "--out", at(name), ...engine];
      return runIrv2(["train", "--data", photos, ...args, ...out]);
    };

    it("halves its batch once, says so and goes on", async () => {
      const { code, stderr } = await tight("220MB", "halved");
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /24 photos did not fit in memory; its 24 photos are now computed in 2 parts/,
      );
      const { settings } = JSON.parse(await readFile(join(at("halved"), "config.json"), "utf8"));
      assert.equal(settings.phases[0].parts, 2);
    });

    it("gives up after that", async () => {
      const { code, stderr } = await tight("60MB", "too-tight");
      assert.equal(code, 5, stderr);
      assert.match(stderr, /^irv2: Cannot train 12 photos at once: expected at most 0\.06 GiB/m);
    });
  });

  describe("keeps the last good checkpoint", () => {
    it("when the disk is full", async () => {
      const full = at("full");
      await cp(run, full, { recursive: true });
      const state = await readFile(join(full, "state.safetensors"));
      const args = ["train", "--resume", full, "--extend-epochs", "1"];
      const { code, stderr } = await runIrv2(args, { limit: 2000 });
      assert.equal(code, 5, stderr);
      assert.match(
        stderr,
        /expected space on the disk, got EFBIG; the previous checkpoint is kept/,
      );
      assert.ok((await readFile(join(full, "state.safetensors"))).equals(state));
      assert.ok(!(await readdir(join(full, "weights"))).some((name) => name.endsWith(".tmp")));
    });

    it("when the loss is not finite", async () => {
      const wild = at("wild");
      const args = ["--lr", "1e30", "--clip-norm", "0", "--optimizer", "sgd", "--warmup", "0"];
      const { code, stderr } = await runIrv2([
        "train",
        "--data",
        photos,
        ...small,
        ...args,
        "--out",
        wild,
      ]);
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /expected a finite [a-z ]+, got (NaN|-?Infinity); nothing was saved yet/,
      );
      await assert.rejects(access(join(wild, "state.safetensors")));
    });
  });

  describe("refuses", () => {
    const cases: [string, (broken: string) => Promise<string[]>, number, RegExp][] = [
      ["no folder", async (path) => ["--data", path], 3, /got nothing of that name/],
      [
        "a folder without classes",
        async (path) => {
          await mkdir(path);
          return ["--data", path];
        },
        3,
        /Cannot find classes in/,
      ],
      [
        "one class",
        async (path) => {
          await cp(join(photos, "train", "red"), join(path, "red"), { recursive: true });
          return ["--data", path];
        },
        3,
        /two classes/,
      ],
      [
        "an empty class",
        async (path) => {
          await cp(photos, path, { recursive: true });
          await mkdir(join(path, "train", "violet"));
          return ["--data", path];
        },
        3,
        /violet/,
      ],
      [
        "classes that differ between the sides",
        async (path) => {
          await cp(photos, path, { recursive: true });
          await rm(join(path, "train", "red"), { recursive: true });
          return ["--data", path];
        },
        3,
        /red/,
      ],
      [
        "photos that cannot be read, all of them",
        async (path) => {
          for (const side of ["train", "val"]) {
            for (const name of colorClasses) {
              await mkdir(join(path, side, name), { recursive: true });
              await writeFile(join(path, side, name, "0.png"), "no picture");
            }
          }
          return ["--data", path];
        },
        3,
        /read/,
      ],
      [
        "an unknown block to freeze",
        async () => ["--data", photos, "--freeze", "block99"],
        2,
        /Unknown block "block99"/,
      ],
      [
        "weights that are not there",
        async () => ["--data", photos, "--weights", at("none")],
        4,
        /no such file/,
      ],
      ["a run that is there already", async () => ["--data", photos, "--out", run], 2, /--resume/],
      ["settings beside --resume", async () => ["--resume", run, "--lr", "0.1"], 2, /"lr"/],
      ["no run to resume", async (path) => ["--resume", path], 4, /config\.json/],
      [
        "a damaged checkpoint",
        async (path) => {
          await cp(run, path, { recursive: true });
          await truncate(join(path, "state.safetensors"), 100_000);
          return ["--resume", path];
        },
        4,
        /state\.safetensors/,
      ],
      [
        "a checkpoint of another version",
        async (path) => {
          await cp(run, path, { recursive: true });
          const metadata = { format: "inception-resnet-v2-checkpoint", version: "99" };
          await writeSafetensors(join(path, "state.safetensors"), new Map(), { metadata });
          return ["--resume", path];
        },
        4,
        /expected a checkpoint of version 1, got version 99/,
      ],
      [
        "a checkpoint of another network",
        async (path) => {
          await cp(run, path, { recursive: true });
          const config = join(path, "config.json");
          await writeFile(
            config,
            (await readFile(config, "utf8")).replace('"width": 0.1', '"width": 0.2'),
          );
          return ["--resume", path, "--extend-epochs", "1"];
        },
        4,
        /expected "conv2d_1a\/weight" of 8x3x3x3|expected ".*" of/,
      ],
      [
        "to go on with other photos",
        async (path) => {
          await cp(run, path, { recursive: true });
          const [config, copy] = [join(path, "config.json"), at("fewer")];
          await cp(photos, copy, { recursive: true });
          await rm(join(copy, "train", "red", "00.png"));
          await writeFile(
            config,
            (await readFile(config, "utf8")).replace(JSON.stringify(photos), JSON.stringify(copy)),
          );
          return ["--resume", path, "--extend-epochs", "1"];
        },
        3,
        /expected the photos that the run was started with/,
      ],
    ];
    for (const [index, [name, prepare, expected, message]] of cases.entries()) {
      it(name, async () => {
        const args = await prepare(at(`case-${index}`));
        const out = args.some((one) => one === "--resume" || one === "--out")
          ? []
          : ["--out", at("never")];
        const { code, stderr } = await runIrv2(["train", ...args, ...out]);
        assert.equal(code, expected, stderr);
        const sentence = stderr.trim().split("\n").at(-1) ?? "";
        assert.match(sentence, /^irv2: [^\n]+$/);
        assert.match(sentence, message);
        await assert.rejects(access(at("never")));
      });
    }
  });
});
