import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);

describe("the API reference", () => {
  it("has no broken link, and leaves out no type that another refers to", async () => {
    const typedoc = repositoryFile("node_modules/typedoc/bin/typedoc");
    const args = [typedoc, "--emit", "none", "--logLevel", "Warn"];
    const { stdout, stderr } = await run(process.execPath, args, {
      cwd: repositoryFile("."),
    }).catch((error: { stdout: string; stderr: string }) => error);
    assert.equal(`${stdout}${stderr}`, "");
  });
});
