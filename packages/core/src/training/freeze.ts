/**
 * @file Which part of a network is frozen, and the learning-rate factors of the rest.
 */
import { isAuxiliary, isClassifier } from "../architecture/heads.js";
import { UsageError } from "../errors.js";
import type { Graph, Parameter, Stage, Value } from "../graph/ir.js";

/** What stays: nothing, all before the classifier, or all up to and including a named block. */
export type Freeze = "none" | "body" | (string & {});

/** A network divided in two. */
export interface Division {
  /** Whether a parameter stays. */
  isFrozen(parameter: Parameter): boolean;
  /** Whether a batch norm, by node name, is in the part that stays. */
  isFrozenNorm(node: string): boolean;
}

/**
 * Divides a network. A parameter stays if the value at the end of the block depends on it; what
 * stands beside that (an auxiliary classifier) is trained. With `freezeNorms` every batch norm stays as
 * it is, scale and offset too. Throws `UsageError` on an unknown block.
 */
export function divide(graph: Graph, freeze: Freeze, freezeNorms = false): Division {
  const end = endOf(graph, freeze);
  const frozen = new Set<Value>(end ? [end] : []);
  const nodes = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => frozen.has(output))) continue;
    nodes.add(node.name);
    for (const input of node.inputs) frozen.add(input);
  }
  return {
    isFrozen: (parameter) =>
      frozen.has(parameter) || (freezeNorms && /^(gamma|beta)$/.test(parameter.role)),
    isFrozenNorm: (node) => freezeNorms || nodes.has(node),
  };
}

function endOf(graph: Graph, freeze: Freeze): Value | undefined {
  if (freeze === "none") return undefined;
  const value = freeze === "body" ? graph.outputs.get("features") : graph.blocks.get(freeze);
  if (value && !isClassifier(freeze)) return value;
  const known = [...graph.blocks.keys()].filter(
    (name) => !isAuxiliary(name) && !isClassifier(name),
  );
  throw new UsageError(
    "BLOCK_UNKNOWN",
    `Unknown block "${freeze}": expected none, body or one of ${known.join(", ")}`,
  );
}

/**
 * The share of the learning rate that a parameter gets: `factor` for each stage of the paper's
 * figure that lies between it and the classifier. 1 gives all the same.
 */
export function stageRates(graph: Graph, factor: number): (parameter: Parameter) => number {
  const isIn = (name: string, { blocks }: Stage) =>
    blocks.some((block) => name.startsWith(`${block}/`));
  const stages = graph.stages.filter((stage) =>
    graph.parameters.some(({ name }) => isIn(name, stage)),
  );
  const stageOf = (name: string) => stages.findIndex((stage) => isIn(name, stage));
  return ({ name }) => {
    const stage = stageOf(name);
    return stage < 0 ? 1 : factor ** (stages.length - 1 - stage);
  };
}
