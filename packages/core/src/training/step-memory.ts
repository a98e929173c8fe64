/**
 * @file How much memory a training step takes, from its graphs alone, and how a budget is kept.
 */
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { type Degree, recompute, segmentsOf } from "../graph/passes/recompute.js";
import { Uses } from "../graph/uses.js";
import { sizeOf } from "../tensor/tensor.js";
import type { StepGraphs } from "./step-graphs.js";

const bytesPerFloat = 4;

/** How an executor uses memory, beside the variables; fitted to measured peaks. */
interface MemoryModel {
  /** Bytes of the process before any variable: Node, the executor, this library. */
  readonly process: number;
  /** Room for values, in parts of what is alive at the worst node and of the largest value. */
  readonly ofLive: number;
  readonly ofLargest: number;
  /** Copies of the weights in other layouts. */
  readonly ofWeights: number;
  /** Bytes that a node takes while it runs. */
  workspace(node: AnyNode): number;
}

/**
 * By the name of the executor; the native build of ONNX Runtime stands for all others. Lines through
 * the peaks of the full network (299 px, batch 8) and a small one (width 0.35, 139 px, batch 32):
 *
 * - onnxruntime, with and without recomputation: 2 % above the first, 18 % above the second.
 * - onednn plans one arena, 1220 MB of 1424 MB alive in the first, 346 of 342 MB in the second: 13 %
 *   above the first, none above the second. bf16 takes half of it, which is left as a margin.
 */
const models: Readonly<Record<string, MemoryModel>> = {
  onnxruntime: { process: 120e6, ofLive: 0.75, ofLargest: 22, ofWeights: 0, workspace: ortBytes },
  onednn: { process: 150e6, ofLive: 0.8, ofLargest: 5.4, ofWeights: 1.1, workspace: () => 0 },
};

function modelOf(executor: string): MemoryModel {
  return models[executor] ?? (models["onnxruntime"] as MemoryModel);
}

/** What a prediction needs of a step. */
export type StepParts = Pick<StepGraphs, "gradients" | "update">;

/**
 * Peak memory in bytes of a process that runs these steps on an executor: its variables, the
 * parameters that the caller keeps, and the values that are alive at the worst node.
 */
export function predictStepMemory({ gradients, update }: StepParts, executor: string): number {
  const model = modelOf(executor);
  return memoryAround(gradients, update, model) + arenaBytes(gradients.graph, model);
}

/** The gradient graph with as little computed again as the budget in bytes allows; all, where none does. */
export function keepBudget(
  { gradients, update }: StepParts,
  forward: ReadonlySet<AnyNode>,
  { budget, executor }: { readonly budget: number; readonly executor: string },
): Graph {
  const { graph } = gradients;
  const model = modelOf(executor);
  const limit = budget - memoryAround(gradients, update, model);
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
  return model.process + (sum + kept * (1 + model.ofWeights)) * bytesPerFloat;
}

function arenaBytes(graph: Graph, model: MemoryModel): number {
  const sizes = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0) * bytesPerFloat;
  return peakLiveBytes(graph, model) * model.ofLive + largest * model.ofLargest;
}

/** Bytes alive at the worst node, when nodes run in their order and values go after their last use. */
function peakLiveBytes(graph: Graph, { workspace }: MemoryModel): number {
  const outside = new Set<Value>([...graph.parameters, ...graph.outputs.values()]);
  const uses = new Uses(graph);
  const bytes = (value: Value) => (outside.has(value) ? 0 : sizeOf(value.shape) * bytesPerFloat);
  let live = graph.inputs.reduce((sum, input) => sum + bytes(input), 0);
  let peak = live;
  for (const node of graph.nodes) {
    for (const output of node.outputs) live += bytes(output);
    peak = Math.max(peak, live + workspace(node));
    for (const input of new Set(node.inputs)) {
      if (uses.lastReader(input) === node) live -= bytes(input);
    }
    for (const output of node.outputs) if (!uses.lastReader(output)) live -= bytes(output);
  }
  return peak;
}

/** Stacks of shifted inputs are made in turn, a part of about this size each, where they are larger. */
const largeStack = 48e6;

/**
 * What a node takes while it runs, in the spelling of the onnxruntime executor: the weight gradient of
 * a larger kernel stacks shifted copies of x (the copies, then the stack), the gradient of a batch norm
 * has three intermediate results, that of a max-pool the places of its maxima as 64-bit integers.
 */
function ortBytes(node: AnyNode): number {
  const [dy, x] = node.inputs.map(({ shape }) => sizeOf(shape) * bytesPerFloat);
  if (node.op === "batch_norm_training_gradient") return 3 * (dy ?? 0);
  if (node.op === "max_pool_gradient") return 3 * (dy ?? 0);
  if (node.op !== "conv2d_weight_gradient") return 0;
  const [rows, columns] = node.attributes.kernel;
  if (rows * columns === 1) return 0;
  const [from, to] = node.inputs.map(({ shape }) => sizeOf(shape.slice(2)));
  const stack = rows * columns * (x ?? 0) * ((from ?? 0) / (to ?? 1));
  return 2 * (stack > largeStack ? stack / rows : stack);
}
