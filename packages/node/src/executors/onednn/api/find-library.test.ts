import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { noOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { checkVersion, openLibrary, pathVariable } from "./find-library.js";

const folder = mkdtempSync(join(tmpdir(), "irv2-"));
after(() => rmSync(folder, { recursive: true }));

/** What `irv2 doctor --json` says of its engines when oneDNN is looked for in one file. */
function doctor(path: string | undefined) {
  const { stdout } = spawnSync(
    process.execPath,
    [repositoryFile("packages/node/dist/cli/main.js"), "doctor", "--json"],
    {
      env: { ...process.env, ...(path !== undefined && { [pathVariable]: path }) },
      encoding: "utf8",
    },
  );
  const { engines, auto } = JSON.parse(stdout) as {
    engines: { name: string; found: boolean; detail: string }[];
    auto: { engine: string; reason: string };
  };
  return { onednn: engines.find(({ name }) => name === "onednn"), auto };
}

describe("looking for oneDNN", () => {
  it("does without where the file is missing, and says why", () => {
    const { onednn, auto } = doctor(join(folder, "libdnnl.so.2"));
    assert.equal(onednn?.found, false);
    assert.match(
      onednn?.detail ?? "",
      /^Cannot load oneDNN: expected libdnnl\.so\.2 or libdnnl\.so\.3 \(Debian: apt-get install libdnnl2\), got ".*libdnnl\.so\.2.*"$/,
    );
    assert.notEqual(auto.engine, "onednn");
  });

  it("does without where the file is no library", () => {
    const path = join(folder, "libdnnl.so.3");
    writeFileSync(path, "not a library");
    const { onednn, auto } = doctor(path);
    assert.equal(onednn?.found, false);
    assert.match(onednn?.detail ?? "", /^Cannot load oneDNN: expected .*, got ".*"$/);
    assert.notEqual(auto.engine, "onednn");
  });

  it("refuses a library that is too old", () => {
    const message = "version 2.5.4 is older than 2.6";
    assert.throws(() => checkVersion([2, 5, 4]), { message });
    assert.throws(() => checkVersion([1, 9, 0]), { message: "version 1.9.0 is older than 2.6" });
    for (const version of [
      [2, 6, 0],
      [2, 7, 1],
      [3, 0, 0],
    ] as const)
      checkVersion(version);
  });

  it("is for Linux alone", async () => {
    await assert.rejects(openLibrary(2, "win32"), {
      code: "ENGINE_MISSING",
      message: "Cannot load oneDNN: expected Linux, got win32",
    });
  });

  it("names version and instructions where it is there", { skip: noOneDnn }, () => {
    const { onednn, auto } = doctor(undefined);
    assert.equal(onednn?.found, true);
    assert.match(onednn?.detail ?? "", /^oneDNN [23]\.\d+\.\d+ \(.+, fp32\)$/);
    assert.equal(auto.engine === "onednn", /is faster/.test(auto.reason));
  });
});
