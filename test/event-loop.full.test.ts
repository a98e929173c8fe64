/**
 * @file The event loop of the caller while full-size weights are read and written: it goes on turning.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import {
  type ExportFormat,
  exportFormats,
  exportWeights,
  InceptionResNetV2,
  loadWeights,
  saveWeights,
} from "inception-resnet-v2";

/** The most that the loop may be late, in milliseconds. */
const limits = { p99: 20, max: 60 };

/** What else disturbs the loop does not do so each time: the best of so many tries counts. */
const tries = 3;

/** How late the loop was, in milliseconds. */
interface Delay {
  /** Less the time in which this thread could have run and other threads and programs had the cores. */
  readonly p99: number;
  readonly max: number;
  /** By the clock alone. */
  readonly clock: { readonly p99: number; readonly max: number };
  readonly seconds: number;
}

/** Milliseconds that this thread has waited for a core so far; 0 where the system does not say. */
function waitedForCore(): number {
  try {
    const [, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(
      " ",
    );
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}

async function delayDuring(work: () => Promise<unknown>): Promise<Delay> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  await sleep(20); // nothing of what came before is counted
  const laps: number[] = [];
  let [last, waited] = [performance.now(), waitedForCore()];
  const timer = setInterval(() => {
    const [now, until] = [performance.now(), waitedForCore()];
    laps.push(now - last - (until - waited));
    [last, waited] = [now, until];
  }, 1);
  histogram.enable();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  await sleep(20); // a pause at the very end is
  histogram.disable();
  clearInterval(timer);
  assert.ok(laps.length > 50, `expected a loop that turns, got ${laps.length} turns`);
  laps.sort((one, other) => one - other);
  const clock = { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
  const p99 = laps[Math.floor(laps.length * 0.99)] as number;
  return { p99, max: laps.at(-1) as number, clock, seconds };
}

const isGood = ({ p99, max }: Delay) => p99 < limits.p99 && max < limits.max;

/** Does work until the loop was free meanwhile, and fails when it never was. */
async function expectFree(
  context: TestContext,
  name: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const seen: Delay[] = [];
  while (seen.length < tries && !seen.some(isGood)) {
    const delay = await delayDuring(work);
    seen.push(delay);
    const text = ({ p99, max }: Delay["clock"]) => `p99 ${p99.toFixed(1)} max ${max.toFixed(1)} ms`;
    const row = [name.padEnd(20), text(delay), `(by the clock ${text(delay.clock)})`];
    context.diagnostic([...row, `${delay.seconds.toFixed(1)} s`].join("  "));
  }
  assert.ok(seen.some(isGood), `${name}: expected p99 < 20 ms and max < 60 ms`);
}

describe("the event loop, while 224 MB of weights", () => {
  const formats = Object.keys(exportFormats) as ExportFormat[];
  const ends = { keras: ".weights.h5", torch: ".pth", onnx: ".onnx", tfjs: "" } as const;
  let folder: string;
  let weights: string;
  const pathOf = (format: ExportFormat) =>
    join(folder, `${format}${format in ends ? ends[format as keyof typeof ends] : ".safetensors"}`);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-loop-"));
    weights = join(folder, "weights.safetensors");
    const graph = lower(configureNetwork({}));
    const parameters = initializeParameters(graph, { initializer: "slim", seed: 1 });
    await saveWeights(weights, parameters);
  });

  after(() => rm(folder, { recursive: true }));

  for (const format of formats) {
    it(`are written as ${format}, and looked at again`, async (context) => {
      const out = pathOf(format);
      await expectFree(context, `export ${format}`, async () => {
        await rm(out, { recursive: true, force: true });
        await exportWeights({ weights, out, format });
      });
    });

    it(`are read from ${format} into a model`, async (context) => {
      await expectFree(context, `load ${format}`, async () => {
        await using _ = await InceptionResNetV2.load(pathOf(format));
      });
    });
  }

  it("are written that are in memory already", async (context) => {
    const loaded = await loadWeights(weights);
    const out = join(folder, "memory.safetensors");
    await expectFree(context, "export from memory", () =>
      exportWeights({ weights: loaded, out, parity: false }),
    );
  });

  it("become a model, from memory", async (context) => {
    const loaded = await loadWeights(weights);
    await expectFree(context, "fromWeights", async () => {
      await using _ = await InceptionResNetV2.fromWeights(loaded);
    });
  });

  it("are drawn", async (context) => {
    await expectFree(context, "create", async () => {
      await using _ = await InceptionResNetV2.create();
    });
  });
});
