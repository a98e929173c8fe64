/**
 * @file How much memory a training step takes, from its graphs alone, and how a budget is kept.
 */
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { type Degree, recompute, segmentsOf } from "../graph/passes/recompute.js";
import { sizeOf } from "../tensor/tensor.js";
import type { StepGraphs } from "./step-graphs.js";

const bytesPerFloat = 4;

/** Node, ONNX Runtime and this library, before any variable; measured. */
const processBytes = 150e6;

/** What ONNX Runtime's arena takes beyond the values that are alive, as it cannot fill every gap; measured. */
const arenaShare = 1.12;

/** What a prediction needs of a step. */
export type StepParts = Pick<StepGraphs, "gradients" | "update">;

/**
 * Peak memory in bytes of a process that runs these steps on the onnxruntime executor: its variables,
 * the parameters that the caller keeps, and the values that are alive at the worst node.
 */
export function predictStepMemory({ gradients, update }: StepParts): number {
  return memoryAround(gradients, update) + peakLiveBytes(gradients.graph) * arenaShare;
}

/** The gradient graph with as little computed again as the budget in bytes allows; all, where none does. */
export function keepBudget(
  { gradients, update }: StepParts,
  forward: ReadonlySet<AnyNode>,
  budget: number,
): Graph {
  const { graph } = gradients;
  const limit = (budget - memoryAround(gradients, update)) / arenaShare;
  const { list } = segmentsOf(graph, forward);
  const degrees = list.map((): Degree => 0);
  const make = () => {
    const dropped = list.flatMap((segment, at) => segment[degrees[at] ?? 0]);
    return recompute(graph, forward, new Set(dropped));
  };
  let made = graph;
  for (const degree of [1, 2] as const) {
    for (const at of list.keys()) {
      if (peakLiveBytes(made) <= limit) return made;
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

/** Bytes alive at the worst node, when nodes run in their order and values go after their last use. */
export function peakLiveBytes(graph: Graph): number {
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

/** The weight gradient of a larger kernel stacks shifted copies of x: the copies, then the stack. */
function workspaceBytes(node: AnyNode): number {
  if (node.op !== "conv2d_weight_gradient") return 0;
  const [dy, x] = node.inputs;
  const taps = node.attributes.kernel[0] * node.attributes.kernel[1];
  if (taps === 1) return 0;
  const cells = sizeOf(dy?.shape ?? []) / (dy?.shape[1] ?? 1);
  return 2 * taps * cells * (x?.shape[1] ?? 0) * bytesPerFloat;
}
