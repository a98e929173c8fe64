import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { colorPhotos } from "../helpers/color-photos.js";
import { program, runIrv2 } from "../helpers/run-irv2.js";

const small = ["--width", "0.1", "--input-size", "75", "--batch", "6", "--epochs", "1"];
const run = promisify(execFile);

/** What `script` (util-linux) needs to run a program on a terminal; undefined where there is none. */
const hasScript = await run("script", ["--version"]).then(
  ({ stdout }) => stdout.includes("util-linux"),
  () => false,
);

describe("irv2 train tells people", () => {
  let folder: string;
  let photos: string;
  let weights: string;
  const at = (name: string) => join(folder, name);
  const train = (...args: string[]) => runIrv2(["train", ...args]);

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 8, validation: 4 }));
    weights = at("first/weights/best.safetensors");
  });

  it("what happens, in plain lines where there is no terminal", async () => {
    const { code, stdout, stderr } = await train("--data", photos, ...small, "--out", at("first"));
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `${at("first")}\n`);
    const number = "\\d+\\.\\d+";
    const share = `${number} %`;
    const expected = [
      `Data in "${photos}": 3 classes, 24 training photos and 12 validation photos`,
      "  class  training  validation",
      ...["blue ", "green", "red  "].map((name) => `  ${name}         8           4`),
      "",
      `Run ${at("first")}: 1 epoch, recipe from-scratch-small, \\w.+`,
      "Network of width 0.1 at 75x75: 544,867 of 551,171 parameters are trained",
      "",
      `epoch 1/1 train  loss ${number}  top-1 ${share}  validation loss ${number}  top-1 ${share}  top-5 ${share}  ${number} images/s  .*  best`,
      `Best: epoch 1, top-1 ${share}. Weights, figures and report.html are in ${at("first")}.`,
      "",
    ];
    const lines = stderr.split("\n");
    assert.equal(lines.length, expected.length, stderr);
    for (const [index, line] of lines.entries()) {
      assert.match(line, new RegExp(`^${expected[index]}$`));
    }
  });

  it("the same on a terminal, with bars", { skip: !hasScript && "no script" }, async () => {
    const args = ["train", "--data", photos, ...small, "--out", at("terminal")];
    const command = [process.execPath, program, ...args].join(" ");
    const { stdout } = await run("script", ["-qec", command, "/dev/null"]);
    assert.match(
      stdout,
      /epoch 1\/1 █+░* \d\/4 · loss \d+\.\d+ · top-1 \d+\.\d % · \d+\.\d images\/s · .* left/,
    );
    assert.match(stdout, /^.*epoch 1\/1 train {2}loss /m);
    const count = (text: string) => stdout.split(text).length - 1;
    assert.equal(count("\x1b[?25h"), count("\x1b[?25l")); // the cursor is back
  });

  it("that a batch is larger than the set", async () => {
    const large = [...small.slice(0, 4), "--batch", "64", "--epochs", "1"];
    const { code, stderr } = await train("--data", photos, ...large, "--out", at("large"));
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^Note: There are 24 photos to train on, so a step takes 24 of them, not 64\.$/m,
    );
  });

  it("that features cannot be kept, and goes on", async () => {
    const cache = at("cache");
    await mkdir(cache);
    await writeFile(join(cache, "irv2"), "a file where a folder should be");
    const args = ["--freeze", "body", "--epochs", "1", "--batch", "6", "--out", at("unkept")];
    const options = { env: { XDG_CACHE_HOME: cache } };
    const all = ["train", "--data", photos, "--weights", weights, ...args];
    const { code, stderr } = await runIrv2(all, options);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^Note: The features will be computed again next time, since they could not be saved \(ENOTDIR: .*\)\.$/m,
    );
  });

  it("which checkpoint is kept when a resumed run fails", async () => {
    const config = at("first/config.json");
    const before = await readFile(config, "utf8");
    const wild = before.replace(/"learningRate": [\d.]+/, '"learningRate": 1e30');
    await writeFile(config, wild.replace('"clipNorm": 5', '"clipNorm": null'));
    const { code, stderr } = await train("--resume", at("first"), "--extend-epochs", "2");
    assert.equal(code, 1, stderr);
    assert.match(
      stderr,
      /got (NaN|-?Infinity); the checkpoint of the end of epoch 1 is kept in ".*first"$/m,
    );
  });

  it("nothing of where it was started: a run is resumed from any folder", async () => {
    await mkdir(at("elsewhere"));
    const args = ["--data", "photos", ...small, "--out", at("moved")];
    const first = await runIrv2(["train", ...args], { cwd: folder });
    assert.equal(first.code, 0, first.stderr);
    const resume = ["train", "--resume", at("moved"), "--extend-epochs", "1"];
    const second = await runIrv2(resume, { cwd: at("elsewhere") });
    assert.equal(second.code, 0, second.stderr);
  });

  describe("in one sentence what does not go", () => {
    const cases: [name: string, args: () => string[], code: number, message: string][] = [
      [
        "no photos",
        () => ["train"],
        2,
        "Expected --data with a folder of photos, or --annotations with a table of them, got neither",
      ],
      [
        "epochs to add to no run",
        () => ["train", "--data", photos, "--extend-epochs", "2"],
        2,
        "Expected --resume with a run for --extend-epochs, got none",
      ],
      [
        "an engine for a run that has one",
        () => ["train", "--resume", at("moved"), "--engine", "wasm"],
        2,
        'Expected --resume with no other setting than --extend-epochs, --data and --annotations, since a resumed run keeps its settings, got "engine" too',
      ],
      [
        "fine-tuning without weights",
        () => ["train", "--data", photos, "--fine-tune"],
        2,
        "Cannot train a classifier on an untrained body: expected weights, got none (--weights)",
      ],
      [
        "a micro-batch that does not divide the batch",
        () => ["train", "--data", photos, "--batch", "6", "--micro-batch", "4"],
        2,
        'Option "microBatch" is out of range: expected a divisor of the batch 6, got 4 (--micro-batch)',
      ],
      [
        "constants of a schedule that has none",
        () => ["train", "--data", photos, "--lr-factor", "0.5"],
        2,
        "Expected --schedule exponential, step or plateau beside --lr-factor or --lr-epochs, got cosine",
      ],
      [
        "several epochs for a schedule that takes one",
        () => ["train", "--data", photos, "--schedule", "plateau", "--lr-epochs", "2,3"],
        2,
        "Expected one number in --lr-epochs for the schedule plateau, got 2,3",
      ],
      [
        "photos of classes that the weights do not know",
        () => ["evaluate", "--data", photos, "--weights", "everyday"],
        3,
        'Cannot label photos in "<photos>": expected classes named as the model\'s 59 ("Apple", "Asparagus", "Aubergine" and 56 more), got "blue", "green", "red"',
      ],
      [
        "nothing to calibrate",
        () => ["calibrate", "--data", photos, "--out", at("calibrated.safetensors")],
        2,
        "Expected --weights and --out with files, got no --weights",
      ],
      [
        "no photo to evaluate on",
        () => ["evaluate", "--data", at("broken"), "--weights", weights],
        3,
        'Cannot evaluate on "<broken>": expected readable photos, got none of 1 (Cannot read image "<broken>/red/0.png": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got an unknown format)',
      ],
      [
        "weights that are not there",
        () => ["lr-find", "--data", photos, "--weights", at("wild"), "--steps", "9"],
        4,
        'Cannot read weights "<wild>": expected a weight file, got no such file',
      ],
      [
        "a plan that no memory is enough for",
        () => ["plan", "--data", photos, ...small, "--memory", "60MB"],
        5,
        "Cannot train 6 photos at once: expected at most 0.06 GiB of memory, got a step that takes about ... GiB",
      ],
    ];
    for (const [name, args, expected, message] of cases) {
      it(name, async () => {
        await mkdir(at("broken/red"), { recursive: true });
        await writeFile(at("broken/red/0.png"), "no picture");
        const { code, stdout, stderr: text } = await runIrv2(args());
        const stderr = text.replace(/about [\d.]+ GiB/, "about ... GiB"); // an estimate
        const sentence = message.replace(/<(\w+)>/g, (_, file: string) => at(file));
        assert.deepEqual(
          { code, stdout, stderr },
          { code: expected, stdout: "", stderr: `irv2: ${sentence}\n` },
        );
      });
    }
  });

  it("that there is no place for a page, before it evaluates", async () => {
    const report = at("nowhere/report.html");
    const args = ["evaluate", "--data", photos, "--weights", weights, "--report", report];
    const { code, stdout, stderr } = await runIrv2(args);
    assert.equal(stdout, "");
    assert.equal(
      stderr,
      `irv2: Cannot write "${report}": expected a place for the file, got ENOENT\n`,
    );
    assert.equal(code, 5);
  });

  it("the figures of an evaluation even where the page cannot be written", {
    skip: !existsSync("/dev/full") && "no /dev/full",
  }, async () => {
    const args = ["evaluate", "--data", photos, "--weights", weights, "--report", "/dev/full"];
    const { code, stdout, stderr } = await runIrv2(args);
    assert.match(stdout, /^12 images, 3 classes\n\ntop-1 /);
    const [, kept = ""] =
      /^irv2: Cannot write "\/dev\/full": expected space on the disk, got ENOSPC; it is kept in "(.+)"$/m.exec(
        stderr,
      ) ?? [];
    assert.match(await readFile(kept, "utf8"), /<html/);
    await rm(dirname(kept), { recursive: true });
    assert.equal(code, 5);
  });
});
