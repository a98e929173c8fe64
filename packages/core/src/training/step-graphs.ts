/**
 * @file From a network's graph to the two graphs of a training step.
 *
 *   gradients:  images, targets, masks ─► loss, logits; gradients and moving statistics kept
 *   update:     gradients, learning rate ─► parameters, optimiser slots and averages kept
 *
 * Two graphs and not one, because the second writes over the parameters that the first still reads,
 * and because a large batch may run the first several times before the second.
 */
import { backward, type Seed } from "../autodiff/backward.js";
import { GraphError } from "../errors.js";
import type { TrainingStep } from "../executors/executor.js";
import { GraphBuilder } from "../graph/builder.js";
import { type Graph, isTrainable, type Parameter, type Value } from "../graph/ir.js";
import { type DropoutMask, forTraining } from "../graph/passes/for-training.js";
import type { Shape } from "../tensor/tensor.js";
import { addUpdate, type Optimizer, type StepScalars, slots } from "./optimizer.js";
import { keepBudget, type MemoryBudget } from "./step-memory.js";

/** What a training step is made for. */
export interface StepOptions {
  readonly optimizer: Optimizer;
  /** Which parameters are trained; all that can be, by default. */
  readonly trains?: (parameter: Parameter) => boolean;
  /** Batch norms that keep their running statistics: by node name; none by default. */
  readonly frozenNorms?: (node: string) => boolean;
  /** Share of the old value that the moving statistics keep each step; 0.9, as in PyTorch. */
  readonly statisticsDecay?: number;
  /** L2 decay of a parameter; by slim's rule on weights and biases, never on batch norm. */
  readonly weightDecay?: number;
  /** Multiplies the learning rate of a parameter; 1. */
  readonly rateFactor?: (parameter: Parameter) => number;
  /** Largest L2 norm of all gradients together; unlimited by default. */
  readonly clipNorm?: number;
  /** Parts that a batch is computed in, their gradients added up; 1. */
  readonly parts?: number;
  /** Keeps a running average of parameters and statistics; false. */
  readonly averages?: boolean;
  /** Weight of the auxiliary classifier in the loss; slim's 0.4. */
  readonly auxiliaryWeight?: number;
  /**
   * Memory that the process may take, kept as far as possible by dropping activations and computing
   * them again, which changes no result; unlimited by default.
   */
  readonly memoryBudget?: MemoryBudget;
}

/** A variable that training adds to the network's parameters. */
export interface StateVariable {
  readonly name: string;
  readonly shape: Shape;
  /** The value it starts with: a number, or a copy of a parameter. */
  readonly start: number | { readonly copyOf: string };
}

/** The graphs of a step. */
export interface StepGraphs {
  readonly gradients: TrainingStep;
  readonly update: TrainingStep;
  readonly state: readonly StateVariable[];
  /** Parameters that the step changes; all others keep every bit. */
  readonly trained: readonly Parameter[];
  /** Dropout masks that the gradient graph wants. */
  readonly masks: readonly DropoutMask[];
}

/** Builds the graphs of a training step from a network's graph, whose batch is the step's. */
export function buildStepGraphs(network: Graph, options: StepOptions): StepGraphs {
  const { trains = () => true, parts = 1 } = options;
  const { graph: forward, masks, statistics } = forTraining(network, options.frozenNorms);
  const trained = forward.parameters.filter((one) => isTrainable(one) && trains(one));
  const builder = GraphBuilder.from(forward);
  const outputs = new Map<string, Value>();
  const assign = new Map<string, string>();
  const state: StateVariable[] = [];
  const seeds = addLosses(builder, forward, options, outputs);
  const gradients = backward(builder, forward, seeds, trained);
  const keep = parts > 1 ? builder.input("keep", []) : undefined;
  for (const parameter of trained) {
    const found = gradients.get(parameter);
    if (!found) {
      throw new GraphError(
        "GRADIENT_MISSING",
        `Cannot train "${parameter.name}": the loss does not use it`,
      );
    }
    const name = gradientName(parameter.name);
    state.push({ name, shape: parameter.shape, start: 0 });
    let value = found;
    if (keep) {
      const sum = builder.parameter(name, parameter.shape, "state");
      value = builder.add("accumulate", `${name}/accumulated`, [sum, found, keep], {});
    }
    outputs.set(name, value);
    assign.set(name, name);
  }
  for (const { parameter, value, gain } of statistics) {
    const attributes = { decay: options.statisticsDecay ?? 0.9, gain };
    const name = `${parameter.name}/moved`;
    outputs.set(name, builder.add("moving_average", name, [parameter, value], attributes));
    assign.set(name, parameter.name);
  }
  const graph = builder.finish(`${network.name}_gradients`, outputs, forward.blocks);
  const moved = statistics.map(({ parameter }) => parameter);
  const update = buildUpdate(network, trained, moved, options, state);
  const gradientStep = { graph, assign };
  const { memoryBudget } = options;
  if (memoryBudget === undefined) return { gradients: gradientStep, update, state, trained, masks };
  const step = { gradients: gradientStep, update };
  const inBudget = keepBudget(step, new Set(forward.nodes), memoryBudget);
  return { gradients: { graph: inBudget, assign }, update, state, trained, masks };
}

