/**
 * @file Runs a graph node by node with the kernels of this folder.
 */
import { GraphError } from "../../errors.js";
import type { AnyNode, Graph, Value } from "../../graph/ir.js";
import { type OpName, ops } from "../../graph/ops.js";
import { Uses } from "../../graph/uses.js";
import { type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import type {
  CompileOptions,
  Executor,
  MemoryModel,
  Program,
  RunOptions,
  TrainingProgram,
  TrainingStep,
} from "../executor.js";
import { kernels } from "./kernels.js";
import type { Kernel } from "./loops.js";

/**
 * A line through the peaks of two small networks, 180 MB where 34 MB are alive (width 0.1, 139 px,
 * batch 8) and 217 MB where 76 MB are (width 0.05, 299 px, batch 4): 1 % off both.
 */
const memory: MemoryModel = {
  processBytes: 130e6,
  ofLive: 1.1,
  ofLargest: 0,
  ofWeights: 0,
  workspaceBytes: () => 0,
};

/** The executor that defines the ops: correct, single-threaded, minutes instead of milliseconds. */
export function createReferenceExecutor(): Executor {
  return {
    name: "reference",
    description: "plain TypeScript loops, the definition of each op",
    memory,
    async compile(graph, parameters, { signal }: CompileOptions = {}) {
      signal?.throwIfAborted();
      return compile(graph, parameters);
    },
    compileTraining: async (steps, variables) => compileTraining(steps, variables),
    dispose: async () => {},
  };
}

function compile(graph: Graph, parameters: Tensors): Program {
  const uses = new Uses(graph);
  const kept = new Set<Value>([...graph.outputs.values(), ...graph.parameters]);
  return {
    async run(inputs: Tensors, options: RunOptions = {}) {
      options.signal?.throwIfAborted();
      const values = new Map<Value, Tensor>();
      for (const input of graph.inputs) values.set(input, given(inputs, input));
      for (const parameter of graph.parameters) values.set(parameter, given(parameters, parameter));
      for (const node of graph.nodes) {
        const results = runNode(
          node,
          node.inputs.map((input) => values.get(input) as Tensor),
        );
        node.outputs.forEach((output, index) => {
          values.set(output, results[index] as Tensor);
        });
        for (const input of node.inputs) {
          if (uses.lastReader(input) === node && !kept.has(input)) values.delete(input);
        }
      }
      const names = options.outputs ?? [...graph.outputs.keys()];
      return new Map(
        names.map((name) => [name, values.get(graph.outputs.get(name) as Value) as Tensor]),
      );
    },
    dispose: async () => {},
  };
}

function compileTraining(steps: readonly TrainingStep[], variables: Tensors): TrainingProgram {
  const state = new Map(
    [...variables].map(([name, { shape, data }]) => [name, tensor(shape, data.slice())]),
  );
  const programs = steps.map(({ graph }) => compile(graph, state));
  return {
    async run(step, inputs) {
      const results = new Map(await (programs[step] as Program).run(inputs));
      for (const [output, variable] of steps[step]?.assign ?? []) {
        state.get(variable)?.data.set(results.get(output)?.data ?? []);
        results.delete(output);
      }
      return results;
    },
    read: async (names) =>
      new Map(
        names.map((name) => {
          const { shape, data } = state.get(name) as Tensor;
          return [name, tensor(shape, data.slice())];
        }),
      ),
    write: async (changed) => {
      for (const [name, { data }] of changed) state.get(name)?.data.set(data);
    },
    dispose: async () => {},
  };
}

/** Runs one node on tensors whose batch may differ from the one in the graph. */
function runNode(node: AnyNode, inputs: readonly Tensor[]): readonly Tensor[] {
  const shapes = ops[node.op].shape(
    inputs.map((input) => input.shape),
    node.attributes as never,
  );
  const results = (kernels[node.op] as Kernel<OpName>)(inputs, node.attributes as never, shapes);
  return results as readonly Tensor[]; // float32, as the inputs are
}

function given(tensors: Tensors, value: Value): Tensor {
  const found = tensors.get(value.name);
  if (!found)
    throw new GraphError("TENSOR_MISSING", `Cannot run: no tensor is given for "${value.name}"`);
  return found;
}
