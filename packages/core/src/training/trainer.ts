/**
 * @file A network in training: its compiled steps, its variables, and one method for each thing that
 * happens to them.
 *
 * All randomness of a step is drawn from the seed and the number of the step, so that nothing but the
 * variables and that number has to be kept to continue.
 */
import { ResourceError } from "../errors.js";
import type { Executor, TrainingProgram, TrainingStep } from "../executors/executor.js";
import type { Graph, Parameter, Value } from "../graph/ir.js";
import { renameParameters } from "../graph/passes/rename-parameters.js";
import { selectOutputs } from "../graph/passes/select-outputs.js";
import { createRandom } from "../tensor/random.js";
import { type Tensor, type Tensors, tensor } from "../tensor/tensor.js";
import type { Optimizer } from "./optimizer.js";
import {
  averageName,
  buildStepGraphs,
  gradientName,
  type StateVariable,
  type StepGraphs,
  type StepOptions,
} from "./step-graphs.js";
import { predictStepMemory } from "./step-memory.js";
import { countCorrect } from "./targets.js";

/** What a trainer is made of. */
export interface TrainerOptions {
  readonly executor: Executor;
  /** The network, its batch that of one part of a step. */
  readonly network: Graph;
  /** How a step is built. */
  readonly step: Omit<StepOptions, "memoryBudget">;
  /** A value for each parameter of the network. */
  readonly parameters: Tensors;
  /** Values of the optimiser's variables, from a checkpoint; by default they start anew. */
  readonly state?: Tensors;
  readonly seed: number;
  /** Share of the old value that averages keep, where there are averages. */
  readonly averageDecay?: number;
  /** Bytes that a step may take: activations are computed again where it needs that; unlimited. */
  readonly memoryBudget?: number;
  /** Bytes that there are; a step that is predicted to take more is refused. */
  readonly memoryLimit?: number;
}

/** One part of a batch: what goes into the network, and what should come out. */
export interface Part {
  readonly input: Tensor;
  readonly targets: Tensor;
}

/** What a step found, before it changed the parameters. */
export interface StepResult {
  /** Mean loss of the batch, the auxiliary classifier's included at its weight. */
  readonly loss: number;
  /** Images whose likeliest class was the right one. */
  readonly correct: number;
  readonly images: number;
  /** L2 norm of all gradients, where they are clipped. */
  readonly gradientNorm?: number;
}

const gradientStep = 0;
const updateStep = 1;
const evaluationStep = 2;

/** Compiled training; dispose of it when done. */
export class Trainer {
  /** Parameters that change. */
  readonly trained: readonly Parameter[];
  readonly #graphs: StepGraphs;
  readonly #program: TrainingProgram;
  readonly #options: TrainerOptions;

  private constructor(graphs: StepGraphs, program: TrainingProgram, options: TrainerOptions) {
    this.trained = graphs.trained;
    this.#graphs = graphs;
    this.#program = program;
    this.#options = options;
  }

  /** Builds and compiles the steps. Throws `ResourceError` when memory runs out. */
  static async create(options: TrainerOptions): Promise<Trainer> {
    const { executor, network, step, parameters, state, memoryBudget: bytes } = options;
    const model = executor.memory;
    const graphs = buildStepGraphs(network, {
      ...step,
      ...(bytes !== undefined && { memoryBudget: { bytes, model } }),
    });
    checkMemory(predictStepMemory(graphs, model), options);
    const variables = new Map(parameters);
    const consume = new Set<string>();
    for (const one of graphs.state) {
      const given = state?.get(one.name);
      variables.set(one.name, given ?? startValue(one, parameters));
      if (!given && typeof one.start === "number") consume.add(one.name);
    }
    const evaluation = evaluationGraph(network, step.averages ? graphs : undefined);
    const steps = [graphs.gradients, graphs.update, evaluation];
    const program = await executor.compileTraining(steps, variables, { consume });
    return new Trainer(graphs, program, options);
  }

  /** The names of the variables that a checkpoint keeps; gradients are made anew. */
  get stateNames(): readonly string[] {
    const gradients = new Set(this.trained.map(({ name }) => gradientName(name)));
    return this.#graphs.state.flatMap(({ name }) => (gradients.has(name) ? [] : [name]));
  }

