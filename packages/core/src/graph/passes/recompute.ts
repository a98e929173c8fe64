/**
 * @file Trades time for memory in a training graph: activations are dropped after the forward pass
 * and computed again where the walk back reads them (Chen et al. 2016, "Training Deep Nets with
 * Sublinear Memory Cost").
 *
 * A segment is what leads to the end of a named block; ends are always kept. It has two degrees:
 *
 *   1  what is cheap and follows from values that the walk back reads anyway: batch norm, ReLU and
 *      concat from the outputs of convolutions, one pass over memory each
 *   2  everything: the whole segment runs a second time from the end of the one before
 */
import type { AnyNode, Graph, Value } from "../ir.js";
import type { OpName } from "../ops.js";
import { Uses } from "../uses.js";

/** How much of a segment is computed again. */
export type Degree = 0 | 1 | 2;

/** The forward part of a training graph, ready for choosing what to compute again. */
export interface Segments {
  /** For each segment, in order, the values that a degree drops. */
  readonly list: readonly { readonly [D in Degree]: readonly Value[] }[];
}

const cheap: ReadonlySet<OpName> = new Set<OpName>([
  "batch_norm",
  "batch_norm_training",
  "relu",
  "concat",
]);

/** Divides the forward nodes of a training graph at the ends of its blocks. */
export function segmentsOf(graph: Graph, forward: ReadonlySet<AnyNode>): Segments {
  const uses = new Uses(graph);
  /** Whether the walk back reads a value. */
  const isRead = (value: Value) => uses.readers(value).some((node) => !forward.has(node));
  const ends = new Set(graph.blocks.values());
  const given = new Set<Value>([...graph.inputs, ...graph.parameters]);
  /** Values that are there in the walk back, or follow from such by cheap ops. */
  const reachable = new Set<Value>(
    [...given, ...ends].filter((one) => given.has(one) || isRead(one)),
  );
  const list: { 0: Value[]; 1: Value[]; 2: Value[] }[] = [];
  let current = { 0: [] as Value[], 1: [] as Value[], 2: [] as Value[] };
  for (const node of graph.nodes) {
    if (!forward.has(node)) continue;
    const y = node.outputs[0] as Value;
    const follows = cheap.has(node.op) && node.inputs.every((input) => reachable.has(input));
    if (follows || isRead(y)) reachable.add(y);
    if (ends.has(y)) {
      list.push(current);
      current = { 0: [], 1: [], 2: [] };
      continue;
    }
    current[2].push(y);
    if (follows) current[1].push(y);
  }
  return { list };
}

/** Drops values after the forward pass; the order of the other nodes stays. */
export function recompute(
  graph: Graph,
  forward: ReadonlySet<AnyNode>,
  dropped: ReadonlySet<Value>,
): Graph {
  if (dropped.size === 0) return graph;
  const uses = new Uses(graph);
  const again = new Map<Value, Value>();
  const nodes: AnyNode[] = [];
  const available = (value: Value): Value => {
    const node = dropped.has(value) ? uses.maker(value) : undefined;
    if (!node) return value;
    const known = again.get(value);
    if (known) return known;
    const inputs = node.inputs.map(available);
    const output = { name: `${value.name}/again`, shape: value.shape };
    again.set(value, output);
    nodes.push(recomputed(node, inputs, output));
    return output;
  };
  for (const node of graph.nodes) {
    if (forward.has(node)) nodes.push(node);
    else {
      const inputs = node.inputs.map(available);
      nodes.push({ ...node, inputs } as AnyNode);
    }
  }
  return { ...graph, nodes };
}

/** A node once more; statistics of the batch, which it finds anew, go by names of their own. */
function recomputed(node: AnyNode, inputs: readonly Value[], output: Value): AnyNode {
  const others = node.outputs.slice(1).map(({ name, shape }) => ({ name: `${name}/again`, shape }));
  return { ...node, name: `${node.name}/again`, inputs, outputs: [output, ...others] } as AnyNode;
}
