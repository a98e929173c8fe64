/**
 * @file How much memory a training step takes, from its graphs alone, and how a budget is kept.
 */
import type { MemoryModel } from "../executors/executor.js";
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { type Degree, recompute, segmentsOf } from "../graph/passes/recompute.js";
import { Uses } from "../graph/uses.js";
import { sizeOf } from "../tensor/tensor.js";
import type { StepGraphs } from "./step-graphs.js";

const bytesPerFloat = 4;

/** Bytes that a process may take, and how the executor that they are for uses them. */
export interface MemoryBudget {
  readonly bytes: number;
  readonly model: MemoryModel;
}

/** What a prediction needs of a step. */
export type StepParts = Pick<StepGraphs, "gradients" | "update">;

/**
 * Peak memory in bytes of a process that runs these steps on an executor: its variables, the
 * parameters that the caller keeps, and the values that are alive at the worst node.
 */
export function predictStepMemory({ gradients, update }: StepParts, model: MemoryModel): number {
  return memoryAround(gradients, update, model) + arenaBytes(gradients.graph, model);
}

/** The gradient graph with as little computed again as the budget in bytes allows; all, where none does. */
export function keepBudget(
  { gradients, update }: StepParts,
  forward: ReadonlySet<AnyNode>,
  { bytes, model }: MemoryBudget,
): Graph {
  const { graph } = gradients;
  const limit = bytes - memoryAround(gradients, update, model);
  const { list } = segmentsOf(graph, forward);
  const degrees = list.map((): Degree => 0);
  const make = () => {
    const dropped = list.flatMap((segment, at) => segment[degrees[at] ?? 0]);
    return recompute(graph, forward, new Set(dropped));
  };
  let made = graph;
  for (const degree of [1, 2] as const) {
    for (const at of list.keys()) {
      if (arenaBytes(made, model) <= limit) return made;
      degrees[at] = degree;
      made = make();
    }
  }
  return made;
}

/** Everything but the activations. */
function memoryAround(
  gradients: StepParts["gradients"],
  update: StepParts["update"],
  model: MemoryModel,
): number {
  const variables = new Map<string, number>();
  let kept = 0;
  for (const { graph, assign } of [gradients, update]) {
    for (const { name, shape } of graph.parameters) variables.set(name, sizeOf(shape));
    for (const [output, name] of assign) {
      variables.set(name, sizeOf(graph.outputs.get(output)?.shape ?? []));
    }
  }
  for (const { shape, role } of gradients.graph.parameters) {
    if (role !== "state") kept += sizeOf(shape);
  }
  const sum = [...variables.values()].reduce((a, b) => a + b, 0);
  return model.processBytes + (sum + kept * (1 + model.ofWeights)) * bytesPerFloat;
}

function arenaBytes(graph: Graph, model: MemoryModel): number {
  const sizes = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0) * bytesPerFloat;
  return peakLiveBytes(graph, model) * model.ofLive + largest * model.ofLargest;
}

/** Bytes alive at the worst node, when nodes run in their order and values go after their last use. */
function peakLiveBytes(graph: Graph, { workspaceBytes }: MemoryModel): number {
  const outside = new Set<Value>([...graph.parameters, ...graph.outputs.values()]);
  const uses = new Uses(graph);
  const bytes = (value: Value) => (outside.has(value) ? 0 : sizeOf(value.shape) * bytesPerFloat);
  let live = graph.inputs.reduce((sum, input) => sum + bytes(input), 0);
  let peak = live;
  for (const node of graph.nodes) {
    for (const output of node.outputs) live += bytes(output);
    peak = Math.max(peak, live + workspaceBytes(node));
    for (const input of new Set(node.inputs)) {
      if (uses.lastReader(input) === node) live -= bytes(input);
    }
    for (const output of node.outputs) if (!uses.lastReader(output)) live -= bytes(output);
  }
  return peak;
}
