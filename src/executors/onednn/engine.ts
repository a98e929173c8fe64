/**
 * @file Graphs on oneDNN: one program of primitives for each input shape, over weights that lie in
 * native memory. Everything native has an owner; programs end before the weights that they read, and
 * those before the library's engine.
 */
import { GraphError } from "../../errors.js";
import { GraphBuilder } from "../../graph/builder.js";
import type { AnyNode, Graph, Node, Value } from "../../graph/ir.js";
import { ops } from "../../graph/ops.js";
import { forInference } from "../../graph/passes/for-inference.js";
import { formatShape, sameShape, sizeOf, type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import type { TrainingStep } from "../executor.js";
import type { Engine, EngineProgram, EngineTraining } from "../thread/engine.js";
import type { NumberType } from "./api.js";
import { weightGradientDescriptor } from "./convolutions.js";
import type { Handles } from "./handles.js";
import { chooseHomes } from "./homes.js";
import { Site } from "./lowering.js";
import { lowerings } from "./lowerings.js";
import { type Placed, type Recorded, Recorder, type Runtime } from "./runtime.js";
import { type Copy, Store } from "./store.js";

/** Programs of one graph, for as many input shapes, that are kept. */
const keptPrograms = 4;

/** A graph in primitives, for inputs of one shape. */
class Program {
  readonly #handles: Handles;
  readonly #recorded: Recorded;
  readonly #inputs: ReadonlyMap<string, Placed>;
  readonly #outputs: ReadonlyMap<string, { readonly value: Value; readonly placed: Placed }>;
  readonly #copies: ReadonlySet<Copy>;

  constructor(
    runtime: Runtime,
    store: Store,
    graph: Graph,
    type: NumberType,
    assign: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#handles = runtime.handles();
    try {
      using recorder = new Recorder(runtime, this.#handles);
      const targets = new Map<Value, Placed>();
      for (const [output, variable] of assign) {
        const value = graph.outputs.get(output) as Value;
        const plain = recorder.api.layout(value.shape.length ? value.shape : [1], "f32", "plain");
        targets.set(value, store.home(variable, plain));
      }
      const site = new Site(recorder, store, graph, type, targets);
      const inputs = new Map<string, Placed>();
      for (const input of graph.inputs) {
        const placed = recorder.slot(site.layout(input.shape, "f32"));
        recorder.touch(placed, -1);
        site.give(input, placed);
        inputs.set(input.name, placed);
      }
      site.lower(lowerings);
      const outputs = new Map<string, { value: Value; placed: Placed }>();
      for (const [name, value] of graph.outputs) {
        if (assign.has(name)) continue;
        const placed = site.want(value, site.layout(value.shape, "f32"));
        recorder.touch(placed, Number.POSITIVE_INFINITY);
        outputs.set(name, { value, placed });
      }
      this.#inputs = inputs;
      this.#outputs = outputs;
      this.#copies = site.copies;
      this.#recorded = recorder.finish();
    } catch (error) {
      this.#handles[Symbol.dispose]();
      throw error;
    }
  }

  run(inputs: Tensors): Map<string, Tensor> {
    this.#prepare(inputs);
    this.#recorded.run();
    return this.#results();
  }

  /** Runs once and gives the milliseconds of each primitive. */
  profile(inputs: Tensors): { readonly name: string; readonly ms: number }[] {
    this.#prepare(inputs);
    return this.#recorded.profile();
  }

  dispose(): void {
    this.#handles[Symbol.dispose]();
  }

  #prepare(inputs: Tensors): void {
    for (const copy of this.#copies) copy.refresh();
    for (const [name, placed] of this.#inputs) {
      const given = inputs.get(name);
      if (!given) throw new GraphError("NO_INPUT", `Cannot run: no tensor is given for "${name}"`);
      const numbers = this.#recorded.floats(placed);
      numbers.set(given.data.subarray(0, numbers.length));
    }
  }

  #results(): Map<string, Tensor> {
    return new Map(
      [...this.#outputs].map(([name, { value, placed }]) => {
        const numbers = this.#recorded.floats(placed);
        return [name, tensor(value.shape, numbers.slice(0, sizeOf(value.shape)))];
      }),
    );
  }
}

/** oneDNN in the thread that owns it. */
export class OneDnnEngine implements Engine {
  readonly #runtime: Runtime;
  readonly #type: NumberType;

