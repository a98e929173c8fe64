import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Part } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Sample } from "../data/dataset.js";
import { epochOrder } from "../data/sampler.js";
import {
  type BatchOptions,
  epochBatches,
  fitToPhotos,
  stepsOf,
  trainingBatches,
  validationBatches,
} from "./batches.js";
import type { Phase } from "./settings.js";

const samples: Sample[] = Array.from({ length: 7 }, (_, at) => ({ file: `${at}`, label: at % 2 }));
const load = async ({ file }: Sample) => tensor([1], Float32Array.of(Number(file)));
const options: BatchOptions = {
  load,
  samples,
  order: Int32Array.of(6, 5, 4, 3, 2, 1, 0),
  epoch: 0,
  from: 0,
  batch: 2,
  parts: 1,
  mixup: 0,
  cutmix: 0,
  seed: 1,
  classes: 2,
  labelSmoothing: 0,
};

async function collect(changes: Partial<BatchOptions>): Promise<(readonly Part[])[]> {
  const all: (readonly Part[])[] = [];
  for await (const parts of epochBatches({ ...options, ...changes })) all.push(parts);
  return all;
}

const inputs = (batches: (readonly Part[])[]) =>
  batches.map((parts) => parts.map(({ input }) => [...input.data]));

describe("epochBatches()", () => {
  it("follows the order and leaves out a last batch that is not full", async () => {
    const batches = await collect({});
    assert.deepEqual(inputs(batches), [[[6, 5]], [[4, 3]], [[2, 1]]]);
    assert.equal(batches.length, stepsOf(samples.length, 2));
    assert.deepEqual([...(batches[0]?.[0]?.targets.data ?? [])], [1, 0, 0, 1]);
  });

  it("goes on in the middle and divides a batch into parts", async () => {
    assert.deepEqual(inputs(await collect({ from: 2 })), [[[2, 1]]]);
    assert.deepEqual(inputs(await collect({ batch: 4, parts: 2 })), [
      [
        [6, 5],
        [4, 3],
      ],
    ]);
  });

  it("names a stream for each place of each epoch", async () => {
    const streams: string[] = [];
    const named = (sample: Sample, stream: string) => {
      streams.push(stream);
      return load(sample);
    };
    await collect({ load: named, epoch: 4, from: 1 });
    assert.deepEqual(
      streams,
      [2, 3, 4, 5].map((at) => `augment/4/${at}`),
    );
  });

  it("blends the same way each time, and otherwise in another epoch", async () => {
    const photos = async (sample: Sample) => {
      const { data } = await load(sample);
      return tensor([1, 1, 1], data);
    };
    const mixed = (epoch: number) => collect({ load: photos, mixup: 1, batch: 6, epoch });
    const first = await mixed(0);
    assert.deepEqual(await mixed(0), first);
    assert.notDeepEqual(await mixed(1), first);
    const sum = first[0]?.[0]?.targets.data.reduce((a, b) => a + b, 0) ?? 0;
    assert.ok(Math.abs(sum - 6) < 1e-5);
  });

  it("mixes a batch before it is cut, so that the number of parts changes nothing", async () => {
    const photos = async (sample: Sample) => {
      const pixels = Float32Array.from({ length: 48 }, (_, at) => Number(sample.file) + at / 48);
      return tensor([3, 4, 4], pixels);
    };
    for (const kinds of [{ mixup: 1 }, { cutmix: 1 }, { mixup: 0.4, cutmix: 0.4 }]) {
      const mixed = async (parts: number) => {
        const batches = await collect({ ...kinds, load: photos, batch: 6, parts });
        return batches.map((batch) => ({
          input: batch.flatMap(({ input }) => [...input.data]),
          targets: batch.flatMap(({ targets }) => [...targets.data]),
        }));
      };
      const whole = await mixed(1);
      for (const parts of [2, 3, 6]) assert.deepEqual(await mixed(parts), whole);
      const plain = await collect({ load: photos, batch: 6 });
      assert.notDeepEqual(whole[0]?.targets, [...(plain[0]?.[0]?.targets.data ?? [])]);
    }
  });

  it("passes on what went wrong with a photo", async () => {
    const broken = async () => Promise.reject(new Error("broken"));
    await assert.rejects(collect({ load: broken }), /broken/);
  });
});

describe("validationBatches()", () => {
  it("gives every sample once, in order", async () => {
    const rows: number[][] = [];
    for await (const batch of validationBatches(samples, 3, load)) rows.push([...batch.data]);
    assert.deepEqual(rows, [[0, 1, 2], [3, 4, 5], [6]]);
  });
});

describe("trainingBatches()", () => {
  it("follows the seed, the epoch and all that changes order or targets", async () => {
    const settings = { seed: 3, labelSmoothing: 0.2, mixup: 0, cutmix: 0 };
    const flags = { balanced: true, classWeights: true };
    const source = {
      settings: { ...settings, ...flags },
      phase: { batch: 3, parts: 1 },
      dataset: { train: samples, classes: ["even", "odd"] },
      load,
    };
    const found: (readonly Part[])[] = [];
    for await (const parts of trainingBatches(source, 2, 1)) found.push(parts);
    const expected = await collect({
      ...settings,
      batch: 3,
      order: epochOrder(samples, { seed: 3, epoch: 2, balanced: true }),
      epoch: 2,
      from: 1,
      classWeights: [7 / 8, 7 / 6],
    });
    assert.equal(found.length, 1);
    assert.deepEqual(found, expected);
    assert.notDeepEqual(found, await collect({ ...settings, batch: 3, from: 1 }));
  });
});

describe("fitToPhotos()", () => {
  it("makes a step of all photos where they are fewer than a batch", () => {
    const phase: Phase = {
      name: "train",
      freeze: "none",
      epochs: 1,
      learningRate: 1,
      warmupEpochs: 0,
      batch: 8,
      parts: 4,
    };
    assert.equal(fitToPhotos(phase, 8), phase);
    assert.deepEqual(fitToPhotos({ ...phase, parts: 1 }, 7), { ...phase, batch: 7, parts: 1 });
  });

  it("never takes more at once than before", () => {
    const phase: Phase = {
      name: "train",
      freeze: "none",
      epochs: 1,
      learningRate: 1,
      warmupEpochs: 0,
      batch: 32,
      parts: 4,
    };
    assert.deepEqual(fitToPhotos(phase, 29), { ...phase, batch: 24, parts: 3 });
    assert.deepEqual(fitToPhotos(phase, 5), { ...phase, batch: 5, parts: 1 });
  });
});
