import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Part } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Sample } from "../data/dataset.js";
import { type BatchOptions, epochBatches, stepsOf, validationBatches } from "./batches.js";

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
