/**
 * @file Reverse-mode differentiation, graph in, graph out: it builds nodes and runs nothing.
 */
import type { GraphBuilder } from "../graph/builder.js";
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import type { OpName } from "../graph/ops.js";
import { type GradientRule, gradients } from "./gradients.js";

/** A value of the graph whose gradient by the loss is known, where the walk back begins. */
export interface Seed {
  /** The value whose gradient is given. */
  readonly of: Value;
  /** The gradient, in the same shape. */
  readonly gradient: Value;
}

/**
 * Adds to `builder`, which holds the nodes of `graph`, the gradients of `targets`: the parameters
 * (or inputs) that are trained. Gives the gradient of each target that the seeds depend on. Nodes
 * that lead to no target get no gradient: a frozen part costs nothing.
 */
export function backward(
  builder: GraphBuilder,
  graph: Graph,
  seeds: readonly Seed[],
  targets: readonly Value[],
): ReadonlyMap<Value, Value> {
  const leads = leadsToTargets(graph, targets);
  const known = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value) => {
    const before = known.get(value);
    const name = `${gradient.name}/sum`;
    known.set(value, before ? builder.add("add", name, [before, gradient], {}) : gradient);
  };
  for (const { of, gradient } of seeds) accumulate(of, gradient);
  for (const node of graph.nodes.toReversed()) {
    const dy = known.get(node.outputs[0] as Value);
    if (!dy || !node.inputs.some((input) => leads.has(input))) continue;
    const needs = (index: number) => leads.has(node.inputs[index] as Value);
    const rule = gradients[node.op] as GradientRule<OpName>;
    const results = rule({ graph: builder, node, dy, needs });
    results.forEach((gradient, index) => {
      if (gradient && needs(index)) accumulate(node.inputs[index] as Value, gradient);
    });
  }
  return new Map(
    targets.flatMap((target) => {
      const gradient = known.get(target);
      return gradient ? [[target, gradient] as const] : [];
    }),
  );
}

/** All values that depend on a target, and the targets themselves. */
function leadsToTargets(graph: Graph, targets: readonly Value[]): ReadonlySet<Value> {
  const leads = new Set<Value>(targets);
  for (const node of graph.nodes as readonly AnyNode[]) {
    if (node.inputs.some((input) => leads.has(input))) {
      for (const output of node.outputs) leads.add(output);
    }
  }
  return leads;
}
