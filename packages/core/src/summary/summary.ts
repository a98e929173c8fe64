/**
 * @file The network as rows: shapes, parameters, multiply-adds, memory, depth, receptive field.
 */
import { isAuxiliary, mainHead } from "../architecture/heads.js";
import { type CostSum, type NodeCost, nodeCosts, sumCosts } from "../graph/costs.js";
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import type { Pair } from "../graph/ops.js";

/** How fine a summary is. */
export const summaryDepths = ["stage", "block", "layer"] as const;

/** One of `summaryDepths`. */
export type SummaryDepth = (typeof summaryDepths)[number];

/** A part of the network. */
export interface SummaryRow extends CostSum {
  /** Title of a stage, or path of a block or layer; no two rows share one. */
  readonly name: string;
  /** The rows whose results this part reads. */
  readonly reads: readonly string[];
  /** How many blocks a stage repeats; 1 for everything else. */
  readonly times: number;
  /** Where it ends: height, width, channels, or features alone. */
  readonly output: readonly number[];
  /** Weighted layers on the longest path through this part. */
  readonly depth: number;
  /** Pixels of the image that one cell of the output sees, and from cell to cell. */
  readonly receptiveField: Pair;
  readonly stride: Pair;
}

/** A network in numbers. */
export interface Summary {
  /** Name of the network. */
  readonly name: string;
  /** How fine the rows are. */
  readonly depth: SummaryDepth;
  /** The parts, input first. */
  readonly rows: readonly SummaryRow[];
  /** Sums over all rows, in parameters, multiply-adds and bytes. */
  readonly totals: CostSum & {
    readonly nonTrainable: number;
    readonly convolutions: number;
    /** Weighted layers on the longest path from image to output. */
    readonly depth: number;
  };
}

/** Sums up a graph; multiply-adds and activations are those of the batch in its shapes. */
export function summarize(graph: Graph, { depth }: { readonly depth: SummaryDepth }): Summary {
  const costs = nodeCosts(graph);
  const groups = groupNodes(graph, depth);
  const origins = new Map<Value, string>(graph.inputs.map((input) => [input, inputTitle]));
  for (const { name, nodes } of groups) {
    for (const output of nodes.flatMap(({ outputs }) => outputs)) origins.set(output, name);
  }
  const depths = new Map<Value, number>();
  for (const [{ outputs }, cost] of costs) {
    for (const output of outputs) depths.set(output, cost.depth);
  }
  const rows = groups.map(({ name, times, nodes }): SummaryRow => {
    const all = nodes.map((node) => costs.get(node) as NodeCost);
    const last = all.at(-1) as NodeCost;
    const incoming = nodes
      .flatMap(({ inputs }) => inputs)
      .filter((input) => origins.has(input) && origins.get(input) !== name);
    return {
      name,
      reads: [...new Set(incoming.map((input) => origins.get(input) as string))],
      times,
      output: figureShape(nodes.at(-1)),
      ...sumCosts(all),
      depth:
        Math.max(...all.map((one) => one.depth)) -
        Math.max(0, ...incoming.map((input) => depths.get(input) ?? 0)),
      receptiveField: last.field.size,
      stride: last.field.stride,
    };
  });
  return {
    name: graph.name,
    depth,
    rows: [...graph.inputs.map(inputRow), ...rows],
    totals: totalsOf(graph, [...costs.values()]),
  };
}

const inputTitle = "Input";
/** Name of the row that sums up the auxiliary classifier. */
export const auxiliaryTitle = "Auxiliary classifier";

function inputRow({ shape }: Value): SummaryRow {
  const [, channels = 0, height = 1, width = 1] = shape;
  return {
    name: inputTitle,
    reads: [],
    times: 1,
    output: [height, width, channels],
    ...sumCosts([]),
    depth: 0,
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
    const auxiliary = isAuxiliary(block);
    const stage = auxiliary ? { title: auxiliaryTitle, times: 1 } : stages.get(block);
    const name = { stage: stage?.title ?? block, block, layer: layerOf(node.name) }[depth];
    const times = depth === "stage" ? (stage?.times ?? 1) : 1;
    const group = groups.get(name) ?? { times, nodes: [] };
    group.nodes.push(node);
    groups.set(name, group);
  }
  const ordered = [...groups].map(([name, group]) => ({ name, ...group }));
  const isBeside = ({ name }: Group) => name === auxiliaryTitle || isAuxiliary(name);
  return [...ordered.filter((one) => !isBeside(one)), ...ordered.filter(isBeside)];
}

/** The named block that a node belongs to: the first part of its path; dropout goes with what follows. */
function blockOf(path: string, blocks: readonly string[]): string {
  const [first = path] = path.split("/");
  if (blocks.includes(first)) return first;
  return blocks.includes(mainHead) ? mainHead : first;
}

/** A layer is a convolution with its norm and ReLU, or any other node by itself. */
function layerOf(path: string): string {
  return path.replace(/\/(conv|batch_norm|relu|flatten)$/, (_, kind: string) =>
    kind === "relu" && /^block\d+_\d+\/relu$/.test(path) ? "/relu" : "",
  );
}

function totalsOf(graph: Graph, costs: readonly NodeCost[]): Summary["totals"] {
  const sum = sumCosts(costs);
  return {
    ...sum,
    nonTrainable: sum.parameters - sum.trainable,
    convolutions: graph.nodes.filter(({ op }) => op === "conv2d").length,
    depth: Math.max(0, ...costs.map((one) => one.depth)),
  };
}

/** NCHW as figures write it: height, width, channels; classes alone. */
function figureShape(node: AnyNode | undefined): readonly number[] {
  const [, channels = 0, height = 1, width = 1] = node?.outputs[0]?.shape ?? [];
  return node?.op === "linear" ? [channels] : [height, width, channels];
}
