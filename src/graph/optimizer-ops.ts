/**
 * @file The ops that change parameters: one step of each optimiser, and running averages.
 *
 * All work element by element, so an executor may write an output over the input of the same name.
 * `rate` is the learning rate, a scalar given at each step; weight decay adds decay * w to the
 * gradient (slim: the gradient of decay / 2 |w|^2), except in AdamW, where it is decoupled.
 */

import { GraphError } from "../errors.js";
import { formatShape, type Shape, sameShape } from "../tensor/tensor.js";
import type { OpDefinition } from "./ops.js";

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
    shape: ([w = [], gradient = [], square = [], momentum = []]) =>
      alike([w, gradient, square, momentum], [w, square, momentum]),
  },
  sgd_update: {
    doc: "PyTorch's SGD: v = p v + g; w = w - rate (g + p v if nesterov, else v)",
    inputs: ["w", "gradient", "velocity", "rate", "clip"],
    shape: ([w = [], gradient = [], velocity = []]) =>
      alike([w, gradient, velocity], [w, velocity]),
  },
  adamw_update: {
    doc: "AdamW: m, v averages of g, g^2; w = w - rate (m c1 / (sqrt(v c2) + epsilon) + decay w)",
    inputs: ["w", "gradient", "first", "second", "rate", "clip", "c1", "c2"],
    shape: ([w = [], gradient = [], first = [], second = []]) =>
      alike([w, gradient, first, second], [w, first, second]),
  },
  moving_average: {
    doc: "decay * average + (1 - decay) * gain * value, the decay fixed",
    inputs: ["average", "value"],
    shape: ([average = [], value = []]) => alike([average, value], [average]),
  },
  average_update: {
    doc: "average + (1 - decay) * (value - average), the decay a scalar given at each step",
    inputs: ["average", "value", "decay"],
    shape: ([average = [], value = []]) => alike([average, value], [average]),
  },
  accumulate: {
    doc: "keep * sum + value: keep is 0 for the first part of a batch, then 1",
    inputs: ["sum", "value", "keep"],
    shape: ([sum = [], value = []]) => alike([sum, value], [sum]),
  },
  clip_factor: {
    doc: "min(1, limit / (norm + 1e-6)) and norm, the L2 norm of all gradients together",
    inputs: ["...gradient"],
    shape: () => [[], []],
  },
};

function alike(inputs: readonly Shape[], outputs: readonly Shape[]): readonly Shape[] {
  const [first = []] = inputs;
  for (const one of inputs) {
    if (sameShape(one, first)) continue;
    throw new GraphError(
      "SHAPE_MISMATCH",
      `expected ${formatShape(first)}, got ${formatShape(one)}`,
    );
  }
  return outputs;
}
