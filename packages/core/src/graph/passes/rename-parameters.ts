/**
 * @file The same graph on other parameters of the same shapes.
 */
import type { AnyNode, Graph, Parameter, Value } from "../ir.js";

/** Names each parameter anew; values that are no parameters stay the same. */
export function renameParameters(graph: Graph, nameOf: (parameter: Parameter) => string): Graph {
  const renamed = new Map<Value, Parameter>();
  const parameters = graph.parameters.map((one) => {
    const name = nameOf(one);
    if (name === one.name) return one;
    const now = { ...one, name };
    renamed.set(one, now);
    return now;
  });
  const now = (value: Value) => renamed.get(value) ?? value;
  const all = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, now(value)]));
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(now) }) as AnyNode);
  return { ...graph, parameters, nodes, outputs: all(graph.outputs), blocks: all(graph.blocks) };
}
