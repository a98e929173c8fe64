/**
 * @file A part of a graph by where it begins.
 */
import type { Graph, Value } from "../ir.js";

/** The part of a graph after a value, which becomes its input. */
export function cutGraph(graph: Graph, at: Value, input: string): Graph {
  const start: Value = { name: input, shape: at.shape };
  const replaced = new Map<Value, Value>([[at, start]]);
  const isKept = new Set<Value>([start]);
  const nodes = graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((one) => replaced.get(one) ?? one);
    if (!inputs.some((one) => isKept.has(one))) return [];
    for (const output of node.outputs) isKept.add(output);
    return [{ ...node, inputs }];
  });
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const keep = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].filter(([, value]) => isKept.has(value)));
  return {
    ...graph,
    inputs: [start],
    parameters: graph.parameters.filter((one) => used.has(one)),
    nodes,
    outputs: keep(graph.outputs),
    blocks: keep(graph.blocks),
    stages: [],
  };
}
