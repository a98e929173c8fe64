import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { classWeights, epochOrder } from "./sampler.js";

function samplesOf(...counts: number[]): { label: number }[] {
  return counts.flatMap((count, label) => Array.from({ length: count }, () => ({ label })));
}

describe("epochOrder()", () => {
  it("is a permutation of the samples", () => {
    const order = epochOrder(samplesOf(30, 20), { seed: 1, epoch: 1 });
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i),
    );
    assert.notDeepEqual([...order], [...order.toSorted()]);
  });

  it("follows from seed and epoch", () => {
    for (const balanced of [false, true]) {
      const order = (seed: number, epoch: number) =>
        epochOrder(samplesOf(30, 20), { seed, epoch, balanced });
      assert.deepEqual(order(1, 2), order(1, 2));
      assert.notDeepEqual(order(1, 2), order(1, 3));
      assert.notDeepEqual(order(1, 2), order(2, 2));
    }
  });

  it("stays the order it is, so that saved runs can be taken up", () => {
    const samples = samplesOf(6, 2);
    assert.deepEqual([...epochOrder(samples, { seed: 7, epoch: 3 })], [3, 6, 0, 4, 7, 2, 5, 1]);
    assert.deepEqual(
      [...epochOrder(samples, { seed: 7, epoch: 3, balanced: true })],
      [7, 6, 6, 3, 7, 2, 4, 0],
    );
  });

  it("puts each sample first about as often as any other", () => {
    const samples = samplesOf(5);
    const first = new Array<number>(5).fill(0);
    for (let epoch = 0; epoch < 2000; epoch++) {
      const [index] = epochOrder(samples, { seed: 3, epoch });
      first[index as number] = (first[index as number] as number) + 1;
    }
    // Four standard deviations of a fifth of 2000 are 72.
    assert.ok(
      first.every((count) => Math.abs(count - 400) < 72),
      `${first}`,
    );
  });

  it("balanced, draws classes equally often and samples of one as evenly as can be", () => {
    const samples = samplesOf(70, 5, 26); // 101 samples: 33 or 34 of each class
    for (let epoch = 0; epoch < 20; epoch++) {
      const order = epochOrder(samples, { seed: 5, epoch, balanced: true });
      assert.equal(order.length, 101);
      const times = new Array<number>(101).fill(0);
      for (const index of order) times[index] = (times[index] as number) + 1;
      for (const label of [0, 1, 2]) {
        const inClass = times.filter((_, index) => samples[index]?.label === label);
        const total = inClass.reduce((sum, count) => sum + count, 0);
        assert.ok(total === 33 || total === 34, `${total}`);
        assert.ok(Math.max(...inClass) - Math.min(...inClass) <= 1);
      }
    }
  });

  it("balanced, gives every class its turn to be drawn once more", () => {
    const samples = samplesOf(3, 2); // 5 samples: 3 of one class, 2 of the other
    const more = new Set<number>();
    for (let epoch = 0; epoch < 20; epoch++) {
      const order = epochOrder(samples, { seed: 5, epoch, balanced: true });
      more.add([...order].filter((index) => index < 3).length);
    }
    assert.deepEqual([...more].sort(), [2, 3]);
  });

  it("passes over classes without samples", () => {
    const samples = [{ label: 4 }, { label: 4 }, { label: 4 }, { label: 9 }];
    const order = epochOrder(samples, { seed: 1, epoch: 1, balanced: true });
    assert.equal([...order].filter((index) => index === 3).length, 2);
  });

  it("of no samples is empty", () => {
    assert.equal(epochOrder([], { seed: 1, epoch: 1 }).length, 0);
    assert.equal(epochOrder([], { seed: 1, epoch: 1, balanced: true }).length, 0);
  });
});

describe("classWeights()", () => {
  it("is inverse to the counts, with mean 1 over the samples", () => {
    const weights = classWeights(samplesOf(6, 3, 1), 3);
    assert.deepEqual(weights, [10 / 18, 10 / 9, 10 / 3]);
    const sum = 6 * (10 / 18) + 3 * (10 / 9) + 10 / 3;
    assert.ok(Math.abs(sum / 10 - 1) < 1e-12);
  });

  it("is 1 where classes are equal, and 0 for a class without samples", () => {
    assert.deepEqual(classWeights(samplesOf(4, 4), 2), [1, 1]);
    assert.deepEqual(classWeights(samplesOf(4, 0, 4), 3), [1, 0, 1]);
  });
});
