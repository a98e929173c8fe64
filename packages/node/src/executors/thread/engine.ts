/**
 * @file What lives inside the thread of a `ThreadExecutor`: a library that computes, and what it made.
 *
 * The thread asks for one thing at a time, so no method is called while another is under way. All
 * tensors that come in are the thread's own: no one outside it reads or changes them.
 */

import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** A library that can run graphs, on the thread that owns it. A call that fails leaves nothing behind. */
export interface Engine {
  /**
   * Prepares a graph. The parameters are read during the call only; with `consume` they may also be
   * changed, and their buffers are gone after it.
   */
  compile(
    graph: Graph,
    parameters: Tensors,
    options: { readonly consume: boolean },
  ): Promise<EngineProgram>;
  /** Prepares training steps; the variables may be kept, and changed where they are. */
  compileTraining(steps: readonly TrainingStep[], variables: Tensors): Promise<EngineTraining>;
  /** Frees what the engine itself holds; programs were released before. */
  dispose(): Promise<void>;
  /** Translates errors of the library, such as running out of memory; returns others unchanged. */
  explain(error: unknown): unknown;
}

/** A compiled graph. */
export interface EngineProgram {
  /** Runs once; the results are transferred with their whole buffers. */
  run(inputs: Tensors, outputs: readonly string[]): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

/** Compiled training steps with their variables. */
export interface EngineTraining {
  /** Runs one step; the outputs that are not variables are transferred, as by a program. */
  run(step: number, inputs: Tensors): Promise<Map<string, Tensor>>;
  /** Copies of variables, which are transferred. */
  read(names: readonly string[]): Map<string, Tensor>;
  /** Overwrites variables. */
  write(variables: Tensors): void;
  release(): Promise<void>;
}
