/**
 * @file The basis of every pass: a walk that rebuilds a graph node by node.
 */
import type { Tensors } from "../../tensor/tensor.js";
import type { AnyNode, Graph, Value } from "../ir.js";

/** A graph together with the values of its parameters: what inference passes work on. */
export interface Model {
  /** The network. */
  readonly graph: Graph;
  /** A value for each parameter, by name. */
  readonly parameters: Tensors;
}

/**
 * Rebuilds a graph. `visit` sees each node with its inputs replaced already and returns the nodes
 * that take its place; `replace` says that a value is another from here on.
 */
export function rewriteNodes(
  graph: Graph,
  visit: (node: AnyNode, replace: (old: Value, by: Value) => void) => readonly AnyNode[],
): Graph {
  const replaced = new Map<Value, Value>();
  const now = (value: Value) => replaced.get(value) ?? value;
  const nodes = graph.nodes.flatMap((node) =>
    visit({ ...node, inputs: node.inputs.map(now) } as AnyNode, (old, by) => {
      replaced.set(old, by);
    }),
  );
  const all = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, now(value)]));
  return { ...graph, nodes, outputs: all(graph.outputs), blocks: all(graph.blocks) };
}
