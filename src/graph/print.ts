/**
 * @file A graph as text: one line a node, with short value names, shapes and attributes.
 *
 *   %5 = conv2d(%4, conv2d_2a/weight) stride=1x1 padding=0x0 : 1x32x147x147   # conv2d_2a/conv
 */
import { formatShape } from "../tensor/tensor.js";
import { type NodeCost, nodeCosts } from "./costs.js";
import type { AnyNode, Graph, Value } from "./ir.js";

/** What to print. */
export interface PrintOptions {
  /** Only nodes under this path, for example `mixed_6a` or `block35_1/branch_0`. */
  readonly scope?: string;
  /** Adds multiply-adds and receptive field to each line; false. */
  readonly costs?: boolean;
}

/** The text of a graph; the same graph always gives the same text. */
export function printGraph(graph: Graph, { scope, costs = false }: PrintOptions = {}): string {
  const short = new Map<Value, string>();
  graph.inputs.forEach((input, index) => {
    short.set(input, `%${index}`);
  });
  const parameters = new Set<Value>(graph.parameters);
  const nameOf = (value: Value) =>
    parameters.has(value) ? value.name : (short.get(value) ?? value.name);
  const found = costs ? nodeCosts(graph) : undefined;
  const lines = graph.inputs.map(
    (input) => `${nameOf(input)} = input : ${formatShape(input.shape)}   # ${input.name}`,
  );
  for (const node of graph.nodes) {
    for (const output of node.outputs) short.set(output, `%${short.size}`);
    if (!inScope(node.name, scope)) continue;
    lines.push(formatNode(node, nameOf) + formatCost(found?.get(node)));
  }
  const outputs = [...graph.outputs].map(([name, value]) => `${name}=${nameOf(value)}`);
  return `${lines.join("\n")}\nreturn ${outputs.join(", ")}\n`;
}

function inScope(name: string, scope: string | undefined): boolean {
  return scope === undefined || name === scope || name.startsWith(`${scope}/`);
}

function formatNode(node: AnyNode, nameOf: (value: Value) => string): string {
  const outputs = node.outputs.map(nameOf).join(", ");
  const inputs = node.inputs.map(nameOf).join(", ");
  const attributes = Object.entries(node.attributes)
    .map(([key, value]) => ` ${key}=${Array.isArray(value) ? value.join("x") : value}`)
    .join("");
  const shapes = node.outputs.map(({ shape }) => formatShape(shape)).join(", ");
  return `${outputs} = ${node.op}(${inputs})${attributes} : ${shapes}   # ${node.name}`;
}

function formatCost(cost: NodeCost | undefined): string {
  if (!cost) return "";
  const [height, width] = cost.field.size;
  return `, ${cost.multiplyAdds} multiply-adds, sees ${height}x${width}`;
}
