/**
 * @file Calls that are given up again and again leave no native memory: sessions, primitives and copies of
 * weights are freed, whenever the signal comes.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { exportWeights, InceptionResNetV2, initializeParameters } from "inception-resnet-v2";
import { saveWeights } from "inception-resnet-v2/internal/weights/save.js";
import { type Call, leavingNoThread } from "./helpers/abort.js";
import { noOneDnn } from "./helpers/engines.js";

/** A network whose parameters take some 30 MB: each that is left behind shows. */
const shape = { width: 0.35, inputSize: 107 } as const;
const parameterBytes = 25e6;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Memory of this process without what waits to be collected. */
function residentBytes(): number {
  collectGarbage();
  return process.memoryUsage.rss();
}

/** How often a call is given up, once it was so often that memory is what it stays. */
const rounds = 12;

describe("memory after calls that were given up", () => {
  let folder: string;
  let weights: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    weights = join(folder, "w.safetensors");
    const graph = lower(configureNetwork({ ...shape, classes: 10 }));
    const parameters = initializeParameters(graph, { initializer: "slim", seed: 1 });
    const bytes = [...parameters.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    assert.ok(bytes > parameterBytes, `${bytes}`);
    const network = {
      arch: "inception_resnet_v2",
      ...shape,
      inputSize: [107, 107],
      pooling: "avg",
      dropout: 0.2,
    } as const;
    await saveWeights(weights, parameters, { metadata: { network } });
  });

  after(() => rm(folder, { recursive: true }));

  /** Gives a call up all along its course; half of what would be left behind is too much. */
  async function staysFlat(context: TestContext, call: Call): Promise<void> {
    const start = performance.now();
    await call(undefined);
    const whole = performance.now() - start;
    let [before, rejected] = [0, 0];
    for (let round = 0; round < 2 * rounds; round++) {
      if (round === rounds) [before, rejected] = [residentBytes(), 0];
      const afterMs = (whole * ((round % rounds) + 0.5)) / rounds;
      await leavingNoThread(async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const timer = setTimeout(() => controller.abort(new Error("changed my mind")), afterMs);
        await call(signal).catch((error: unknown) => {
          assert.equal(error, signal.reason);
          rejected++;
        });
        clearTimeout(timer);
      });
    }
    const grown = residentBytes() - before;
    context.diagnostic(`grew by ${(grown / 1e6).toFixed(0)} MB over ${rejected} calls given up`);
    assert.ok(rejected >= rounds / 3, `expected calls that are given up, got ${rejected}`);
    const limit = (rejected * parameterBytes) / 2;
    assert.ok(grown < limit, `grew by ${grown / 1e6} MB, ${rejected} calls given up`);
  }

  const load =
    (engine: "onnxruntime" | "onednn" | "wasm") => async (signal: AbortSignal | undefined) => {
      await using _ = await InceptionResNetV2.load(weights, { engine, signal });
    };

  it("load on onnxruntime", (context) => staysFlat(context, load("onnxruntime")));
  it("load on onednn", { skip: noOneDnn }, (context) => staysFlat(context, load("onednn")));
  for (const format of ["onnx", "torch"] as const) {
    it(`exportWeights to ${format}`, (context) =>
      staysFlat(context, (signal) =>
        exportWeights({ weights, out: join(folder, `out.${format}`), format, signal }),
      ));
  }
});