  /** Runs the parts forward and back, their gradients added up, without changing parameters. */
  async gradients(step: number, parts: readonly Part[]): Promise<StepResult> {
    const { step: options } = this.#options;
    let [loss, correct, images] = [0, 0, 0];
    const masks = this.#masks(step);
    for (const [index, { input, targets }] of parts.entries()) {
      const inputs = new Map<string, Tensor>([
        [this.#options.network.inputs[0]?.name ?? "", input],
        ["targets", targets],
        ...masks(),
      ]);
      if ((options.parts ?? 1) > 1) inputs.set("keep", scalar(index === 0 ? 0 : 1));
      const outputs = await this.#program.run(gradientStep, inputs);
      loss += sum(outputs.get("loss"));
      loss += (options.auxiliaryWeight ?? 0.4) * sum(outputs.get("aux_loss"));
      images += targets.shape[0] ?? 0;
      correct += countCorrect(outputs.get("logits") as Tensor, targets);
    }
    return { loss: loss / images, correct, images };
  }

  /** Changes the parameters by the gradients; `step` counts from 0. Gives the gradients' norm. */
  async update(step: number, rate: number): Promise<number | undefined> {
    const { optimizer, clipNorm, averages } = this.#options.step;
    const inputs = new Map([["rate", scalar(rate)]]);
    if (clipNorm === undefined) inputs.set("clip", scalar(1));
    for (const [name, value] of adamCorrections(optimizer, step)) inputs.set(name, scalar(value));
    if (averages) inputs.set("average_decay", scalar(this.averageDecay(step)));
    const outputs = await this.#program.run(updateStep, inputs);
    return outputs.get("gradient_norm")?.data[0];
  }

  /** TensorFlow's rule: at first the average follows faster, min(decay, (1 + t) / (10 + t)). */
  averageDecay(step: number): number {
    return Math.min(this.#options.averageDecay ?? 0, (1 + step) / (10 + step));
  }

  /** The logits [n,classes] of a part, n at most its batch, by the averages where they are kept. */
  async evaluate(input: Tensor): Promise<Tensor> {
    const [value] = this.#options.network.inputs;
    const [batch = 1, ...rest] = value?.shape ?? [];
    const rows = input.shape[0] ?? 0;
    const padded = tensor([batch, ...rest]);
    padded.data.set(input.data);
    const inputs = new Map([[value?.name ?? "", padded]]);
    const logits = (await this.#program.run(evaluationStep, inputs)).get("logits") as Tensor;
    const classes = logits.shape[1] ?? 0;
    return tensor([rows, classes], logits.data.subarray(0, rows * classes));
  }

  /** Variables as they are now. */
  read(names: readonly string[]): Promise<Tensors> {
    return this.#program.read(names);
  }

  /** The network's parameters for use: the averages, where they are kept. */
  async weights(): Promise<Tensors> {
    const averages = new Set(this.#options.step.averages ? this.stateNames : []);
    const names = this.#options.network.parameters.map(({ name }) => {
      const average = averageName(name);
      return [name, averages.has(average) ? average : name] as const;
    });
    const values = await this.read(names.map(([, variable]) => variable));
    return new Map(names.map(([name, variable]) => [name, values.get(variable) as Tensor]));
  }

  /** Overwrites variables. */
  async write(variables: Tensors): Promise<void> {
    await this.#program.write(variables);
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
  }

  /** Dropout masks of one part of a step after the other: together they are those of the batch. */
  #masks(step: number): () => [string, Tensor][] {
    const streams = this.#graphs.masks.map((mask) => ({
      ...mask,
      random: createRandom(this.#options.seed, `dropout/${step}/0/${mask.name}`),
    }));
    return () =>
      streams.map(({ name, shape, rate, random }) => {
        const mask = tensor(shape);
        for (let at = 0; at < mask.data.length; at++) {
          mask.data[at] = random.uniform() < rate ? 0 : 1 / (1 - rate);
        }
        return [name, mask];
      });
  }
}

function checkMemory(needed: number, { network, memoryLimit }: TrainerOptions): void {
  if (memoryLimit === undefined || needed <= memoryLimit) return;
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const images = network.inputs[0]?.shape[0];
  throw new ResourceError(
    "OUT_OF_MEMORY",
    `Cannot train ${images} photos at once: expected at most ${gibibytes(memoryLimit)} of memory, got a step that takes about ${gibibytes(needed)}`,
  );
}

/** The logits alone, by the parameters as they are or by their averages. */
function evaluationGraph(network: Graph, averaged: StepGraphs | undefined): TrainingStep {
  const logits = network.outputs.get("logits") as Value;
  const graph = selectOutputs(network, new Map([["logits", logits]]));
  const averages = new Set(averaged?.state.map(({ name }) => name));
  const byAverages = renameParameters(graph, ({ name }) => {
    const average = averageName(name);
    return averages.has(average) ? average : name;
  });
  return { graph: byAverages, assign: new Map() };
}

function startValue({ shape, start }: StateVariable, parameters: Tensors): Tensor {
  if (typeof start !== "number") return parameters.get(start.copyOf) as Tensor;
  const value = tensor(shape);
  if (start !== 0) value.data.fill(start); // zeros take no memory until they are written over
  return value;
}

function adamCorrections(optimizer: Optimizer, step: number): [string, number][] {
  if (optimizer.kind !== "adamw") return [];
  return [
    ["c1", 1 / (1 - optimizer.beta1 ** (step + 1))],
    ["c2", 1 / (1 - optimizer.beta2 ** (step + 1))],
  ];
}

function scalar(value: number): Tensor {
  return tensor([], Float32Array.of(value));
}

function sum(values: Tensor | undefined): number {
  return values?.data.reduce((total, value) => total + value, 0) ?? 0;
}
