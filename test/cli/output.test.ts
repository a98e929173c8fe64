import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { loadWeights, saveWeights } from "inception-resnet-v2";
import { program } from "../helpers/run-irv2.js";
import { drawPicture, smallModelFolder } from "../helpers/small-model.js";

const noSpace = "/dev/full";

describe("irv2 given names with control characters", () => {
  it("escapes them on a terminal's way, and keeps them in JSON", async () => {
    const { folder, weights } = await smallModelFolder();
    const name = "esc\x1b[31m\u202ered\nline.png";
    await drawPicture(join(folder, name), 1);
    const labels = ["a\x1b]0;title\x07", "b\nirv2: c", "c", "d", "e", "f"];
    const odd = join(folder, "odd.safetensors");
    const { parameters, network } = await loadWeights(weights);
    await saveWeights(odd, parameters, { metadata: { network, labels } });
    const args = [program, "classify", name, "no\x1bfile.png", "--weights", odd, "--top-k", "6"];
    const run = (more: readonly string[]) =>
      spawnSync(process.execPath, [...args, ...more], { cwd: folder, encoding: "utf8" });
    const text = run([]);
    assert.match(text.stdout, /^esc\\u001b\[31m\\u202ered\\nline\.png\n/);
    for (const label of ["a\\u001b]0;title\\u0007", "b\\nirv2: c"]) {
      assert.ok(text.stdout.includes(`  ${label}\n`), text.stdout);
    }
    assert.match(text.stderr, /irv2: Cannot read image "no\\u001bfile\.png": /);
    assert.doesNotMatch(text.stdout + text.stderr, /[^\P{Cc}\n]|\u202e/u);
    const [first = ""] = run(["--json"]).stdout.split("\n");
    const { file, predictions } = JSON.parse(first);
    assert.equal(file, name);
    assert.deepEqual(predictions.map(({ label }: { label: string }) => label).sort(), labels);
  });
});

describe("irv2 whose output is lost", { skip: !existsSync(noSpace) && `no ${noSpace}` }, () => {
  let photo: string;
  let weights: string;
  before(async () => {
    const made = await smallModelFolder();
    weights = made.weights;
    photo = join(made.folder, "photo.png");
    await drawPicture(photo, 1);
  });

  /** Runs with standard output, or errors, on a disk without space. */
  function run(args: readonly string[], full: "output" | "errors") {
    const file = openSync(noSpace, "w");
    const stdio =
      full === "output" ? (["ignore", file, "pipe"] as const) : (["ignore", "pipe", file] as const);
    try {
      return spawnSync(process.execPath, [program, ...args], {
        stdio: [...stdio],
        encoding: "utf8",
      });
    } finally {
      closeSync(file);
    }
  }

  it("says in one sentence that its disk is full, and ends with 5", () => {
    for (const args of [
      ["--help"],
      ["summary", "--width", "0.1"],
      ["classify", photo, photo, "--weights", weights, "--json"],
    ]) {
      const { status, stderr } = run(args, "output");
      assert.equal(
        stderr,
        "irv2: Cannot write the results: expected standard output to take them, got ENOSPC\n",
      );
      assert.equal(status, 5);
    }
  });

  it("goes on without messages where they cannot be written", () => {
    const { status, stdout } = run(["classify", photo, "--weights", weights, "--json"], "errors");
    assert.equal(status, 0);
    assert.match(stdout, /"predictions"/);
  });

  it("ends without a word when its reader has gone", () => {
    const command = `"$@" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const args = ["-c", command, "bash", process.execPath, program, "summary", "--width", "0.1"];
    const { stdout, stderr } = spawnSync("bash", args, { encoding: "utf8" });
    assert.match(stdout, /^Stage.*\n0\n$/);
    assert.equal(stderr, "");
  });
});
