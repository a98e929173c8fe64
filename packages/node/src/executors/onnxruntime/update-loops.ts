/**
 * @file The optimiser ops as loops over the variables themselves, in place.
 *
 * In ONNX an update is ten operators a tensor, each a pass over memory, with room for every
 * intermediate result; one loop reads and writes each number once. Every element is read before it
 * is written, so an output may be the array of an input.
 */
import { GraphError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  clipEpsilon,
  type OptimizerAttributes,
  optimizerOps,
} from "@inception-resnet-v2/core/internal/graph/optimizer-ops.js";
import {
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";

type Arrays = readonly Float32Array[];
type UpdateOp = keyof OptimizerAttributes;
type Loop<K extends UpdateOp> = (
  inputs: Arrays,
  outputs: Arrays,
  attributes: OptimizerAttributes[K],
) => void;

/** Whether a graph consists of optimiser ops alone. */
export function isUpdate(graph: Graph): boolean {
  return graph.nodes.every(({ op }) => op in optimizerOps);
}

/**
 * Runs an update: parameters are read from `variables`, outputs that `assign` names are written
 * over theirs; gives the others.
 */
export function runUpdate(
  graph: Graph,
  assign: ReadonlyMap<string, string>,
  variables: (name: string) => Float32Array,
  inputs: Tensors,
): Map<string, Tensor> {
  const arrays = new Map<Value, Float32Array>();
  for (const input of graph.inputs) {
    const given = inputs.get(input.name);
    if (!given)
      throw new GraphError("TENSOR_MISSING", `Cannot step: no value is given for "${input.name}"`);
    arrays.set(input, given.data);
  }
  for (const parameter of graph.parameters) arrays.set(parameter, variables(parameter.name));
  const rest = new Map<string, Tensor>();
  for (const [name, value] of graph.outputs) {
    const variable = assign.get(name);
    if (variable !== undefined) {
      arrays.set(value, variables(variable));
      continue;
    }
    const result = tensor(value.shape);
    arrays.set(value, result.data);
    rest.set(name, result);
  }
  const arrayOf = (value: Value) => {
    const found = arrays.get(value) ?? new Float32Array(sizeOf(value.shape));
    arrays.set(value, found);
    return found;
  };
  for (const { op, inputs: from, outputs: to, attributes } of graph.nodes) {
    const loop = loops[op as UpdateOp] as Loop<UpdateOp>;
    loop(from.map(arrayOf), to.map(arrayOf), attributes as never);
  }
  return rest;
}

const none = new Float32Array();

const loops: { readonly [K in UpdateOp]: Loop<K> } = {
  rmsprop_update(inputs, outputs, { decay, momentum, epsilon, weightDecay, rateFactor }) {
    const [w = none, gradient = none, square = none, velocity = none, rates = none, clips = none] =
      inputs;
    const [nextW = none, nextSquare = none, nextVelocity = none] = outputs;
    const [rate, clip] = [(rates[0] as number) * rateFactor, clips[0] as number];
    for (let at = 0; at < w.length; at++) {
      const g = (gradient[at] as number) * clip + weightDecay * (w[at] as number);
      const s = decay * (square[at] as number) + (1 - decay) * g * g;
      const m = momentum * (velocity[at] as number) + (rate * g) / Math.sqrt(s + epsilon);
      nextSquare[at] = s;
      nextVelocity[at] = m;
      nextW[at] = (w[at] as number) - m;
    }
  },

  sgd_update(inputs, outputs, { momentum, nesterov, weightDecay, rateFactor }) {
    const [w = none, gradient = none, velocity = none, rates = none, clips = none] = inputs;
    const [nextW = none, nextVelocity = none] = outputs;
    const [rate, clip] = [(rates[0] as number) * rateFactor, clips[0] as number];
    for (let at = 0; at < w.length; at++) {
      const g = (gradient[at] as number) * clip + weightDecay * (w[at] as number);
      const v = momentum * (velocity[at] as number) + g;
      nextVelocity[at] = v;
      nextW[at] = (w[at] as number) - rate * (nesterov ? g + momentum * v : v);
    }
  },

  adamw_update(inputs, outputs, { beta1, beta2, epsilon, weightDecay, rateFactor }) {
    const [w = none, gradient = none, first = none, second = none, ...scalars] = inputs;
    const [nextW = none, nextFirst = none, nextSecond = none] = outputs;
    const [rates = none, clips = none, c1s = none, c2s = none] = scalars;
    const [rate, clip] = [(rates[0] as number) * rateFactor, clips[0] as number];
    const [c1, c2] = [c1s[0] as number, c2s[0] as number];
    for (let at = 0; at < w.length; at++) {
      const g = (gradient[at] as number) * clip;
      const m = beta1 * (first[at] as number) + (1 - beta1) * g;
      const v = beta2 * (second[at] as number) + (1 - beta2) * g * g;
      const decayed = weightDecay * (w[at] as number);
      nextFirst[at] = m;
      nextSecond[at] = v;
      nextW[at] = (w[at] as number) - rate * ((m * c1) / (Math.sqrt(v * c2) + epsilon) + decayed);
    }
  },

  moving_average([average = none, value = none], [next = none], { decay, gain }) {
    for (let at = 0; at < next.length; at++) {
      next[at] = decay * (average[at] as number) + (1 - decay) * gain * (value[at] as number);
    }
  },

  average_update([average = none, value = none, decays = none], [next = none]) {
    const share = 1 - (decays[0] as number);
    for (let at = 0; at < next.length; at++) {
      const old = average[at] as number;
      next[at] = old + share * ((value[at] as number) - old);
    }
  },

  accumulate([sum = none, value = none, keeps = none], [next = none]) {
    const keep = keeps[0] as number;
    for (let at = 0; at < next.length; at++) {
      next[at] = (keep === 0 ? 0 : keep * (sum[at] as number)) + (value[at] as number);
    }
  },

  clip_factor(gradients, [factor = none, norm = none], { limit }) {
    let squares = 0;
    for (const gradient of gradients) {
      for (let at = 0; at < gradient.length; at++) squares += (gradient[at] as number) ** 2;
    }
    norm[0] = Math.sqrt(squares);
    factor[0] = Math.min(1, limit / (Math.sqrt(squares) + clipEpsilon));
  },
};
