/**
 * @file The intermediate representation: what executors, passes, printers and autodiff see.
 *
 * A graph is a list of nodes in an order in which they can run. Values are named and shaped; axis 0
 * of an activation is the batch, and executors may run another batch size than the one written.
 * Everything is immutable: a pass makes a new graph.
 */
import type { Shape } from "../tensor/tensor.js";
import type { OpAttributes, OpName } from "./ops.js";

/** The result of a node, an input or a parameter. Compared by identity; the name is unique too. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
}

/** What a parameter is for: it decides initialisation, decay and how importers name it. */
export type ParameterRole =
  | "weight"
  | "bias"
  | "gamma"
  | "beta"
  | "moving_mean"
  | "moving_variance"
  /** What training keeps beside the network: gradients, slots of the optimiser, averages. */
  | "state";

/** A value that comes with the network, not with the image. */
export interface Parameter extends Value {
  readonly role: ParameterRole;
}

const trainableRoles: ReadonlySet<ParameterRole> = new Set(["weight", "bias", "gamma", "beta"]);

/** Moving statistics are kept, not trained. */
export function isTrainable(parameter: Parameter): boolean {
  return trainableRoles.has(parameter.role);
}

/** One application of an op. `name` is a path such as `block35_1/branch_0/conv2d_1x1/conv`. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[K];
  readonly outputs: readonly Value[];
}

/** A node of any op, with attributes typed by its op. */
export type AnyNode = { [K in OpName]: Node<K> }[OpName];

/** A part of the network as the paper's figure names it, for summaries. */
export interface Stage {
  /** Title in the table, for example `Inception-ResNet-A`. */
  readonly title: string;
  /** How often its block is repeated; 1 for all others. */
  readonly times: number;
  /** The named blocks in it, for example `block35_1` ... `block35_10`. */
  readonly blocks: readonly string[];
}

/** A runnable network: inputs and parameters in, outputs out. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly parameters: readonly Parameter[];
  readonly nodes: readonly AnyNode[];
  readonly outputs: ReadonlyMap<string, Value>;
  /** The activation at the end of each named block: what `features` can ask for. */
  readonly blocks: ReadonlyMap<string, Value>;
  readonly stages: readonly Stage[];
}
