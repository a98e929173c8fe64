import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "../../tensor/tensor.js";
import { fromHwio, shapeFromHwio, shapeToHwio, toHwio } from "./hwio.js";

describe("layouts of TensorFlow", () => {
  it("turn into ours element by element, and back", () => {
    const [height, width, inputs, outputs] = [2, 3, 4, 5];
    const data = Float32Array.from({ length: 120 }, (_, at) => at);
    const theirs = tensor([height, width, inputs, outputs], data);
    const ours = fromHwio(theirs);
    assert.deepEqual(ours.shape, [outputs, inputs, height, width]);
    const [y, x, input, output] = [1, 2, 3, 1];
    const value = ours.data[((output * inputs + input) * height + y) * width + x];
    assert.equal(value, theirs.data[((y * width + x) * inputs + input) * outputs + output]);
    assert.deepEqual(toHwio(ours), theirs);
  });

  it("transpose dense weights, and leave vectors as they are", () => {
    const dense = tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    assert.deepEqual(fromHwio(dense), tensor([3, 2], Float32Array.of(1, 4, 2, 5, 3, 6)));
    assert.deepEqual(toHwio(fromHwio(dense)), dense);
    const bias = tensor([2], Float32Array.of(1, 2));
    assert.equal(fromHwio(bias).data, bias.data);
    assert.equal(toHwio(bias).data, bias.data);
  });

  it("have shapes of their own", () => {
    assert.deepEqual(shapeFromHwio([1, 7, 128, 160]), [160, 128, 1, 7]);
    assert.deepEqual(shapeToHwio([160, 128, 1, 7]), [1, 7, 128, 160]);
    assert.deepEqual(shapeFromHwio([1536, 1000]), [1000, 1536]);
    assert.deepEqual(shapeToHwio([7]), [7]);
  });
});
