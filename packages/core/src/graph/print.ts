/**
 * @file A graph as text: one line a node, with short value names, shapes and attributes.
 *
 *   %4 = conv2d(%3, weight 32x32x3x3) stride=1x1 padding=0x0 : 1x32x147x147   # conv2d_2a/conv
 *
 * Values are numbered through the whole graph, so that a part prints with the numbers it has there.
 * A parameter leaves out the path that it shares with its node. The first lines are what comes in:
 * the inputs of the graph, or what a part reads from outside; the last line is what goes out.
 */
import { GraphError } from "../errors.js";
import { formatShape } from "../tensor/tensor.js";
import { type CostSum, type NodeCost, nodeCosts, sumCosts } from "./costs.js";
import type { AnyNode, Graph, Value } from "./ir.js";

/** What to print. */
export interface PrintOptions {
  /** Only nodes under this path, for example `mixed_6a` or `block35_1/branch_0`. */
  readonly scope?: string;
  /** Adds multiply-adds and receptive field to each line, and the sum of all costs; false. */
  readonly costs?: boolean;
}

/**
 * The text of a graph, or of the part under `scope`; the same graph always gives the same text.
 * Throws `GraphError` when no node is under `scope`.
 */
export function printGraph(graph: Graph, { scope, costs = false }: PrintOptions = {}): string {
  const nodes = graph.nodes.filter(({ name }) => inScope(name, scope));
  if (nodes.length === 0) {
    throw new GraphError(
      "SCOPE_UNKNOWN",
      `Cannot print "${scope ?? graph.name}": expected a path of the graph such as "${graph.nodes.at(-1)?.name}", got one without nodes`,
    );
  }
  const names = shortNames(graph);
  const nameOf = (value: Value) => names.get(value) ?? value.name;
  const found = costs ? nodeCosts(graph) : undefined;
  const incoming = scope === undefined ? graph.inputs : readFromOutside(graph, nodes);
  const outgoing = scope === undefined ? [...graph.outputs] : readOutside(graph, nodes);
  const sum = found && sumCosts(nodes.flatMap((node) => found.get(node) ?? []));
  return [
    ...incoming.map(
      (value) => `${nameOf(value)} = input : ${formatShape(value.shape)}   # ${value.name}`,
    ),
    ...nodes.map((node) => formatNode(node, names) + formatCost(found?.get(node))),
    `return ${outgoing.map(([name, value]) => `${name}=${nameOf(value)}`).join(", ")}`,
    ...(sum ? [formatSum(sum)] : []),
    "",
  ].join("\n");
}

function inScope(name: string, scope: string | undefined): boolean {
  return scope === undefined || name === scope || name.startsWith(`${scope}/`);
}

/** `%0`, `%1` ... for inputs and results in the order of the graph. */
function shortNames(graph: Graph): ReadonlyMap<Value, string> {
  const values = [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)];
  return new Map(values.map((value, index) => [value, `%${index}`]));
}

function readFromOutside(graph: Graph, nodes: readonly AnyNode[]): Value[] {
  const notListed = new Set<Value>([
    ...graph.parameters,
    ...nodes.flatMap(({ outputs }) => outputs),
  ]);
  return [...new Set(nodes.flatMap(({ inputs }) => inputs))].filter((x) => !notListed.has(x));
}

/** The results of a part that other nodes or the caller read, by their names. */
function readOutside(graph: Graph, nodes: readonly AnyNode[]): [string, Value][] {
  const part = new Set(nodes);
  const others = graph.nodes.filter((node) => !part.has(node));
  const read = new Set([...others.flatMap(({ inputs }) => inputs), ...graph.outputs.values()]);
  const results = nodes.flatMap(({ outputs }) => outputs).filter((value) => read.has(value));
  return results.map((value) => [value.name, value]);
}

function formatNode(node: AnyNode, names: ReadonlyMap<Value, string>): string {
  const path = node.name.slice(0, node.name.lastIndexOf("/") + 1);
  const own = [path, `${node.name}/`].filter((prefix) => prefix !== "");
  const inputs = node.inputs.map((value) => {
    const short = names.get(value);
    if (short !== undefined) return short;
    const shared = own.find((prefix) => value.name.startsWith(prefix)) ?? "";
    return `${value.name.slice(shared.length)} ${formatShape(value.shape)}`;
  });
  const attributes = Object.entries(node.attributes)
    .map(([key, value]) => ` ${key}=${Array.isArray(value) ? value.join("x") : value}`)
    .join("");
  const outputs = node.outputs.map((value) => names.get(value)).join(", ");
  const shapes = node.outputs.map(({ shape }) => formatShape(shape)).join(", ");
  return `${outputs} = ${node.op}(${inputs.join(", ")})${attributes} : ${shapes}   # ${node.name}`;
}

function formatCost(cost: NodeCost | undefined): string {
  if (!cost) return "";
  const [height, width] = cost.field.size;
  return `, ${cost.multiplyAdds} multiply-adds, sees ${height}x${width}`;
}

function formatSum(sum: CostSum): string {
  return `# ${sum.parameters} parameters, ${sum.multiplyAdds} multiply-adds, ${sum.activationBytes} bytes of activations`;
}
