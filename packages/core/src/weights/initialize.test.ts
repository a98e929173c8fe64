import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { initializeParameters, initializers } from "./initialize.js";

const graph = lower(configureNetwork({ width: 0.25, classes: 10 }), { batchNormScale: true });

function spread(data: Float32Array): { largest: number; variance: number } {
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const variance = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
  return { largest: data.reduce((a, b) => Math.max(a, Math.abs(b)), 0), variance };
}

describe("initializeParameters()", () => {
  const kernel = "mixed_6a/branch_1/conv2d_0b_3x3/weight"; // [64, 64, 3, 3]
  const bounds = {
    slim: Math.sqrt(6 / (2 * 64 * 9)),
    keras: Math.sqrt(6 / (2 * 64 * 9)),
    pytorch: 1 / Math.sqrt(64 * 9),
  };

  for (const initializer of initializers) {
    it(`draws uniformly within the bounds of ${initializer}`, () => {
      const values = initializeParameters(graph, { initializer, seed: 1 });
      const { largest, variance } = spread(values.get(kernel)?.data ?? new Float32Array());
      const bound = bounds[initializer];
      assert.ok(largest <= bound && largest > bound * 0.999, `${largest} against ${bound}`);
      assert.ok(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.03, `variance ${variance}`);
    });
  }

  it("starts batch norm as the identity, and biases at zero but for PyTorch's", () => {
    for (const initializer of initializers) {
      const values = initializeParameters(graph, { initializer, seed: 1 });
      const all = (name: string, value: number) =>
        values.get(name)?.data.every((one) => one === value);
      assert.ok(all("conv2d_1a/gamma", 1) && all("conv2d_1a/beta", 0));
      assert.ok(all("conv2d_1a/moving_mean", 0) && all("conv2d_1a/moving_variance", 1));
      assert.equal(all("logits/bias", 0), initializer !== "pytorch");
    }
  });

  it("depends on the seed alone, not on what else the network has", () => {
    const values = (seed: number, classes: number) => {
      const other = lower(configureNetwork({ width: 0.25, classes }));
      return initializeParameters(other, { initializer: "slim", seed }).get(kernel)?.data;
    };
    assert.deepEqual(values(1, 10), values(1, 20));
    assert.notDeepEqual(values(1, 10), values(2, 10));
  });
});
