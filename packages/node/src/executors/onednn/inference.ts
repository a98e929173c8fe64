/**
 * @file A network in use: a program for each batch size that it meets, over the same weights.
 */
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { reshapeInputs } from "@inception-resnet-v2/core/internal/graph/passes/reshape-inputs.js";
import {
  formatShape,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { EngineProgram } from "../thread/engine.js";
import type { NumberType } from "./api/api.js";
import type { Handles } from "./api/handles.js";
import { Store } from "./memory/store.js";
import { Program } from "./program.js";
import type { Timing } from "./recorded.js";
import type { Runtime } from "./runtime.js";

/** Programs that are kept. */
const keptPrograms = 4;

/** A network in use. */
export class Inference implements EngineProgram {
  readonly #runtime: Runtime;
  readonly #graph: Graph;
  readonly #type: NumberType;
  readonly #handles: Handles;
  readonly #store: Store;
  /** By the shapes of the inputs, the one used last at the end. */
  readonly #programs = new Map<string, Program>();

  constructor(
    runtime: Runtime,
    { graph, parameters }: { readonly graph: Graph; readonly parameters: Tensors },
    type: NumberType,
  ) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#type = type;
    this.#handles = runtime.handles();
    this.#store = new Store(runtime, this.#handles);
    try {
      for (const { name } of graph.parameters) {
        const value = parameters.get(name);
        if (value) this.#store.add(name, value);
      }
      this.#program(graph.inputs); // the first program decides the layouts of the weights
    } catch (error) {
      this.#dispose();
      throw error;
    }
  }

  async run(inputs: Tensors, outputs: readonly string[]): Promise<Map<string, Tensor>> {
    const shapes = this.#graph.inputs.map(({ name, shape }) => ({
      name,
      shape: inputs.get(name)?.shape ?? shape,
    }));
    const results = this.#program(shapes).run(inputs);
    return new Map(outputs.map((name) => [name, results.get(name) as Tensor]));
  }

  /** Runs once, at the batch the graph was written for, and gives the milliseconds of each primitive. */
  profile(inputs: Tensors): Timing[] {
    return this.#program(this.#graph.inputs).profile(inputs);
  }

  async release(): Promise<void> {
    this.#dispose();
  }

  #program(inputs: readonly Value[]): Program {
    const key = inputs.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(", ");
    const found =
      this.#programs.get(key) ??
      new Program(this.#runtime, this.#store, reshapeInputs(this.#graph, inputs), this.#type);
    this.#programs.delete(key);
    this.#programs.set(key, found);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > keptPrograms && oldest !== undefined) {
      this.#programs.get(oldest)?.dispose();
      this.#programs.delete(oldest);
    }
    return found;
  }

  #dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
    this.#handles[Symbol.dispose]();
  }
}
