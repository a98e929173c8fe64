/**
 * @file Each package as it is published: what lies in it, and what the linters of packages say.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { type Packed, pack } from "./helpers/pack.js";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);
const attw = repositoryFile("node_modules/@arethetypeswrong/cli/dist/index.js");
const require = createRequire(import.meta.url);

/** What must lie in each package. */
const contents = {
  core: ["dist/index.js", "dist/index.d.ts", "src/index.ts", "LICENSE", "README.md"],
  node: [
    "bin/irv2.js",
    "dist/cli/main.js",
    "dist/index.js",
    "dist/index.d.ts",
    "src/index.ts",
    "models/everyday/model.safetensors",
    "models/everyday/SHA256SUMS",
    "models/everyday/README.md",
    "LICENSE",
    "README.md",
  ],
} as const;

interface PackageJson {
  readonly name: string;
  readonly sideEffects: false | readonly string[];
}

for (const name of ["core", "node"] as const) {
  describe(`packages/${name}, packed`, () => {
    let folder: string;
    let packed: Packed;
    let json: PackageJson;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "irv2-"));
      packed = await pack(name, folder);
      json = JSON.parse(await readFile(repositoryFile(`packages/${name}/package.json`), "utf8"));
    });
    after(() => rm(folder, { recursive: true }));

    it("holds code, types and papers, and no test", () => {
      const isStray = (path: string) => path.includes(".test.") || path.includes(".tsbuildinfo");
      assert.deepEqual(packed.files.filter(isStray), []);
      assert.deepEqual(
        contents[name].filter((path) => !packed.files.includes(path)),
        [],
      );
    });

    it("passes publint", async () => {
      const tarball = new Uint8Array(await readFile(packed.archive)).buffer;
      const { messages, pkg } = await publint({ pack: { tarball } });
      assert.deepEqual(
        messages.map((message) => formatMessage(message, pkg)),
        [],
      );
    });

    it("passes attw, but for being ESM alone", async () => {
      // Node from 20.19 on, which "engines" asks for, loads ESM by require(): see below
      const args = [attw, packed.archive, "--ignore-rules", "cjs-resolves-to-esm", "--no-color"];
      const failure = await run(process.execPath, args).then(
        () => "",
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      );
      assert.equal(failure, "");
    });

    it("is the same by require() and by import", async () => {
      const required = require(json.name) as Readonly<Record<string, unknown>>;
      const imported = (await import(json.name)) as Readonly<Record<string, unknown>>;
      const names = Object.keys(imported).filter((key) => key !== "module.exports");
      assert.ok(names.includes("inceptionResNetV2"), `${names}`);
      for (const key of names) assert.equal(required[key], imported[key], key);
    });

    it("states each module that does something when it is loaded", () => {
      const { sideEffects } = json;
      const starts = /^bin\/|^dist\/cli\/main\.js$|worker\.js$/;
      const doing = packed.files.filter((path) => starts.test(path));
      if (sideEffects === false) return assert.deepEqual(doing, []);
      const isStated = (path: string) => sideEffects.some((glob) => matchesGlob(`./${path}`, glob));
      assert.ok(doing.length >= 4, `${doing}`);
      assert.deepEqual(packed.files.filter(isStated), doing);
    });
  });
}
