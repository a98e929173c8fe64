import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { colorPhotos } from "@inception-resnet-v2/test/helpers/color-photos.js";
import { noBf16, noFastOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { describeLibrary } from "./api/find-library.js";

/** The implementations that oneDNN ran, by its own log: `convolution,brgconv:avx512_core`, ... */
function implementations(...args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [repositoryFile("packages/node/dist/cli/main.js"), ...args, "--engine", "onednn"],
    { env: { ...process.env, DNNL_VERBOSE: "1" }, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  assert.equal(status, 0, stderr);
  const lines = stdout
    .split("\n")
    .filter((line) => /^(onednn|dnnl)_verbose,.*exec,cpu,/.test(line));
  const found = lines.map((line) => line.replace(/^.*exec,cpu,([^,]+),([^,]+),.*$/, "$1,$2"));
  return [...new Set(found)].sort();
}

/** Slow definitions that the library falls back on; a reduction of a few rows may be one. */
function slow(found: readonly string[]): string[] {
  return found.filter(
    (one) => /,(ref|simple)/.test(one) && !/^(reduction|reorder|concat)/.test(one),
  );
}

describe("oneDNN's implementations", { skip: noFastOneDnn }, async () => {
  const version = noFastOneDnn ? "" : (await describeLibrary()).version;
  let folder: string;
  let photos: string;

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 4, validation: 2 }));
  });
  after(() => rm(folder, { recursive: true }));

  for (const precision of ["fp32", "bf16"]) {
    const skip = precision === "bf16" && noBf16;
    it(`are fast ones in classify, ${precision}`, { skip }, () => {
      const photo = repositoryFile("examples/lemon.png");
      const found = implementations("classify", photo, "-w", "random", "--precision", precision);
      assert.ok(found.some((one) => one.startsWith("convolution,")));
      // The branches of one photo are written side by side where they belong.
      assert.ok(!found.some((one) => one.startsWith("concat,")));
      assert.deepEqual(slow(found), []);
      const hasWinograd = precision === "fp32" && version.startsWith("2.");
      assert.equal(
        found.some((one) => one.startsWith("convolution,jit_wino")),
        hasWinograd,
      );
    });

    for (const width of ["0.35", "0.5"]) {
      it(`are fast ones in train at width ${width}, ${precision}`, { skip }, () => {
        const out = join(folder, `run-${precision}-${width}`);
        const network = ["--width", width, "--input-size", "107", "--aux", "--ema", "0.9"];
        const rest = ["--epochs", "1", "--batch", "4", "--precision", precision, "--out", out];
        const found = implementations("train", "--data", photos, ...network, ...rest);
        assert.ok(found.some((one) => one.startsWith("batch_normalization,")));
        assert.deepEqual(slow(found), []);
      });
    }
  }
});
