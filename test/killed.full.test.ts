import assert from "node:assert/strict";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { colorPhotos } from "./helpers/color-photos.js";
import { runIrv2, startIrv2 } from "./helpers/run-irv2.js";

const kills = 5;

describe("a training that is killed", () => {
  it(`${kills} times and resumed leaves the bytes of one that was left alone`, async (context) => {
    const { folder, photos } = await colorPhotos({ train: 24, validation: 8 });
    const settings = ["--width", "0.1", "--input-size", "107", "--batch", "6", "--epochs", "8"];
    const more = ["--ema", "0.99", "--aux", "--mixup", "0.2", "--augment", "slim"];
    const begin = (out: string) => ["train", "--data", photos, ...settings, ...more, "--out", out];
    const [alone, killed] = [join(folder, "alone"), join(folder, "killed")];
    const started = performance.now();
    const whole = await runIrv2(begin(alone));
    assert.equal(whole.code, 0, whole.stderr);
    const duration = performance.now() - started;

    let args = begin(killed);
    for (let kill = 0; kill < kills; kill++) {
      const { child, done } = startIrv2(args);
      const wait = Math.random() * 0.6 * duration;
      await Promise.race([sleep(wait), done]);
      child.kill("SIGKILL");
      const { code } = await done;
      const rows = await readFile(join(killed, "results.csv"), "utf8").catch(() => "");
      const epochs = Math.max(0, rows.trim().split("\n").length - 1);
      context.diagnostic(
        `killed after ${Math.round(wait)} ms, ${epochs} epochs done, code ${code}`,
      );
      const isBegun = await access(join(killed, "config.json")).then(
        () => true,
        () => false,
      );
      if (isBegun) args = ["train", "--resume", killed];
      await checkWhole(join(killed, "weights"));
      if (code === 0) break;
    }
    const last = await runIrv2(args);
    assert.ok(last.code === 0 || /finished run/.test(last.stderr), last.stderr);
    for (const name of ["best", "last"]) {
      const [a, b] = await Promise.all(
        [alone, killed].map((run) => readFile(join(run, "weights", `${name}.safetensors`))),
      );
      assert.ok(a?.equals(b ?? Buffer.alloc(0)), name);
    }
  });
});

/** Whatever is there under a final name is whole. */
async function checkWhole(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.endsWith(".tmp")) continue;
    readSafetensors(await readFile(join(folder, name)), name);
  }
}
