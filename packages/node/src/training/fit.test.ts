import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { colorPhotos } from "@inception-resnet-v2/test/helpers/color-photos.js";
import type { Sample } from "../data/dataset.js";
import type { EpochEvent, StepEvent, TrainingEvent } from "./events.js";
import { findLearningRate } from "./find-rate.js";
import { fit } from "./fit.js";
import { openPhase } from "./open-phase.js";
import { measurePlan } from "./plan.js";
import { prepare } from "./prepare.js";
import { openExecutor, type Phase } from "./settings.js";
import { train } from "./train.js";

describe("training in a program", () => {
  let data: string;
  let weights: string;
  let at: (name: string) => string;
  const small = { width: 0.1, inputSize: 75, batch: 6, epochs: 1 };

  before(async () => {
    const { folder, photos } = await colorPhotos({ train: 8, validation: 4 });
    data = photos;
    at = (name) => join(folder, name);
    const { status, run, epochs, best } = await fit({ data, ...small, out: at("first") });
    assert.deepEqual([status, run, epochs.length, best?.epoch], ["done", at("first"), 1, 1]);
    weights = join(run, "weights", "best.safetensors");
  });

  it("fit() fine-tunes: it trains the classifier, then the end of the network, and calls back", async () => {
    const [steps, epochs, all]: [StepEvent[], EpochEvent[], TrainingEvent[]] = [[], [], []];
    const { status, epochs: rows } = await fit({
      data,
      weights,
      fineTune: true,
      out: at("tuned"),
      batch: 6,
      epochs: 1,
      headEpochs: 2,
      onStep: (event) => steps.push(event),
      onEpoch: (event) => epochs.push(event),
      onEvent: (event) => all.push(event),
    });
    assert.equal(status, "done");
    assert.deepEqual(epochs, rows);
    assert.deepEqual(
      epochs.map(({ phase }) => phase),
      ["head", "head", "tune"],
    );
    assert.equal(steps.length, 12);
    assert.deepEqual([all[0]?.event, all.at(-1)?.event], ["data", "done"]);
  });

  it("fit() stops by a signal, and goes on", async () => {
    const controller = new AbortController();
    const stopped = await fit({
      data,
      ...small,
      epochs: 2,
      out: at("stopped"),
      signal: controller.signal,
      onStep: ({ epoch, step }) => {
        if (epoch === 2 && step === 2) controller.abort();
      },
    });
    assert.equal(stopped.status, "interrupted");
    const resumed = await fit({ resume: stopped.run });
    assert.deepEqual([resumed.status, resumed.epochs.length], ["done", 1]);
  });

  it("train() throws the reason of a signal that comes before there is a run", async () => {
    const events = train({ data, ...small, out: at("never"), signal: AbortSignal.abort() });
    await assert.rejects(events.next(), { name: "AbortError" });
  });

  it("findLearningRate() suggests none where the loss is finite in too few steps", async () => {
    const kinds: string[] = [];
    const options = { data, ...small, clipNorm: null, steps: 9, range: [1e30, 1e35] } as const;
    for await (const { event } of findLearningRate(options)) kinds.push(event);
    assert.ok(kinds.includes("rate"));
    assert.ok(!kinds.includes("found"), kinds.join());
  });

  it("measurePlan() counts the epochs of the phase that it measures", async () => {
    const plan = await measurePlan({ data, weights, batch: 6, fineTune: true, epochs: 3 });
    assert.deepEqual([plan.freeze, plan.epochs], ["block17_20", 3]);
    assert.ok(Math.abs(plan.totalSeconds - plan.startSeconds - 3 * plan.epochSeconds) < 1e-9);
  });

  /** Everything that changes the order of photos, their pixels or their targets. */
  const mixed = {
    balanced: true,
    classWeights: true,
    labelSmoothing: 0.2,
    mixup: 0.4,
    cutmix: 0.4,
    microBatch: 3,
    seed: 5,
    engine: "onnxruntime",
  } as const;

  it("findLearningRate() sees the batches and targets of train()", async () => {
    const { photos } = await colorPhotos({ train: 8, validation: 2 });
    await rm(join(photos, "train", "red", "00.png")); // so that the classes differ in weight
    const options = { ...small, ...mixed, data: photos };
    let found: number | undefined;
    for await (const event of findLearningRate({ ...options, steps: 1 })) {
      if (event.event === "rate") found ??= event.loss;
    }
    const losses: number[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    for await (const event of train({ ...options, out: at("same"), signal })) {
      if (event.event !== "step") continue;
      losses.push(event.loss);
      controller.abort();
    }
    assert.equal(found, losses[0]);
  });

  it("openPhase() gives a plan, with features of a few photos, the targets of all", async () => {
    const options = { ...mixed, data, weights, batch: 6, freeze: "body" } as const;
    const { settings, dataset, parameters } = await drain(prepare(options));
    const executor = await openExecutor(settings);
    const [phase] = settings.phases as [Phase];
    const targets = async (featuresOf?: readonly Sample[]) => {
      const opening = { settings, dataset, phase, executor, parameters, keepFeatures: false };
      await using open = await drain(openPhase({ ...opening, ...(featuresOf && { featuresOf }) }));
      const seen: Tensor[] = [];
      for await (const parts of open.batches(1)) seen.push(...parts.map((one) => one.targets));
      return seen;
    };
    const all = await targets();
    assert.equal(all.length, 4); // 24 photos in batches of 6
    assert.deepEqual(await targets(dataset.train.slice(0, 6)), all);
    await executor.dispose();
  });
});

async function drain<T>(steps: AsyncGenerator<unknown, T>): Promise<T> {
  let next = await steps.next();
  while (!next.done) next = await steps.next();
  return next.value;
}
