/**
 * @file The packed packages on every runtime that they name, in a strict TypeScript project and from
 * CommonJS: each classifies, embeds and trains a few steps. What cannot be had is skipped.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { colorPhotos } from "./helpers/color-photos.js";
import { makeProject, npmInstall, ownEnvironment } from "./helpers/install.js";
import { pack } from "./helpers/pack.js";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);
const drawing = repositoryFile("examples/tomato.png");
const skipDownload = { npm_config_onnxruntime_node_install: "skip" };

/** TypeScript under `strict`, and ECMAScript where the types are left out. */
const program = (types: { list: string; floats: string }) => `
const [drawing = "", data = "", out = ""] = process.argv.slice(2);
const model = await InceptionResNetV2.load("everyday");
const [best]${types.list} = await model.classify(drawing);
const features${types.floats} = await model.embed(drawing);
await model.dispose();
const { status, epochs } = await fit({ data, out, width: 0.05, inputSize: 107, epochs: 1 });
console.log(best?.label, features.length, status, epochs.length);
`;
const body = program({ list: "", floats: "" });
const printed = "Tomato 568 done 1\n";
const programs = {
  "program.mjs": `import { InceptionResNetV2, fit } from "inception-resnet-v2";${body}`,
  "program.cjs": `const { InceptionResNetV2, fit } = require("inception-resnet-v2");
    if (!require("@inception-resnet-v2/core").inceptionResNetV2) throw new Error("no core");
    (async () => {${body}})();`,
  "src/program.ts": `import { fit, InceptionResNetV2, type Prediction } from "inception-resnet-v2";
    ${program({ list: ": Prediction[]", floats: ": Float32Array" })}`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      module: "nodenext",
      target: "es2023",
      lib: ["es2023", "esnext.disposable"],
      types: ["node"],
      rootDir: "src",
      outDir: "out",
    },
    include: ["src"],
  }),
} as const;

/** The runtimes: what npm installs for each, and how it starts a program there. */
const runtimes = {
  "this Node": { install: [], start: [process.execPath] },
  "Node 22": { install: ["node22@npm:node@22"], start: ["node_modules/node22/bin/node"] },
  "Node 24": { install: ["node24@npm:node@24"], start: ["node_modules/node24/bin/node"] },
  Bun: { install: ["bun"], start: ["node_modules/.bin/bun"] },
  Deno: { install: ["deno"], start: ["node_modules/.bin/deno", "run", "-A"] },
} as const;

describe("the packed packages", () => {
  let folder: string;
  let project: string;
  let photos: { folder: string; photos: string };
  let skip: string | undefined;
  let count = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    project = join(folder, "project");
    await makeProject(project);
    await mkdir(join(project, "src"));
    for (const [path, text] of Object.entries(programs)) await writeFile(join(project, path), text);
    const archives = [(await pack("core", folder)).archive, (await pack("node", folder)).archive];
    skip = await npmInstall(project, [...archives, "@types/node@20"], skipDownload);
    photos = await colorPhotos({ train: 2, validation: 1 });
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await rm(photos.folder, { recursive: true });
  });

  async function works(start: readonly string[], path: string): Promise<void> {
    const [file = "", ...args] = start;
    const command = file.startsWith("node_modules") ? join(project, file) : file;
    const out = join(folder, `run-${count++}`);
    const { stdout } = await run(command, [...args, path, drawing, photos.photos, out], {
      cwd: project,
      env: ownEnvironment(),
    });
    assert.equal(stdout, printed);
  }

  for (const [name, { install, start }] of Object.entries(runtimes)) {
    it(`classify, embed and train on ${name}, by import and by require()`, async (test) => {
      if (skip) return test.skip(skip);
      // a runtime that npm cannot bring here, for this platform or from this network
      const missing = await npmInstall(project, install, skipDownload).catch(
        (error: { stderr?: string }) => error.stderr?.split("\n")[0] ?? String(error),
      );
      if (missing) return test.skip(`${name}: ${missing}`);
      await works(start, "program.mjs");
      await works(start, "program.cjs");
    });
  }

  for (const version of ["6", "latest"]) {
    it(`compile in a strict project with typescript@${version}, and run`, async (test) => {
      const reason = skip ?? (await npmInstall(project, [`typescript@${version}`], skipDownload));
      if (reason) return test.skip(reason);
      await rm(join(project, "out"), { recursive: true, force: true });
      const compiler = join(project, "node_modules/.bin/tsc");
      const { stdout } = await run(compiler, ["-p", "."], { cwd: project }).catch((error) => error);
      assert.equal(stdout, "");
      await works([process.execPath], "out/program.js");
    });
  }
});