/** Name of the variable that holds a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/** Name of the variable that holds a parameter's slot. */
export function slotName(parameter: string, slot: string): string {
  return `${slot}/${parameter}`;
}

/** Name of the variable that holds a parameter's running average. */
export function averageName(parameter: string): string {
  return `average/${parameter}`;
}

/** The loss of each classifier and the gradients that the walk back starts from. */
function addLosses(
  builder: GraphBuilder,
  forward: Graph,
  { auxiliaryWeight = 0.4, parts = 1 }: StepOptions,
  outputs: Map<string, Value>,
): Seed[] {
  const logits = forward.outputs.get("logits");
  if (!logits) {
    throw new GraphError(
      "CLASSIFIER_MISSING",
      `Cannot train "${forward.name}": it has no classifier`,
    );
  }
  const targets = builder.input("targets", logits.shape);
  outputs.set("logits", logits);
  const heads = [
    { of: logits, name: "loss", weight: 1 },
    { of: forward.outputs.get("aux_logits"), name: "aux_loss", weight: auxiliaryWeight },
  ];
  return heads.flatMap(({ of, name, weight }) => {
    if (!of) return [];
    outputs.set(name, builder.add("softmax_cross_entropy", name, [of, targets], {}));
    const gradient = builder.add(
      "softmax_cross_entropy_gradient",
      `${name}/gradient`,
      [of, targets],
      {
        weight: weight / parts,
      },
    );
    return [{ of, gradient }];
  });
}

function buildUpdate(
  network: Graph,
  trained: readonly Parameter[],
  moved: readonly Parameter[],
  options: StepOptions,
  state: StateVariable[],
): TrainingStep {
  const builder = new GraphBuilder();
  const outputs = new Map<string, Value>();
  const assign = new Map<string, string>();
  const set = (value: Value, variable: string) => {
    outputs.set(value.name, value);
    assign.set(value.name, variable);
  };
  const gradients = trained.map(({ name, shape }) =>
    builder.parameter(gradientName(name), shape, "state"),
  );
  const scalars = addScalars(builder, gradients, options, outputs);
  const decay = options.averages ? builder.input("average_decay", []) : undefined;
  const average = (parameter: Parameter, value: Value) => {
    if (!decay) return;
    const name = averageName(parameter.name);
    state.push({ name, shape: parameter.shape, start: { copyOf: parameter.name } });
    const old = builder.parameter(name, parameter.shape, "state");
    set(builder.add("average_update", `${name}/next`, [old, value, decay], {}), name);
  };
  trained.forEach((parameter, index) => {
    const old = builder.parameter(parameter.name, parameter.shape, parameter.role);
    const kept = Object.entries(slots[options.optimizer.kind]).map(([slot, start]) => {
      const name = slotName(parameter.name, slot);
      state.push({ name, shape: parameter.shape, start });
      return builder.parameter(name, parameter.shape, "state");
    });
    const decays = parameter.role === "weight" || parameter.role === "bias";
    const results = addUpdate(builder, old, gradients[index] as Value, kept, scalars, {
      optimizer: options.optimizer,
      weightDecay: decays ? (options.weightDecay ?? 0) : 0,
      rateFactor: options.rateFactor?.(parameter) ?? 1,
    });
    [old, ...kept].forEach((variable, at) => {
      set(results[at] as Value, variable.name);
    });
    average(parameter, results[0] as Value);
  });
  for (const { name, shape, role } of moved) {
    if (decay) average({ name, shape, role }, builder.parameter(name, shape, role));
  }
  return { graph: builder.finish(`${network.name}_update`, outputs), assign };
}

function addScalars(
  builder: GraphBuilder,
  gradients: readonly Value[],
  { clipNorm, optimizer }: StepOptions,
  outputs: Map<string, Value>,
): StepScalars {
  const rate = builder.input("rate", []);
  const adam = optimizer.kind === "adamw";
  const c1 = adam ? builder.input("c1", []) : rate;
  const c2 = adam ? builder.input("c2", []) : rate;
  if (clipNorm === undefined) return { rate, clip: builder.input("clip", []), c1, c2 };
  const [clip, norm] = builder.apply("clip_factor", "clip", gradients, { limit: clipNorm });
  outputs.set("gradient_norm", norm as Value);
  return { rate, clip: clip as Value, c1, c2 };
}
