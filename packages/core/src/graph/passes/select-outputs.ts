/**
 * @file A part of a graph by what it is to compute.
 */
import type { Graph, Parameter, Value } from "../ir.js";

/** The graph that computes only these outputs: nodes and parameters without effect are dropped. */
export function selectOutputs(graph: Graph, outputs: ReadonlyMap<string, Value>): Graph {
  const needed = new Set<Value>(outputs.values());
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  const parameters: Parameter[] = graph.parameters.filter((one) => needed.has(one));
  const blocks = new Map([...graph.blocks].filter(([, value]) => needed.has(value)));
  return { ...graph, nodes: nodes.reverse(), parameters, outputs, blocks };
}
