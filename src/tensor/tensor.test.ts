import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom } from "./random.js";
import { formatShape, item, stack, tensor } from "./tensor.js";

describe("tensor()", () => {
  it("refuses data of another size", () => {
    assert.throws(() => tensor([2, 3], new Float32Array(5)), {
      name: "RangeError",
      message: "Cannot make a tensor: expected 6 values for 2x3, got 5",
    });
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
