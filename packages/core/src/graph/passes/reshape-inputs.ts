/**
 * @file The same graph for inputs of other shapes, such as another batch.
 */
import { sameShape } from "../../tensor/tensor.js";
import { inferShapes } from "../builder.js";
import type { AnyNode, Graph, Value } from "../ir.js";
import type { OpAttributes, OpName } from "../ops.js";

/**
 * Infers every shape anew from those of the inputs, which stand in the graph's order. Gives the graph
 * itself where they have its shapes already. Throws `GraphError` where a shape rule does not hold.
 */
export function reshapeInputs(graph: Graph, inputs: readonly Value[]): Graph {
  const isSame = graph.inputs.every(({ shape }, at) => sameShape(inputs[at]?.shape ?? [], shape));
  if (isSame) return graph;
  const now = new Map<Value, Value>(graph.parameters.map((one) => [one, one]));
  graph.inputs.forEach((input, at) => {
    now.set(input, inputs[at] as Value);
  });
  const nodes = graph.nodes.map((node): AnyNode => {
    const given = node.inputs.map((one) => now.get(one) as Value);
    const attributes = node.attributes as OpAttributes[OpName];
    const shapes = inferShapes(node.op, node.name, given, attributes);
    const made = node.outputs.map(({ name }, at) => ({ name, shape: shapes[at] ?? [] }));
    node.outputs.forEach((output, at) => {
      now.set(output, made[at] as Value);
    });
    return { ...node, inputs: given, outputs: made } as AnyNode;
  });
  const all = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, now.get(value) as Value]));
  return { ...graph, inputs, nodes, outputs: all(graph.outputs), blocks: all(graph.blocks) };
}
