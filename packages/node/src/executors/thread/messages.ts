/**
 * @file The messages between a `ThreadExecutor` and its thread.
 *
 * A program or training is known by the `id` of the request that compiled it.
 */
import type { PackedError } from "@inception-resnet-v2/core/internal/errors.js";
import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/**
 * What the thread is asked; `id` comes back with the answer. Once `givenUp` is not 0, nobody waits for
 * that any more.
 */
export type Request = { readonly id: number; readonly givenUp?: Int32Array } & (
  | {
      readonly kind: "compile";
      readonly graph: Graph;
      readonly parameters: Tensors;
      readonly consume: boolean;
    }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly inputs: Tensors;
      readonly outputs: readonly string[];
    }
  | { readonly kind: "release"; readonly program: number }
  | { readonly kind: "close" }
  | {
      readonly kind: "compileTraining";
      readonly steps: readonly TrainingStep[];
      readonly variables: Tensors;
    }
  | {
      readonly kind: "step";
      readonly program: number;
      readonly step: number;
      readonly inputs: Tensors;
    }
  | { readonly kind: "read"; readonly program: number; readonly names: readonly string[] }
  | { readonly kind: "write"; readonly program: number; readonly variables: Tensors }
);

/** What the thread answers. */
export interface Reply {
  readonly id: number;
  readonly outputs?: Tensors;
  /** Whether nothing was done, since nobody waits for it. */
  readonly isSkipped?: boolean;
  readonly error?: PackedError;
}
