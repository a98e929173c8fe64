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
  /** Unique name in its graph; of a node's result the path of the node. */
  readonly name: string;
  /** Shape as written: activations are [n, c, h, w] or [n, features]; kernels OIHW. */
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
  /** What it is for. */
  readonly role: ParameterRole;
}

const trainableRoles: ReadonlySet<ParameterRole> = new Set(["weight", "bias", "gamma", "beta"]);

/** Moving statistics are kept, not trained. */
export function isTrainable(parameter: Parameter): boolean {
  return trainableRoles.has(parameter.role);
}

/** One application of an op. `name` is a path such as `block35_1/branch_0/conv2d_1x1/conv`. */
export interface Node<K extends OpName = OpName> {
  /** Name of the op: a row of the op table. */
  readonly op: K;
  /** Path of the node, unique in its graph. */
  readonly name: string;
  /** Values read, in the op's order: activations first, then parameters. */
  readonly inputs: readonly Value[];
  /** What the op computes with beside its inputs: stride, padding, epsilon, ... */
  readonly attributes: OpAttributes[K];
  /** Values made; one for all ops but those that say otherwise. */
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
  /** Name of the network. */
  readonly name: string;
  /** What a run is given, by name: `image` [n, 3, height, width] of networks. */
  readonly inputs: readonly Value[];
  /** Weights, biases, norms and their statistics, in the order of the network. */
  readonly parameters: readonly Parameter[];
  /** Nodes in an order in which they can run. */
  readonly nodes: readonly AnyNode[];
  /** Results by name: `features`, `logits`, `aux_logits`, as far as they exist. */
  readonly outputs: ReadonlyMap<string, Value>;
  /** The activation at the end of each named block: what `features` can ask for. */
  readonly blocks: ReadonlyMap<string, Value>;
  /** Parts of the network as the paper's figure names them, input first. */
  readonly stages: readonly Stage[];
}
