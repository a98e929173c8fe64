/**
 * @file The optimisers as settings, and the nodes that one step of each adds to a graph.
 */
import type { GraphBuilder } from "../graph/builder.js";
import type { Parameter, Value } from "../graph/ir.js";

/** TensorFlow's RMSProp; the paper trained with decay 0.9, momentum 0.9, epsilon 1. */
export interface RmsProp {
  readonly kind: "rmsprop";
  readonly decay: number;
  readonly momentum: number;
  readonly epsilon: number;
}

/** Stochastic gradient descent as PyTorch writes it. */
export interface Sgd {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** Adam with decoupled weight decay. */
export interface AdamW {
  readonly kind: "adamw";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Which optimiser, with its constants. */
export type Optimizer = RmsProp | Sgd | AdamW;

/** The paper's optimiser (section 4). */
export const paperRmsProp: RmsProp = { kind: "rmsprop", decay: 0.9, momentum: 0.9, epsilon: 1 };

/** The usual constants of SGD with momentum. */
export const defaultSgd: Sgd = { kind: "sgd", momentum: 0.9, nesterov: false };

/** PyTorch's constants of AdamW. */
export const defaultAdamW: AdamW = { kind: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** What an optimiser keeps for each parameter: the slot's name and its first value. */
export const slots: { readonly [K in Optimizer["kind"]]: Readonly<Record<string, number>> } = {
  rmsprop: { square: 1, momentum: 0 }, // TensorFlow starts the average of squares at one
  sgd: { velocity: 0 },
  adamw: { first: 0, second: 0 },
};

/** Scalars that a step is given. */
export interface StepScalars {
  readonly rate: Value;
  readonly clip: Value;
  /** AdamW's bias corrections 1 / (1 - beta^t). */
  readonly c1: Value;
  readonly c2: Value;
}

/** How one parameter is changed. */
export interface UpdateOptions {
  readonly optimizer: Optimizer;
  readonly weightDecay: number;
  /** Multiplies the learning rate of this parameter. */
  readonly rateFactor: number;
}

/**
 * Adds the step of one parameter; gives the new parameter and, in the order of `slots`, the new
 * slots.
 */
export function addUpdate(
  graph: GraphBuilder,
  parameter: Parameter,
  gradient: Value,
  kept: readonly Value[],
  scalars: StepScalars,
  { optimizer, weightDecay, rateFactor }: UpdateOptions,
): readonly Value[] {
  const name = `${parameter.name}/update`;
  const { rate, clip, c1, c2 } = scalars;
  const inputs = [parameter, gradient, ...kept, rate, clip];
  switch (optimizer.kind) {
    case "rmsprop": {
      const { kind: _, ...constants } = optimizer;
      return graph.apply("rmsprop_update", name, inputs, { ...constants, weightDecay, rateFactor });
    }
    case "sgd": {
      const { kind: _, ...constants } = optimizer;
      return graph.apply("sgd_update", name, inputs, { ...constants, weightDecay, rateFactor });
    }
    case "adamw": {
      const { kind: _, ...constants } = optimizer;
      const attributes = { ...constants, weightDecay, rateFactor };
      return graph.apply("adamw_update", name, [...inputs, c1, c2], attributes);
    }
  }
}
