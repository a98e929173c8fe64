/**
 * @file The ops that change parameters: one step of each optimiser, and running averages.
 *
 * All work element by element, so an executor may write an output over the input of the same name.
 * `rate` is the learning rate, a scalar given at each step; weight decay adds decay * w to the
 * gradient (slim: the gradient of decay / 2 |w|^2), except in AdamW, where it is decoupled.
 */
import { formatShape, type Shape, sameShape } from "../tensor/tensor.js";
import type { OpDefinition } from "./ops.js";
import { expect } from "./shape-checks.js";

/** The attributes of the optimiser ops. `rateFactor` multiplies the learning rate of this tensor. */
export interface OptimizerAttributes {
  readonly rmsprop_update: Step & {
    readonly decay: number;
    readonly momentum: number;
    readonly epsilon: number;
  };
  readonly sgd_update: Step & { readonly momentum: number; readonly nesterov: boolean };
  readonly adamw_update: Step & {
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
  };
  readonly moving_average: { readonly decay: number; readonly gain: number };
  readonly average_update: object;
  readonly accumulate: object;
  readonly clip_factor: { readonly limit: number };
}

interface Step {
  readonly weightDecay: number;
  readonly rateFactor: number;
}

/** Added to the norm of the gradients before dividing, as PyTorch's clip_grad_norm_ does. */
export const clipEpsilon = 1e-6;

type OptimizerOpName = keyof OptimizerAttributes;

/** The optimiser part of the op table. */
export const optimizerOps: { readonly [K in OptimizerOpName]: OpDefinition<K> } = {
  rmsprop_update: {
    doc: "TensorFlow's RMSProp: s = d s + (1-d) g^2; m = p m + rate g / sqrt(s + epsilon); w = w - m",
    inputs: ["w", "gradient", "square", "momentum", "rate", "clip"],
    shape: (inputs) => elementwise(inputs, 4, 3),
  },
  sgd_update: {
    doc: "PyTorch's SGD: v = p v + g; w = w - rate (g + p v if nesterov, else v)",
    inputs: ["w", "gradient", "velocity", "rate", "clip"],
    shape: (inputs) => elementwise(inputs, 3, 2),
  },
  adamw_update: {
    doc: "AdamW: m, v averages of g, g^2; w = w - rate (m c1 / (sqrt(v c2) + epsilon) + decay w)",
    inputs: ["w", "gradient", "first", "second", "rate", "clip", "c1", "c2"],
    shape: (inputs) => elementwise(inputs, 4, 3),
  },
  moving_average: {
    doc: "decay * average + (1 - decay) * gain * value, the decay fixed",
    inputs: ["average", "value"],
    shape: (inputs) => elementwise(inputs, 2, 1),
  },
  average_update: {
    doc: "average + (1 - decay) * (value - average), the decay a scalar given at each step",
    inputs: ["average", "value", "decay"],
    shape: (inputs) => elementwise(inputs, 2, 1),
  },
  accumulate: {
    doc: "keep * sum + value: keep is 0 for the first part of a batch, then 1",
    inputs: ["sum", "value", "keep"],
    shape: (inputs) => elementwise(inputs, 2, 1),
  },
  clip_factor: {
    doc: "min(1, limit / (norm + 1e-6)) and norm, the L2 norm of all gradients together",
    inputs: ["...gradient"],
    shape: () => [[], []],
  },
};

/** The first inputs are of one shape, which the outputs have too; all others are scalars. */
function elementwise(inputs: readonly Shape[], alike: number, outputs: number): readonly Shape[] {
  const [first = []] = inputs;
  inputs.forEach((one, index) => {
    const expected = index < alike ? first : [];
    expect(sameShape(one, expected), formatShape(expected), formatShape(one));
  });
  return Array.from({ length: outputs }, () => first);
}
