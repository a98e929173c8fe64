/**
 * @file What a graph costs, computed from its shapes: parameters, multiply-adds, memory, depth, and
 * how much of the image each cell sees.
 */
import { sizeOf } from "../tensor/tensor.js";
import { type AnyNode, type Graph, isTrainable, type Parameter, type Value } from "./ir.js";
import { type OpName, ops, type Pair, type Window } from "./ops.js";

/** Costs that add up. */
export interface CostSum {
  /** Numbers that are stored. */
  readonly parameters: number;
  /** Of these, the ones that training changes. */
  readonly trainable: number;
  /** Parameter tensors. */
  readonly tensors: number;
  /** Products that are added up, as convolutions and dense layers do; at the batch of the graph. */
  readonly multiplyAdds: number;
  /** Bytes of the outputs, as float32, at the batch of the graph. */
  readonly activationBytes: number;
}

/** The costs of one node. */
export interface NodeCost extends CostSum {
  /** Weighted layers (convolutions, dense layers) on the longest path from the input to here. */
  readonly depth: number;
  readonly field: Field;
}

/** What one cell of a value sees of the image: pixels high and wide, and pixels to the next cell. */
export interface Field {
  readonly size: Pair;
  readonly stride: Pair;
}

const bytesPerFloat = 4;
const weighted: ReadonlySet<OpName> = new Set<OpName>(["conv2d", "linear"]);

/** The cost of each node. A parameter counts where it is first used. */
export function nodeCosts(graph: Graph): ReadonlyMap<AnyNode, NodeCost> {
  const costs = new Map<AnyNode, NodeCost>();
  const from = new Map<Value, NodeCost>();
  const unused = new Set<Value>(graph.parameters);
  for (const node of graph.nodes) {
    const parameters = node.inputs.filter((input): input is Parameter => unused.delete(input));
    const before = node.inputs.flatMap((input) => from.get(input) ?? []);
    const count = (list: readonly Value[]) =>
      list.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const cost: NodeCost = {
      parameters: count(parameters),
      trainable: count(parameters.filter(isTrainable)),
      tensors: parameters.length,
      multiplyAdds: multiplyAdds(node),
      activationBytes: count(node.outputs) * bytesPerFloat,
      depth: Math.max(0, ...before.map(({ depth }) => depth)) + (weighted.has(node.op) ? 1 : 0),
      field: fieldOf(node, before),
    };
    costs.set(node, cost);
    for (const output of node.outputs) from.set(output, cost);
  }
  return costs;
}

/** The costs of several nodes together. */
export function sumCosts(costs: Iterable<CostSum>): CostSum {
  const sum = { parameters: 0, trainable: 0, tensors: 0, multiplyAdds: 0, activationBytes: 0 };
  for (const cost of costs) {
    sum.parameters += cost.parameters;
    sum.trainable += cost.trainable;
    sum.tensors += cost.tensors;
    sum.multiplyAdds += cost.multiplyAdds;
    sum.activationBytes += cost.activationBytes;
  }
  return sum;
}

function multiplyAdds(node: AnyNode): number {
  const shapes = (values: readonly Value[]) => values.map(({ shape }) => shape);
  return ops[node.op].multiplyAdds?.(shapes(node.inputs), shapes(node.outputs)) ?? 0;
}

/**
 * A window of k cells at stride s sees (k - 1) * stride more pixels and makes the next cell s times
 * as far. Where paths join, the largest field counts; a global pool sees every cell.
 */
function fieldOf(node: AnyNode, before: readonly NodeCost[]): Field {
  const largest = (pick: (field: Field) => Pair): Pair => {
    const along = (axis: 0 | 1) => Math.max(1, ...before.map(({ field }) => pick(field)[axis]));
    return [along(0), along(1)];
  };
  const size = largest((field) => field.size);
  const stride = largest((field) => field.stride);
  const window = windowOf(node);
  const grow = (axis: 0 | 1) => size[axis] + (window.kernel[axis] - 1) * stride[axis];
  return {
    size: [grow(0), grow(1)],
    stride: [stride[0] * window.stride[0], stride[1] * window.stride[1]],
  };
}

function windowOf(node: AnyNode): Pick<Window, "kernel" | "stride"> {
  const grid = (value: Value | undefined): Pair => [value?.shape[2] ?? 1, value?.shape[3] ?? 1];
  switch (node.op) {
    case "conv2d":
      return { kernel: grid(node.inputs[1]), stride: node.attributes.stride };
    case "max_pool":
    case "avg_pool":
      return node.attributes;
    case "global_avg_pool":
    case "global_max_pool":
    case "flatten":
      return { kernel: grid(node.inputs[0]), stride: [1, 1] };
    default:
      return { kernel: [1, 1], stride: [1, 1] };
  }
}
