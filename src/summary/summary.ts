/**
 * @file The network as rows: shapes, parameters, multiply-adds, memory, depth, receptive field.
 */
import { type NodeCost, nodeCosts } from "../graph/costs.js";
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import type { Pair } from "../graph/ops.js";

/** How fine a summary is. */
export const summaryDepths = ["stage", "block", "layer"] as const;

/** One of `summaryDepths`. */
export type SummaryDepth = (typeof summaryDepths)[number];

/** A part of the network. */
export interface SummaryRow {
  readonly name: string;
  /** How many blocks a stage repeats; 1 for everything else. */
  readonly times: number;
  /** Where it ends: height, width, channels, or features alone. */
  readonly output: readonly number[];
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Weighted layers on the longest path through this part. */
  readonly depth: number;
  readonly activationBytes: number;
  /** Pixels of the image that one cell of the output sees, and from cell to cell. */
  readonly receptiveField: Pair;
  readonly stride: Pair;
}

/** A network in numbers. */
export interface Summary {
  readonly name: string;
  readonly depth: SummaryDepth;
  readonly rows: readonly SummaryRow[];
  readonly totals: {
    readonly parameters: number;
    readonly trainable: number;
    readonly nonTrainable: number;
    readonly tensors: number;
    readonly convolutions: number;
    readonly multiplyAdds: number;
    readonly activationBytes: number;
    /** Weighted layers on the longest path from image to output. */
    readonly depth: number;
  };
}

/** Sums up a graph at batch 1. */
export function summarize(graph: Graph, { depth }: { readonly depth: SummaryDepth }): Summary {
  const costs = nodeCosts(graph);
  const groups = groupNodes(graph, depth);
  const makers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const rows = groups.map(({ name, times, nodes }): SummaryRow => {
    const all = nodes.map((node) => costs.get(node) as NodeCost);
    const last = all.at(-1) as NodeCost;
    const sum = (pick: (cost: NodeCost) => number) =>
      all.reduce((total, one) => total + pick(one), 0);
    const own = new Set(nodes);
    const before = nodes
      .flatMap(({ inputs }) => inputs.flatMap((input) => makers.get(input) ?? []))
      .filter((maker) => !own.has(maker))
      .map((maker) => costs.get(maker)?.depth ?? 0);
    return {
      name,
      times,
      output: figureShape(nodes.at(-1)),
      parameters: sum((one) => one.parameters),
      multiplyAdds: sum((one) => one.multiplyAdds),
      depth: Math.max(...all.map((one) => one.depth)) - Math.max(0, ...before),
      activationBytes: sum((one) => one.activationBytes),
      receptiveField: last.field.size,
      stride: last.field.stride,
    };
  });
  return {
    name: graph.name,
    depth,
    rows: [...graph.inputs.map(inputRow), ...rows],
    totals: totalsOf(graph, costs),
  };
}

const auxiliaryTitle = "Auxiliary classifier";

function inputRow({ shape }: Value): SummaryRow {
  const [, channels = 0, height = 1, width = 1] = shape;
  return {
    name: "Input",
    times: 1,
    output: [height, width, channels],
    parameters: 0,
    multiplyAdds: 0,
    depth: 0,
    activationBytes: 0,
    receptiveField: [1, 1],
    stride: [1, 1],
  };
}

interface Group {
  readonly name: string;
  readonly times: number;
  readonly nodes: readonly AnyNode[];
}

/** Nodes by stage, by named block, or by layer, in the order of the graph. */
function groupNodes(graph: Graph, depth: SummaryDepth): Group[] {
  const stages = new Map(
    graph.stages.flatMap(({ title, times, blocks }) =>
      blocks.map((block) => [block, { title, times }]),
    ),
  );
  const blocks = [...graph.blocks.keys()];
  const groups = new Map<string, { times: number; nodes: AnyNode[] }>();
  for (const node of graph.nodes) {
    const block = blockOf(node.name, blocks);
    const auxiliary = block.startsWith("aux_");
    const stage = auxiliary ? { title: auxiliaryTitle, times: 1 } : stages.get(block);
    const name = { stage: stage?.title ?? block, block, layer: layerOf(node.name) }[depth];
    const times = depth === "stage" ? (stage?.times ?? 1) : 1;
    const group = groups.get(name) ?? { times, nodes: [] };
    group.nodes.push(node);
    groups.set(name, group);
  }
  const ordered = [...groups].map(([name, group]) => ({ name, ...group }));
  const isAuxiliary = ({ name }: Group) => name === auxiliaryTitle || name.startsWith("aux_");
  return [...ordered.filter((one) => !isAuxiliary(one)), ...ordered.filter(isAuxiliary)];
}

/** The named block that a node belongs to: the first part of its path; dropout goes with what follows. */
function blockOf(path: string, blocks: readonly string[]): string {
  const [first = path] = path.split("/");
  if (blocks.includes(first)) return first;
  return blocks.includes("logits") ? "logits" : first;
}

/** A layer is a convolution with its norm and ReLU, or any other node by itself. */
function layerOf(path: string): string {
  return path.replace(/\/(conv|batch_norm|relu|flatten)$/, (_, kind: string) =>
    kind === "relu" && /^block\d+_\d+\/relu$/.test(path) ? "/relu" : "",
  );
}

function totalsOf(graph: Graph, costs: ReadonlyMap<AnyNode, NodeCost>): Summary["totals"] {
  const all = [...costs.values()];
  const sum = (pick: (cost: NodeCost) => number) =>
    all.reduce((total, one) => total + pick(one), 0);
  const parameters = sum((one) => one.parameters);
  const trainable = sum((one) => one.trainable);
  return {
    parameters,
    trainable,
    nonTrainable: parameters - trainable,
    tensors: sum((one) => one.tensors),
    convolutions: graph.nodes.filter(({ op }) => op === "conv2d").length,
    multiplyAdds: sum((one) => one.multiplyAdds),
    activationBytes: sum((one) => one.activationBytes),
    depth: Math.max(...all.map((one) => one.depth)),
  };
}

/** NCHW as figures write it: height, width, channels; classes alone. */
function figureShape(node: AnyNode | undefined): readonly number[] {
  const [, channels = 0, height = 1, width = 1] = node?.outputs[0]?.shape ?? [];
  return node?.op === "linear" ? [channels] : [height, width, channels];
}
