/**
 * @file The optimisers as settings, and the nodes that one step of each adds to a graph.
 */
import type { GraphBuilder } from "../graph/builder.js";
import type { Parameter, Value } from "../graph/ir.js";

/** TensorFlow's RMSProp; the paper trained with decay 0.9, momentum 0.9, epsilon 1. */
export interface RmsProp {
  /** Tag of the union. */
  readonly kind: "rmsprop";
  /** Part of the old value that the average of squared gradients keeps, 0 to 1. */
  readonly decay: number;
  /** Part of the last step that is repeated, 0 to 1. */
  readonly momentum: number;
  /** Added to the average of squares under the root, as TensorFlow does. */
  readonly epsilon: number;
}

/** Stochastic gradient descent as PyTorch writes it. */
export interface Sgd {
  /** Tag of the union. */
  readonly kind: "sgd";
  /** Part of the last velocity that is kept, 0 to 1. */
  readonly momentum: number;
  /** Whether the momentum looks ahead (Nesterov). */
  readonly nesterov: boolean;
}

/** Adam with decoupled weight decay. */
export interface AdamW {
  /** Tag of the union. */
  readonly kind: "adamw";
  /** Part of the old value that the average of gradients keeps, 0 to 1. */
  readonly beta1: number;
  /** Part of the old value that the average of squared gradients keeps, 0 to 1. */
  readonly beta2: number;
  /** Added to the root of the average of squares. */
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