  constructor(runtime: Runtime, type: NumberType) {
    this.#runtime = runtime;
    this.#type = type;
  }

  async compile(
    graph: Graph,
    parameters: Tensors,
    { consume }: { readonly consume: boolean },
  ): Promise<EngineProgram> {
    const model = forInference({ graph, parameters }, { inPlace: consume });
    return new Inference(this.#runtime, model, this.#type);
  }

  async compileTraining(
    steps: readonly TrainingStep[],
    variables: Tensors,
  ): Promise<EngineTraining> {
    return new Training(this.#runtime, steps, variables, this.#type);
  }

  async dispose(): Promise<void> {
    this.#runtime[Symbol.dispose]();
  }

  explain(error: unknown): unknown {
    return error;
  }
}

class Inference implements EngineProgram {
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
      this.#program(graph.inputs); // the first program decides where the weights are at home
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

  async release(): Promise<void> {
    this.#dispose();
  }

  #program(inputs: readonly Value[]): Program {
    const key = inputs.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(", ");
    const found =
      this.#programs.get(key) ??
      new Program(this.#runtime, this.#store, forShapes(this.#graph, inputs), this.#type);
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

/** The same graph for inputs of other shapes. */
function forShapes(graph: Graph, inputs: readonly Value[]): Graph {
  const isSame = graph.inputs.every(({ shape }, at) => sameShape(inputs[at]?.shape ?? [], shape));
  if (isSame) return graph;
  const now = new Map<Value, Value>(graph.parameters.map((one) => [one, one]));
  graph.inputs.forEach((input, at) => {
    now.set(input, inputs[at] as Value);
  });
  const nodes = graph.nodes.map((node): AnyNode => {
    const given = node.inputs.map((one) => now.get(one) as Value);
    const shapes = ops[node.op].shape(
      given.map(({ shape }) => shape),
      node.attributes as never,
    );
    const made = node.outputs.map(({ name }, at) => ({ name, shape: shapes[at] ?? [] }));
    node.outputs.forEach((output, at) => {
      now.set(output, made[at] as Value);
    });
    return { ...node, inputs: given, outputs: made } as AnyNode;
  });
  const all = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, now.get(value) as Value]));
  return { ...graph, inputs, nodes, outputs: all(graph.outputs), blocks: all(graph.blocks) };
}

class Training implements EngineTraining {
  readonly #steps: readonly TrainingStep[];
  readonly #handles: Handles;
  readonly #store: Store;
  readonly #programs: Program[] = [];

  constructor(
    runtime: Runtime,
    steps: readonly TrainingStep[],
    variables: Tensors,
    type: NumberType,
  ) {
    this.#steps = steps;
    this.#handles = runtime.handles();
    this.#store = new Store(runtime, this.#handles);
    try {
      this.#settle(runtime, variables, type);
      for (const { graph, assign } of steps) {
        this.#programs.push(new Program(runtime, this.#store, graph, type, assign));
      }
    } catch (error) {
      this.#dispose();
      throw error;
    }
  }

  async run(step: number, inputs: Tensors): Promise<Map<string, Tensor>> {
    const results = (this.#programs[step] as Program).run(inputs);
    for (const variable of this.#steps[step]?.assign.values() ?? []) this.#store.changed(variable);
    return results;
  }

  read(names: readonly string[]): Map<string, Tensor> {
    return new Map(names.map((name) => [name, this.#store.read(name)]));
  }

  write(variables: Tensors): void {
    for (const [name, value] of variables) this.#store.write(name, value);
  }

  async release(): Promise<void> {
    this.#dispose();
  }

  #settle(runtime: Runtime, variables: Tensors, type: NumberType): void {
    using recorder = new Recorder(runtime, this.#handles);
    const empty = new GraphBuilder().finish("homes", new Map());
    const site = new Site(recorder, this.#store, empty, type);
    const homeOf = chooseHomes(this.#steps, (node) => {
      const gradient = node as Node<"conv2d_weight_gradient">;
      const { descriptor, shape } = weightGradientDescriptor(site, gradient);
      return descriptor.layout("diffWeights", shape.weights);
    });
    for (const [name, value] of variables) {
      this.#store.add(name, value, homeOf(name) ?? site.layout(value.shape, "f32"));
    }
  }

  #dispose(): void {
    for (const program of this.#programs.splice(0).reverse()) program.dispose();
    this.#handles[Symbol.dispose]();
  }
}
