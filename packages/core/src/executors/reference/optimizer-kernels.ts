/**
 * @file The definition of the optimiser ops, element by element.
 */
import { clipEpsilon, type OptimizerAttributes } from "../../graph/optimizer-ops.js";
import { type Kernel, type Numbers, zeros } from "./loops.js";

/** One kernel per optimiser op. */
export const optimizerKernels: { readonly [K in keyof OptimizerAttributes]: Kernel<K> } = {
  rmsprop_update(inputs, { decay, momentum, epsilon, weightDecay, rateFactor }) {
    const [rate, clip] = [scalar(inputs[4]) * rateFactor, scalar(inputs[5])];
    return elementwise(inputs.slice(0, 4), 3, ([w, gradient, square, velocity]) => {
      const g = gradient * clip + weightDecay * w;
      const s = decay * square + (1 - decay) * g * g;
      const m = momentum * velocity + (rate * g) / Math.sqrt(s + epsilon);
      return [w - m, s, m];
    });
  },

  sgd_update(inputs, { momentum, nesterov, weightDecay, rateFactor }) {
    const [rate, clip] = [scalar(inputs[3]) * rateFactor, scalar(inputs[4])];
    return elementwise(inputs.slice(0, 3), 2, ([w, gradient, velocity]) => {
      const g = gradient * clip + weightDecay * w;
      const v = momentum * velocity + g;
      return [w - rate * (nesterov ? g + momentum * v : v), v];
    });
  },

  adamw_update(inputs, { beta1, beta2, epsilon, weightDecay, rateFactor }) {
    const [rate, clip] = [scalar(inputs[4]) * rateFactor, scalar(inputs[5])];
    const [c1, c2] = [scalar(inputs[6]), scalar(inputs[7])];
    return elementwise(inputs.slice(0, 4), 3, ([w, gradient, first, second]) => {
      const g = gradient * clip;
      const m = beta1 * first + (1 - beta1) * g;
      const v = beta2 * second + (1 - beta2) * g * g;
      const step = (m * c1) / (Math.sqrt(v * c2) + epsilon) + weightDecay * w;
      return [w - rate * step, m, v];
    });
  },

  moving_average: (inputs, { decay, gain }) =>
    elementwise(inputs, 1, ([average, value]) => [decay * average + (1 - decay) * gain * value]),

  average_update(inputs) {
    const decay = scalar(inputs[2]);
    return elementwise(inputs.slice(0, 2), 1, ([average, value]) => [
      average + (1 - decay) * (value - average),
    ]);
  },

  accumulate(inputs) {
    const keep = scalar(inputs[2]);
    return elementwise(inputs.slice(0, 2), 1, ([sum, value]) => [
      (keep === 0 ? 0 : keep * sum) + value,
    ]);
  },

  clip_factor(inputs, { limit }) {
    let squares = 0;
    for (const { data } of inputs) for (const value of data) squares += value * value;
    const norm = Math.sqrt(squares);
    const factor = Math.min(1, limit / (norm + clipEpsilon));
    return [factor, norm].map((value) => {
      const result = zeros([], inputs[0]);
      result.data[0] = value;
      return result;
    });
  },
};

function scalar(x: Numbers | undefined): number {
  return x?.data[0] ?? Number.NaN;
}

/** Up to four numbers of one element. */
type Element = [number, number, number, number];

function elementwise(
  inputs: readonly Numbers[],
  outputs: number,
  compute: (values: Element) => readonly number[],
): readonly Numbers[] {
  const { shape, data } = inputs[0] as Numbers;
  const results = Array.from({ length: outputs }, () => zeros(shape, inputs[0]));
  for (let at = 0; at < data.length; at++) {
    const values = compute(inputs.map((input) => input.data[at]) as Element);
    for (const [index, result] of results.entries()) result.data[at] = values[index] as number;
  }
  return results;
}
