import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError, UsageError } from "../errors.js";
import { createRandom } from "../tensor/random.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { cutmix, drawBeta, mixup } from "./mix.js";

const [pictures, height, width] = [6, 10, 14];

/** Picture k holds 2^k everywhere and is of class k; so sums tell who is in a mix. */
function batch(): { images: Tensor; targets: Tensor } {
  const size = 3 * height * width;
  const images = Float32Array.from(
    { length: pictures * size },
    (_, i) => 2 ** Math.floor(i / size),
  );
  const targets = Float32Array.from({ length: pictures * pictures }, (_, i) =>
    i % (pictures + 1) === 0 ? 1 : 0,
  );
  return {
    images: tensor([pictures, 3, height, width], images),
    targets: tensor([pictures, pictures], targets),
  };
}

/** What the targets say that the mean of a picture is. */
function promised(targets: Tensor, at: number): number {
  const row = targets.data.subarray(at * pictures, (at + 1) * pictures);
  return row.reduce((sum, share, k) => sum + share * 2 ** k, 0);
}

describe("mixup()", () => {
  it("mixes pictures and targets alike, each with one partner", () => {
    const random = createRandom(1);
    for (let round = 0; round < 50; round++) {
      const { images, targets } = batch();
      const kept = mixup(images, targets, 0.8, random);
      const size = 3 * height * width;
      const given = new Float64Array(pictures);
      for (let at = 0; at < pictures; at++) {
        const picture = images.data.subarray(at * size, (at + 1) * size);
        assert.ok(picture.every((value) => value === picture[0]));
        assert.ok(Math.abs((picture[0] as number) - promised(targets, at)) < 1e-4);
        const row = [...targets.data.subarray(at * pictures, (at + 1) * pictures)];
        const own = row[at] as number;
        assert.ok(Math.abs(own - kept) < 1e-6 || own === 1);
        row.forEach((share, k) => {
          given[k] = (given[k] as number) + share;
        });
      }
      // A permutation: every picture is somebody's partner.
      assert.ok(given.every((sum) => Math.abs(sum - 1) < 1e-5));
    }
  });

  it("leaves a batch of one as it is", () => {
    const images = tensor(
      [1, 3, 2, 2],
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    const targets = tensor([1, 3], Float32Array.of(0, 1, 0));
    mixup(images, targets, 1, createRandom(1));
    cutmix(images, targets, 1, createRandom(1));
    assert.deepEqual([...images.data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.deepEqual([...targets.data], [0, 1, 0]);
  });
});

describe("cutmix()", () => {
  it("puts one rectangle of the partner into each picture, and mixes targets by its area", () => {
    const random = createRandom(2);
    const shares = Array.from({ length: 200 }, () => {
      const { images, targets } = batch();
      const kept = cutmix(images, targets, 1, random);
      const plane = height * width;
      for (let at = 0; at < pictures; at++) {
        const own = 2 ** at;
        for (let channel = 0; channel < 3; channel++) {
          const start = (at * 3 + channel) * plane;
          const values = [...images.data.subarray(start, start + plane)];
          const foreign = values.flatMap((value, i) => (value === own ? [] : [i]));
          assert.ok(new Set(foreign.map((i) => values[i])).size <= 1);
          const rows = new Set(foreign.map((i) => Math.floor(i / width)));
          const columns = new Set(foreign.map((i) => i % width));
          assert.equal(foreign.length, rows.size * columns.size);
          const mean = values.reduce((sum, value) => sum + value, 0) / plane;
          assert.ok(Math.abs(mean - promised(targets, at)) < 1e-4);
        }
      }
      return kept;
    });
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    assert.ok(least < 0.4 && most > 0.95, `${least} to ${most}`);
  });
});

describe("drawBeta()", () => {
  it("has the mean and the variance of Beta(alpha, alpha)", () => {
    for (const alpha of [0.1, 0.2, 0.5, 1, 2, 8]) {
      const random = createRandom(3, `${alpha}`);
      const drawn = Array.from({ length: 20_000 }, () => drawBeta(alpha, random));
      const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
      const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
      assert.ok(Math.abs(mean - 0.5) < 0.015, `alpha ${alpha}: mean ${mean}`);
      const expected = 1 / (4 * (2 * alpha + 1));
      assert.ok(Math.abs(variance / expected - 1) < 0.04, `alpha ${alpha}: variance ${variance}`);
      assert.ok(drawn.every((x) => x >= 0 && x <= 1));
    }
  });

  it("draws numbers for a tiny alpha too", () => {
    const random = createRandom(4);
    for (let i = 0; i < 2000; i++) assert.ok(Number.isFinite(drawBeta(1e-3, random)));
  });
});

describe("what mixing refuses", () => {
  it("names an alpha that is not above 0", () => {
    for (const alpha of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { images, targets } = batch();
      assert.throws(
        () => mixup(images, targets, alpha, createRandom(1)),
        new UsageError("OPTION_RANGE", `Cannot mix pictures: expected alpha above 0, got ${alpha}`),
      );
    }
  });

  it("names shapes that do not belong together", () => {
    const { images } = batch();
    assert.throws(
      () => cutmix(images, tensor([5, 6]), 1, createRandom(1)),
      new InputError(
        "TENSOR_SHAPE",
        "Cannot mix pictures: expected a batch of pictures and as many rows of targets, got 6x3x10x14 and 5x6",
      ),
    );
  });
});
