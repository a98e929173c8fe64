/**
 * @file Both packages, packed, installed into an empty folder elsewhere and run there: with the native
 * engine, without it, and with it brought back.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { makeProject, npmInstall, ownEnvironment } from "./helpers/install.js";
import { pack } from "./helpers/pack.js";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);
const drawing = repositoryFile("examples/tomato.png");
const command = "npm install onnxruntime-node@1.30.0 --ignore-scripts";
const advice = `onnxruntime-node is not installed; to get it: ${command}`;

describe("the packages in an empty folder elsewhere", () => {
  let folder: string;
  let archives: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    archives = [(await pack("core", folder)).archive, (await pack("node", folder)).archive];
  });
  after(() => rm(folder, { recursive: true }));

  const irv2 = (cwd: string, ...args: string[]) =>
    run("npx", ["irv2", ...args], { cwd, env: ownEnvironment() });

  async function classify(cwd: string): Promise<string> {
    const args = ["classify", drawing, "--weights", "everyday", "--json", "-k", "1"];
    const { stdout, stderr } = await irv2(cwd, ...args);
    assert.equal(JSON.parse(stdout).predictions[0].label, "Tomato");
    return stderr;
  }

  it("compute natively, in the program and in a program of the user's", async (test) => {
    const here = join(folder, "native");
    await makeProject(here);
    const skip = { npm_config_onnxruntime_node_install: "skip" };
    const reason = await npmInstall(here, archives, skip);
    if (reason) return test.skip(reason);
    assert.equal(await classify(here), "");
    assert.equal(JSON.parse((await irv2(here, "doctor", "--json")).stdout).advice, null);
    const program = join(here, "program.mjs");
    await writeFile(
      program,
      `import { InceptionResNetV2 } from "inception-resnet-v2";
      const model = await InceptionResNetV2.load("everyday");
      console.log((await model.classify(process.argv[2]))[0].label);
      await model.dispose();`,
    );
    const { stdout } = await run(process.execPath, [program, drawing]);
    assert.equal(stdout, "Tomato\n");
  });

  it("say that they compute in WebAssembly where the post-install cannot download", async (test) => {
    if (`${process.platform}/${process.arch}` !== "linux/x64") {
      return test.skip("onnxruntime-node downloads nothing on this platform");
    }
    const here = join(folder, "dropped");
    await makeProject(here);
    // the post-install alone heeds these: its downloads end at a closed port
    const closed = "http://127.0.0.1:9";
    const noDownload = { GLOBAL_AGENT_HTTP_PROXY: closed, GLOBAL_AGENT_HTTPS_PROXY: closed };
    const reason = await npmInstall(here, archives, noDownload);
    if (reason) return test.skip(reason);
    assert.ok(!existsSync(join(here, "node_modules/onnxruntime-node")));
    const report = JSON.parse((await irv2(here, "doctor", "--json")).stdout);
    assert.equal(report.advice, advice);
    if (report.auto.engine === "onednn") return test.skip("auto takes oneDNN here");
    const line = `Computing in WebAssembly, several times slower: ${advice}\n`;
    assert.equal(await classify(here), line);

    const [, ...install] = command.split(" ");
    await run("npm", install, { cwd: here, env: ownEnvironment() });
    assert.equal(await classify(here), "");
    const repaired = JSON.parse((await irv2(here, "doctor", "--json")).stdout);
    assert.equal(repaired.advice, null);
    assert.equal(repaired.auto.engine, "onnxruntime");
  });
});
