/**
 * @file Graphs on oneDNN, in the thread that owns it. Everything native has an owner; programs end
 * before the weights that they read, and those before the library's engine.
 */

import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Engine } from "../thread/engine.js";
import type { NumberType } from "./api/api.js";
import { Inference } from "./inference.js";
import type { Runtime } from "./runtime.js";
import { Training } from "./training.js";

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
  ): Promise<Inference> {
    const model = forInference({ graph, parameters }, { inPlace: consume });
    return new Inference(this.#runtime, model, this.#type);
  }

  async compileTraining(steps: readonly TrainingStep[], variables: Tensors): Promise<Training> {
    return new Training(this.#runtime, steps, variables, this.#type);
  }

  async dispose(): Promise<void> {
    this.#runtime[Symbol.dispose]();
  }

  explain(error: unknown): unknown {
    return error;
  }
}
