/**
 * @file Where a graph runs: the interface that every executor implements.
 *
 * An executor compiles a graph with its parameters into a program; a program runs any number of
 * times, at any batch size. Executors know graphs and tensors, never images or files.
 */
import type { AnyNode, Graph } from "../graph/ir.js";
import type { Tensors } from "../tensor/tensor.js";

/** Something that can run graphs. */
export interface Executor {
  /** Name of the engine, for options and messages. */
  readonly name: string;
  /** Version and settings in a few words, for `doctor` and benchmarks. */
  readonly description: string;
  /** How training uses memory on it, so that a step can be made to fit and refused where it does not. */
  readonly memory: MemoryModel;
  /**
   * Prepares a graph. The parameters must hold each one that the graph names, in its shape; they
   * are read during the call only. Throws `ResourceError` when memory runs out.
   */
  compile(graph: Graph, parameters: Tensors, options?: CompileOptions): Promise<Program>;
  /**
   * Prepares the steps of a training that share variables: the parameters of all their graphs, by
   * name. The variables are copied in; a step then changes them where they are.
   */
  compileTraining(
    steps: readonly TrainingStep[],
    variables: Tensors,
    options?: TrainingOptions,
  ): Promise<TrainingProgram>;
  /** Frees the programs and any thread; nothing runs afterwards. */
  dispose(): Promise<void>;
}

/** How an executor uses memory in training, beside the variables; fitted to measured peaks. */
export interface MemoryModel {
  /** Bytes of the process before any variable: Node, the executor, this library. */
  readonly processBytes: number;
  /** Bytes for values for each byte that is alive at the worst node. */
  readonly ofLive: number;
  /** Bytes for values for each byte of the largest one. */
  readonly ofLargest: number;
  /** Copies of the weights in other layouts, 0 or more. */
  readonly ofWeights: number;
  /** Bytes that a node takes while it runs. */
  workspaceBytes(node: AnyNode): number;
}

/** How to compile. */
export interface CompileOptions {
  /**
   * Lets the executor take the buffers of the parameters away and free them, which saves a copy
   * of the weights; the caller must not read them afterwards.
   * @defaultValue false
   */
  readonly consume?: boolean;
  /**
   * Gives the call up: it rejects with the reason, and what was prepared is freed.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to compile training steps. */
export interface TrainingOptions {
  /**
   * Names of variables whose buffers the executor may take away instead of copying them; the
   * caller must not read these afterwards.
   * @defaultValue none
   */
  readonly consume?: ReadonlySet<string>;
}

/** A compiled graph. */
export interface Program {
  /** Runs once: every input of the graph by name in, the chosen outputs (all, if none) by name out. */
  run(inputs: Tensors, options?: RunOptions): Promise<Tensors>;
  /** Frees the program alone. */
  dispose(): Promise<void>;
}

/** A graph of fixed batch whose outputs may be variables again. */
export interface TrainingStep {
  /** What the step computes. */
  readonly graph: Graph;
  /** For each output that is kept, the variable that it overwrites. */
  readonly assign: ReadonlyMap<string, string>;
}

/** Compiled training steps with their variables. */
export interface TrainingProgram {
  /** Runs one step, by its place in the list; gives the outputs that are not variables. */
  run(step: number, inputs: Tensors): Promise<Tensors>;
  /** Copies of variables as they are now. */
  read(names: readonly string[]): Promise<Tensors>;
  /** Overwrites variables. */
  write(variables: Tensors): Promise<void>;
  /** Frees the program and its variables. */
  dispose(): Promise<void>;
}

/** How to run a program. */
export interface RunOptions {
  /**
   * Names of the outputs wanted.
   * @defaultValue all
   */
  readonly outputs?: readonly string[];
  /**
   * Lets the executor take the input buffers away instead of copying them.
   * @defaultValue false
   */
  readonly transfer?: boolean;
  /**
   * Gives the run up: it rejects with the reason at once. A run that waits for others is then
   * not computed.
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Settings that every executor understands. */
export interface ExecutorOptions {
  /**
   * Threads to compute with.
   * @defaultValue the executor's own choice, one a core
   */
  readonly threads?: number | undefined;
  /**
   * Number type of activations and of the weights that products read; sums, statistics, losses
   * and the weights that training changes are float32 always. fp32 by default.
   * @defaultValue fp32
   */
  readonly precision?: Precision | undefined;
}

/** The number types that can be asked for. */
export const precisions = ["fp32", "bf16"] as const;

/** Number type to compute with. */
export type Precision = (typeof precisions)[number];
