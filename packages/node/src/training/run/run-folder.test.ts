import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createRunFolder, readRunConfig } from "./run-folder.js";

const folder = () => mkdtemp(join(tmpdir(), "irv2-"));

describe("a run folder", () => {
  it("is refused where there is a run, or no place for one", async () => {
    const at = await folder();
    await writeFile(join(at, "config.json"), "{}");
    await assert.rejects(createRunFolder(at), {
      name: "UsageError",
      code: "RUN_EXISTS",
      message: `Cannot start a run in "${at}": expected a folder without one, got one with a config.json, which resume continues`,
    });
    const inFile = join(at, "config.json", "run");
    await assert.rejects(createRunFolder(inFile), {
      name: "UsageError",
      code: "RUN_UNWRITABLE",
      message: `Cannot start a run in "${inFile}": expected a place for a folder, got ENOTDIR`,
    });
  });

  it("cannot be resumed without its settings, or with those of another version", async () => {
    const at = await folder();
    const sentence = (expected: string, got: string) => ({
      name: "ModelError",
      message: `Cannot resume "${at}": expected ${expected}, got ${got}`,
    });
    await assert.rejects(readRunConfig(at), sentence("a run folder with a config.json", "ENOENT"));
    const cases = [
      ["{", "something else"],
      ["{}", "something else"],
      [JSON.stringify({ settings: { version: 7 }, classes: [] }), "version 7"],
    ] as const;
    for (const [text, got] of cases) {
      await writeFile(join(at, "config.json"), text);
      await assert.rejects(readRunConfig(at), sentence("a config.json of version 1", got));
    }
  });
});
