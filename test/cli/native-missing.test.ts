import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { nativePlatforms } from "inception-resnet-v2/internal/executors/onnxruntime/native-advice.js";
import { withoutPackage } from "../helpers/hide-package.js";
import { repositoryFile } from "../helpers/paths.js";
import { jsonLines, runIrv2 } from "../helpers/run-irv2.js";

const advice =
  "onnxruntime-node is not installed; to get it: npm install onnxruntime-node@1.30.0 --ignore-scripts";
const line = `Computing in WebAssembly, several times slower: ${advice}\n`;
const env = withoutPackage("onnxruntime-node");
const drawing = repositoryFile("examples/tomato.png");

interface Report {
  readonly auto: { readonly engine: string };
  readonly advice: string | null;
}

async function examine(hiding: Record<string, string> = {}): Promise<Report | undefined> {
  const { stdout } = await runIrv2(["doctor", "--json"], { env: hiding });
  return jsonLines<Report>(stdout)[0];
}

describe("irv2 without onnxruntime-node", () => {
  let folder: string;
  let here: Report | undefined;
  let skip: string | false;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    here = await examine();
    skip = here?.auto.engine === "onednn" && "auto takes oneDNN here";
  });
  after(() => rm(folder, { recursive: true }));

  it("says once that classify computes in WebAssembly, and the way out", async (test) => {
    if (skip) return test.skip(skip);
    const args = ["classify", drawing, drawing, "--weights", "everyday", "--json", "-k", "1"];
    const { code, stdout, stderr } = await runIrv2(args, { env });
    assert.equal(stderr, line);
    assert.equal(code, 0);
    const labels = jsonLines<{ predictions: [{ label: string }] }>(stdout);
    assert.deepEqual(
      labels.map(({ predictions }) => predictions[0].label),
      ["Tomato", "Tomato"],
    );
  });

  it("says so before import and export, which compare files", async (test) => {
    if (skip) return test.skip(skip);
    const gone = join(folder, "gone.onnx");
    for (const verb of ["import", "export"]) {
      const args = [verb, gone, "--out", join(folder, "out.safetensors")];
      const { code, stderr } = await runIrv2(args, { env });
      const [first, second = ""] = stderr.split("\n");
      assert.equal(`${first}\n`, line);
      assert.match(second, /^irv2: Cannot .*gone\.onnx/);
      assert.notEqual(code, 0);
    }
  });

  it("says nothing where an engine is named, or nothing is computed", async () => {
    const args = ["classify", drawing, "--weights", "everyday", "--engine", "wasm", "--json"];
    const named = await runIrv2(args, { env });
    assert.equal(named.stderr, "");
    assert.equal(named.code, 0);
    assert.equal((await runIrv2(["summary"], { env })).stderr, "");
  });

  it("says nothing where onnxruntime-node is", async () => {
    const args = ["classify", drawing, "--weights", "everyday", "--json"];
    assert.equal((await runIrv2(args)).stderr, "");
  });

  it("is told by doctor in one line", async () => {
    const { stdout } = await runIrv2(["doctor"], { env });
    assert.ok(stdout.includes(`\nAdvice              ${advice}\n`), stdout);
    assert.equal(stdout.split(advice).length, 2);
    assert.equal((await examine(env))?.advice, advice);
    assert.equal(here?.advice, null);
  });

  it("is told where its binary could be: the platforms of the package", async () => {
    const binaries = repositoryFile("node_modules/onnxruntime-node/bin/napi-v6");
    const platforms = await readdir(binaries);
    const found = platforms.map(async (platform) =>
      (await readdir(join(binaries, platform))).map((arch) => `${platform}/${arch}`),
    );
    assert.deepEqual((await Promise.all(found)).flat().sort(), nativePlatforms);
    const { optionalDependencies } = JSON.parse(
      await readFile(repositoryFile("packages/node/package.json"), "utf8"),
    ) as { optionalDependencies: Record<string, string> };
    assert.equal(optionalDependencies["onnxruntime-node"], "1.30.0"); // as in docs/speed.md
  });
});
