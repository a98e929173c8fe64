import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);

describe("the package", () => {
  let folder: string;
  let archive: string;
  let files: readonly string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const { stdout } = await run("npm", args, { cwd: repositoryFile(".") });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    archive = join(folder, packed.filename);
    files = packed.files.map(({ path }) => path);
  });
  after(() => rm(folder, { recursive: true }));

  it("holds the model, the program and its types, and no test", () => {
    for (const path of [
      "models/everyday/model.safetensors",
      "models/everyday/SHA256SUMS",
      "models/everyday/README.md",
      "dist/src/cli/main.js",
      "dist/src/index.d.ts",
      "LICENSE",
      "README.md",
    ]) {
      assert.ok(files.includes(path), path);
    }
    assert.deepEqual(
      files.filter((path) => path.includes(".test.")),
      [],
    );
  });

  it("installs into an empty folder and classifies there", async (test) => {
    const elsewhere = join(folder, "elsewhere");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "package.json"), '{"private": true, "type": "module"}');
    const installed = await run("npm", ["install", "--no-audit", "--no-fund", archive], {
      cwd: elsewhere,
      env: { ...process.env, npm_config_onnxruntime_node_install: "skip" },
    }).catch((error: { stderr?: string }) => error.stderr ?? String(error));
    if (typeof installed === "string") {
      if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|network/i.test(installed)) {
        return test.skip("no package registry can be reached");
      }
      assert.fail(installed);
    }
    const drawing = repositoryFile("examples/tomato.png");
    const { stdout } = await run("npx", ["irv2", "classify", drawing, "--json", "-k", "1"], {
      cwd: elsewhere,
    });
    assert.equal(JSON.parse(stdout).predictions[0].label, "Tomato");
    const program = join(elsewhere, "program.mjs");
    await writeFile(
      program,
      `import { InceptionResNetV2 } from "inception-resnet-v2";
      const model = await InceptionResNetV2.load("everyday");
      console.log((await model.classify(process.argv[2]))[0].label);
      await model.dispose();`,
    );
    const { stdout: said } = await run(process.execPath, [program, drawing]);
    assert.equal(said, "Tomato\n");
  });
});
