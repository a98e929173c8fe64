/**
 * @file The core as a page gets it: bundled by esbuild for browsers, without polyfills, run where
 * nothing of Node is.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { openModel, topK } from "./helpers/in-browser.js";
import { repositoryFile } from "./helpers/paths.js";
import { smallLabels, smallModelFolder } from "./helpers/small-model.js";

const pageLimit = 80_000;
/** What Node has and browsers lack, where it is no property, no key and no part of a text. */
const nodeNames =
  /["'`]node:|(?<![\w.$"])(?:process|Buffer|require|module|exports|__dirname|__filename|global|setImmediate)(?![\w$:])/;

/** Bundles a file for browsers; what it imports must lie in the core. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [repositoryFile(entry)],
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    write: false,
    metafile: true,
    absWorkingDir: repositoryFile("."),
  });
  const [output] = Object.values(metafile.outputs);
  assert.deepEqual(output?.imports, []);
  const strangers = Object.keys(output?.inputs ?? {}).filter(
    (path) => path !== entry && !path.startsWith("packages/core/dist/"),
  );
  assert.deepEqual(strangers, []);
  const [file] = outputFiles;
  const text = file?.text ?? "";
  const at = text.search(nodeNames);
  assert.equal(at, -1, `a name of Node's: ${text.slice(at - 40, at + 40)}`);
  return text;
}

/** Runs in a thread that has lost what a page has not, so that what comes back needs none of it. */
const page = `
  const { parentPort, workerData } = require("node:worker_threads");
  const load = (url) => import(url);
  for (const name of ["process", "Buffer", "require", "module", "exports", "global", "setImmediate"]) {
    delete globalThis[name];
  }
  load(workerData.url).then(({ openModel, topK }) => {
    const { model, externalData, labels } = openModel(workerData.bytes);
    const absent = [typeof globalThis.process, typeof globalThis.Buffer];
    const ranked = topK(workerData.logits, 2, labels);
    parentPort.postMessage({ model, externalData, ranked, absent });
  });
`;

describe("the core in a bundle for browsers", () => {
  let folder: string;
  let weights: string;
  let text: string;

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
    text = await bundle("test/dist/helpers/in-browser.js");
  });
  after(() => rm(folder, { recursive: true }));

  it(`takes weights, spells ONNX and ranks in ${pageLimit} bytes`, () => {
    const size = gzipSync(text).length;
    assert.ok(size <= pageLimit, `expected at most ${pageLimit} bytes gzipped, got ${size}`);
    assert.ok(size > 10_000, `expected the code of a network, got ${size} bytes gzipped`);
  });

  it("makes the same model there as in Node", async () => {
    const url = join(await mkdtemp(join(tmpdir(), "irv2-page-")), "page.mjs");
    await writeFile(url, text);
    const bytes = new Uint8Array(await readFile(weights));
    const logits = smallLabels.map((_, at) => (at * 7) % 5);
    const worker = new Worker(page, {
      eval: true,
      workerData: { url: pathToFileURL(url).href, bytes, logits },
    });
    const got = await new Promise<Record<string, unknown>>((resolve, reject) => {
      worker.once("message", resolve).once("error", reject);
    }).finally(() => worker.terminate());
    await rm(dirname(url), { recursive: true });
    const { model, externalData } = openModel(bytes);
    assert.deepEqual(got, {
      model,
      externalData,
      ranked: topK(logits, 2, smallLabels),
      absent: ["undefined", "undefined"],
    });
  });

  it("fits as a whole", async () => {
    const size = gzipSync(await bundle("packages/core/dist/index.js")).length;
    assert.ok(size <= pageLimit, `expected at most ${pageLimit} bytes gzipped, got ${size}`);
  });
});
