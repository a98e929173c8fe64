/**
 * @file Training steps, a program each, and the variables that they share.
 */

import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Node } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { buffersOf, freeBuffers } from "../../thread/buffers.js";
import type { EngineTraining } from "../thread/engine.js";
import type { NumberType } from "./api/api.js";
import type { Handles } from "./api/handles.js";
import { weightGradientDescriptor } from "./lowerings/convolutions.js";
import { Site } from "./lowerings/lowering.js";
import { Store } from "./memory/store.js";
import { chooseVariableLayouts } from "./memory/variable-layouts.js";
import { Program } from "./program.js";
import type { Timing } from "./recorded.js";
import { Recorder } from "./recorder.js";
import type { Runtime } from "./runtime.js";

/** Training steps in primitives, and the variables that they share. */
export class Training implements EngineTraining {
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
      freeBuffers(buffersOf(variables)); // all of them are in native memory now
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

  /** Runs a step once and gives the milliseconds of each primitive. */
  profile(step: number, inputs: Tensors): Timing[] {
    return (this.#programs[step] as Program).profile(inputs);
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
    const empty = new GraphBuilder().finish("layouts", new Map());
    const site = new Site(recorder, this.#store, empty, type);
    const layoutOf = chooseVariableLayouts(this.#steps, (node) => {
      const gradient = node as Node<"conv2d_weight_gradient">;
      const { descriptor, shape } = weightGradientDescriptor(site, gradient);
      return descriptor.layout("diffWeights", shape.weights);
    });
    for (const [name, value] of variables) {
      this.#store.add(name, value, layoutOf(name) ?? site.layout(value.shape, "f32"));
    }
  }

  #dispose(): void {
    for (const program of this.#programs.splice(0).reverse()) program.dispose();
    this.#handles[Symbol.dispose]();
  }
}
