/**
 * @file The event loop of the caller while full-size weights are read and written: it goes on turning.
 */
import assert from "node:assert/strict";
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

/** How late the loop was by the clock, in milliseconds. */
interface Delay {
  readonly p99: number;
  readonly max: number;
}

async function delayDuring(work: () => Promise<unknown>): Promise<Delay> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  await sleep(20); // nothing of what came before is counted
  histogram.enable();
  await work();
  await sleep(20); // a pause at the very end is
  histogram.disable();
  assert.ok(histogram.count > 50, `expected a loop that turns, got ${histogram.count} turns`);
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
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
    const { p99, max } = delay;
    context.diagnostic(`${name.padEnd(20)} p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(1)} ms`);
  }
  assert.ok(
    seen.some(isGood),
    `${name}: expected p99 < ${limits.p99} ms and a longest pause < ${limits.max} ms`,
  );
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
