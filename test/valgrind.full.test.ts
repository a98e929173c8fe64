import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { noOneDnn } from "./helpers/engines.js";
import { repositoryFile } from "./helpers/paths.js";

const noValgrind = spawnSync("valgrind", ["--version"]).status !== 0 && "valgrind is not installed";

/** What valgrind reports: what happened, and the file that holds the code which did it. */
function reports(log: string): { what: string; where: string; text: string }[] {
  const blocks = log.replace(/^==\d+== ?/gm, "").split(/\n\s*\n/);
  return blocks.flatMap((text) => {
    const what = /^\s*(Invalid|Conditional|Use of|Syscall|Mismatched|Source and).*$/m.exec(
      text,
    )?.[0];
    const where = /^\s+at 0x[0-9A-F]+: .*\((?:in )?([^()]*)\)$/m.exec(text)?.[1];
    return what ? [{ what, where: where ?? "", text }] : [];
  });
}

// Valgrind 3.19 knows no AVX-512 and breaks off in the library's AVX code, so the library is held to
// SSE: its memory and ours are laid out by the same code. V8 reads its own stack as it collects
// garbage, and koffi calls functions on a stack that it switches to by hand; neither is reported on.
it("finds no invalid access in a forward pass and two training steps on oneDNN", {
  skip: noOneDnn || noValgrind,
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "irv2-"));
  const log = join(folder, "log");
  const program = repositoryFile("test/dist/helpers/onednn-once.js");
  const { status, stdout, stderr } = spawnSync(
    "valgrind",
    ["--error-limit=no", `--log-file=${log}`, process.execPath, "--jitless", program],
    {
      env: { ...process.env, DNNL_MAX_CPU_ISA: "SSE41", ONEDNN_MAX_CPU_ISA: "SSE41" },
      encoding: "utf8",
    },
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "done\n");
  const found = reports(readFileSync(log, "utf8"));
  rmSync(folder, { recursive: true });
  const strange = found.filter(
    ({ where }) => !(where.endsWith("koffi.node") || where === process.execPath),
  );
  assert.deepEqual(
    strange.map(({ text }) => text),
    [],
  );
});
