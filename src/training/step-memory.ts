/**
 * @file How much memory a training step takes, from its graphs alone, and how a budget is kept.
 */
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { type Degree, recompute, segmentsOf } from "../graph/passes/recompute.js";
import { sizeOf } from "../tensor/tensor.js";
import type { StepGraphs } from "./step-graphs.js";

const bytesPerFloat = 4;

/** Node, ONNX Runtime and this library, before any variable; measured. */
const processBytes = 120e6;

/**
 * What ONNX Runtime's arena takes for values that are alive and for the gaps between them, a line
 * through the measured peaks of the full network (299 px, batch 8) and a small one (width 0.35,
 * 139 px, batch 32), with and without recomputation: 2 % above the first, 18 % above the second.
 */
const arena = { ofLive: 0.75, ofLargest: 22 };

/** What a prediction needs of a step. */
export type StepParts = Pick<StepGraphs, "gradients" | "update">;

/**
 * Peak memory in bytes of a process that runs these steps on the onnxruntime executor: its variables,
 * the parameters that the caller keeps, and the values that are alive at the worst node.
 */
export function predictStepMemory({ gradients, update }: StepParts): number {
  return memoryAround(gradients, update) + arenaBytes(gradients.graph);
}

/** The gradient graph with as little computed again as the budget in bytes allows; all, where none does. */
export function keepBudget(
  { gradients, update }: StepParts,
  forward: ReadonlySet<AnyNode>,
  budget: number,
): Graph {
  const { graph } = gradients;
  const limit = budget - memoryAround(gradients, update);
  const { list } = segmentsOf(graph, forward);
  const degrees = list.map((): Degree => 0);
  const make = () => {
    const dropped = list.flatMap((segment, at) => segment[degrees[at] ?? 0]);
    return recompute(graph, forward, new Set(dropped));
  };
  let made = graph;
  for (const degree of [1, 2] as const) {
    for (const at of list.keys()) {
      if (arenaBytes(made) <= limit) return made;
      degrees[at] = degree;
      made = make();
    }
  }
  return made;
}

/** Everything but the activations. */
function memoryAround(gradients: StepParts["gradients"], update: StepParts["update"]): number {
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
  return processBytes + (sum + kept) * bytesPerFloat;
}

function arenaBytes(graph: Graph): number {
  const sizes = graph.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0) * bytesPerFloat;
  return peakLiveBytes(graph) * arena.ofLive + largest * arena.ofLargest;
}

/** Bytes alive at the worst node, when nodes run in their order and values go after their last use. */
function peakLiveBytes(graph: Graph): number {
  const outside = new Set<Value>([...graph.parameters, ...graph.outputs.values()]);
  const lastUse = new Map<Value, AnyNode>();
  for (const node of graph.nodes) for (const input of node.inputs) lastUse.set(input, node);
  const bytes = (value: Value) => (outside.has(value) ? 0 : sizeOf(value.shape) * bytesPerFloat);
  let live = graph.inputs.reduce((sum, input) => sum + bytes(input), 0);
  let peak = live;
  for (const node of graph.nodes) {
    for (const output of node.outputs) live += bytes(output);
    peak = Math.max(peak, live + workspaceBytes(node));
    for (const input of new Set(node.inputs)) {
      if (lastUse.get(input) === node) live -= bytes(input);
    }
    for (const output of node.outputs) if (!lastUse.has(output)) live -= bytes(output);
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
function workspaceBytes(node: AnyNode): number {
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
