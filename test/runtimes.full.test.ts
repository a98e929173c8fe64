/**
 * @file The packed packages on every runtime that they name, in a strict TypeScript project and from
 * CommonJS: each classifies, embeds and trains a few steps, and each runtime reads and writes weights in
 * threads, gives up and ends by itself. What cannot be had is skipped.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { saveWeights } from "inception-resnet-v2";
import { colorPhotos } from "./helpers/color-photos.js";
import { makeProject, npmInstall, ownEnvironment } from "./helpers/install.js";
import { pack } from "./helpers/pack.js";
import { repositoryFile } from "./helpers/paths.js";

const run = promisify(execFile);
const drawing = repositoryFile("examples/tomato.png");
/** Of a program that does not end by itself. */
const timeoutMs = 180_000;
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

/** Full-size and small weights to files and back, files that do not fit, calls that are given up. */
const weightsProgram = `
import { exportWeights, loadWeights, ModelError } from "inception-resnet-v2";
import { readdirSync } from "node:fs";
const [full, strangers, out] = process.argv.slice(2);
for (const [weights, name, format] of [
  ["everyday", "small.onnx"],
  ["everyday", "small-tfjs", "tfjs"],
  ["everyday", "small.safetensors"],
  [full, "full.pth"],
  [full, "full.weights.h5"],
]) {
  const { check } = await exportWeights({ weights, out: out + "/" + name, format });
  const { parameters } = await loadWeights(out + "/" + name);
  const worst = Math.max(...(check.parity ?? []).map(({ difference }) => difference), 0);
  console.log(name, parameters.size, check.equal, worst < 1e-5);
}
for (const name of readdirSync(strangers).sort()) {
  await loadWeights(strangers + "/" + name).catch((error) => {
    console.log(name, error instanceof ModelError, error.code);
  });
}
await loadWeights(full, { signal: AbortSignal.timeout(30) }).catch(({ name }) => console.log(name));
const aborted = { weights: full, out: out + "/aborted.pth", signal: AbortSignal.timeout(200) };
await exportWeights(aborted).catch(({ name }) => console.log(name));
console.log(readdirSync(out).sort().join(" "));
`;
const weightsPrinted = `small.onnx 898 0 true
small-tfjs 898 898 true
small.safetensors 898 898 true
full.pth 898 898 true
full.weights.h5 898 898 true
resnet.h5 true WEIGHTS_NETWORK
resnet.onnx true WEIGHTS_NETWORK
resnet.pth true WEIGHTS_NETWORK
TimeoutError
TimeoutError
full.pth full.weights.h5 small-tfjs small.onnx small.safetensors
`;

const programs = {
  "weights.mjs": weightsProgram,
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
  let full: string;
  let strangers: string;
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
    full = join(folder, "full.safetensors");
    const network = lower(configureNetwork({}));
    await saveWeights(full, initializeParameters(network, { initializer: "slim", seed: 0 }));
    strangers = join(folder, "strangers");
    await mkdir(strangers);
    for (const name of ["resnet.h5", "resnet.onnx", "resnet.pth"]) {
      const packed = await readFile(repositoryFile(`test/golden/strangers/${name}.gz`));
      await writeFile(join(strangers, name), gunzipSync(packed));
    }
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await rm(photos.folder, { recursive: true });
  });

  /** Runs a program that must print this, and must end by itself. */
  async function prints(
    expected: string,
    [file = "", ...args]: readonly string[],
    more: readonly string[],
  ): Promise<void> {
    const command = file.startsWith("node_modules") ? join(project, file) : file;
    const { stdout } = await run(command, [...args, ...more], {
      cwd: project,
      env: ownEnvironment(),
      timeout: timeoutMs,
    });
    assert.equal(stdout, expected);
  }

  const works = (start: readonly string[], path: string) =>
    prints(printed, start, [path, drawing, photos.photos, join(folder, `run-${count++}`)]);

  async function readsAndWrites(start: readonly string[]): Promise<void> {
    const out = join(folder, `weights-${count++}`);
    await mkdir(out);
    await prints(weightsPrinted, start, ["weights.mjs", full, strangers, out]);
    await rm(out, { recursive: true });
  }

  for (const [name, { install, start }] of Object.entries(runtimes)) {
    it(`classify, embed, train, read and write on ${name}, by import and by require()`, async (test) => {
      if (skip) return test.skip(skip);
      // a runtime that npm cannot bring here, for this platform or from this network
      const missing = await npmInstall(project, install, skipDownload).catch(
        (error: { stderr?: string }) => error.stderr?.split("\n")[0] ?? String(error),
      );
      if (missing) return test.skip(`${name}: ${missing}`);
      await works(start, "program.mjs");
      await works(start, "program.cjs");
      await readsAndWrites(start);
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
