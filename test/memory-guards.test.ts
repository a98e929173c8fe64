/**
 * @file What oneDNN's fast code writes stays in the rooms that it was given: valgrind, which knows no
 * AVX-512, cannot see that (`valgrind.full.test.ts`).
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { noOneDnn } from "./helpers/engines.js";
import { repositoryFile } from "./helpers/paths.js";

it("leaves the bytes behind every room alone, in forward passes and two training steps", {
  skip: noOneDnn,
}, () => {
  const program = repositoryFile("test/dist/helpers/onednn-once.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "guards"], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "done\n");
});
