import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom } from "./random.js";
import { formatShape, item, relativeL2, sameShape, sizeOf, stack, tensor } from "./tensor.js";

describe("tensor()", () => {
  it("refuses data of another size", () => {
    assert.throws(() => tensor([2, 3], new Float32Array(5)), {
      name: "RangeError",
      message: "Cannot make a tensor: expected 6 values for 2x3, got 5",
    });
  });

  it("is all zeros without data", () => {
    assert.deepEqual(tensor([2, 2]), { shape: [2, 2], data: new Float32Array(4) });
    assert.equal(tensor([]).data.length, 1);
    assert.equal(tensor([0, 3]).data.length, 0);
  });

  it("stacks items and gives them back", () => {
    const items = [tensor([2], Float32Array.of(1, 2)), tensor([2], Float32Array.of(3, 4))];
    const batch = stack(items);
    assert.deepEqual(batch.shape, [2, 2]);
    assert.deepEqual([...item(batch, 1).data], [3, 4]);
    assert.equal(formatShape(batch.shape), "2x2");
    assert.equal(formatShape([]), "scalar");
  });
});

describe("item()", () => {
  it("is a view: what changes there changes in the batch", () => {
    const batch = tensor([2, 1, 2], Float32Array.of(1, 2, 3, 4));
    const second = item(batch, 1);
    assert.deepEqual(second.shape, [1, 2]);
    second.data[0] = 9;
    assert.deepEqual([...batch.data], [1, 2, 9, 4]);
  });
});

describe("stack()", () => {
  it("refuses items of another shape, also where it has as many values", () => {
    assert.throws(() => stack([tensor([1]), tensor([2])]), {
      name: "RangeError",
      message: "Cannot stack tensors: expected 1 at index 1, got 2",
    });
    assert.throws(() => stack([tensor([2, 3]), tensor([2, 3]), tensor([3, 2])]), {
      name: "RangeError",
      message: "Cannot stack tensors: expected 2x3 at index 2, got 3x2",
    });
  });
});

describe("shapes", () => {
  it("are sized, compared and written", () => {
    assert.equal(sizeOf([32, 3, 3, 3]), 864);
    assert.equal(sizeOf([]), 1);
    assert.ok(sameShape([1, 2], [1, 2]) && sameShape([], []));
    assert.ok(!sameShape([1, 2], [2, 1]) && !sameShape([1], [1, 1]));
    assert.equal(formatShape([320, 128, 1, 1]), "320x128x1x1");
  });
});

describe("relativeL2()", () => {
  it("is the length of the difference by the length of what is expected", () => {
    assert.equal(relativeL2([3, 4], [3, 4]), 0);
    assert.equal(relativeL2([3, 5], [3, 4]), 0.2);
    assert.equal(relativeL2([0, 0], [3, 4]), 1);
  });

  it("is no number where values are missing or no numbers", () => {
    assert.ok(Number.isNaN(relativeL2([3], [3, 4])));
    assert.ok(Number.isNaN(relativeL2([3, Number.NaN], [3, 4])));
  });
});

describe("createRandom()", () => {
  it("repeats itself from a seed and from a saved state, and differs by seed and name", () => {
    const [a, b] = [createRandom(7, "x"), createRandom(7, "x")];
    const first = Array.from({ length: 5 }, () => a.uniform());
    assert.deepEqual(
      first,
      Array.from({ length: 5 }, () => b.uniform()),
    );
    const resumed = createRandom(a.state);
    assert.equal(resumed.uniform(), a.uniform());
    assert.notEqual(createRandom(8, "x").uniform(), first[0]);
    assert.notEqual(createRandom(7, "y").uniform(), first[0]);
  });

  it("is uniform and normal as far as 100,000 draws can tell", () => {
    const random = createRandom(1);
    const draws = 100_000;
    let [sum, normalSum, normalSquares] = [0, 0, 0];
    for (let at = 0; at < draws; at++) {
      sum += random.uniform();
      const normal = random.normal();
      normalSum += normal;
      normalSquares += normal * normal;
    }
    assert.ok(Math.abs(sum / draws - 0.5) < 0.005);
    assert.ok(Math.abs(normalSum / draws) < 0.02);
    assert.ok(Math.abs(normalSquares / draws - 1) < 0.03);
  });

  it("shuffles every element to somewhere", () => {
    const list = Array.from({ length: 50 }, (_, at) => at);
    createRandom(3).shuffle(list);
    assert.notDeepEqual(
      list,
      [...list].sort((a, b) => a - b),
    );
    assert.deepEqual(
      [...list].sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, at) => at),
    );
  });
});
