/**
 * @file Chooses the memory layout of each training variable: a weight gets the layout that its gradient
 * is written in, so that an update needs no conversion; its gradient, slots and averages get the same.
 */

import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { optimizerOps } from "@inception-resnet-v2/core/internal/graph/optimizer-ops.js";
import { sameShape } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Layout } from "../api/api.js";

/** Values that share a layout. */
class Family {
  layout: Layout | undefined;
  #parent: Family | undefined;

  /** The family that this one was merged into. */
  get head(): Family {
    return this.#parent?.head ?? this;
  }

  join(other: Family): void {
    const [a, b] = [this.head, other.head];
    if (a === b) return;
    a.layout ??= b.layout;
    b.#parent = a;
  }
}

/** The layout of each variable that a weight gradient decides; `describe` tells how that is written. */
export function chooseVariableLayouts(
  steps: readonly TrainingStep[],
  describe: (weightGradient: TrainingStep["graph"]["nodes"][number]) => Layout,
): (variable: string) => Layout | undefined {
  const families = new Map<string | Value, Family>();
  const familyOf = (key: string | Value): Family => {
    const found = families.get(key) ?? new Family();
    families.set(key, found);
    return found.head;
  };
  for (const { graph, assign } of steps) {
    const variables = new Map<Value, string>(graph.parameters.map((one) => [one, one.name]));
    for (const [output, variable] of assign) {
      const value = graph.outputs.get(output);
      if (value) familyOf(value).join(familyOf(variable));
    }
    const key = (value: Value) => variables.get(value) ?? value;
    for (const node of graph.nodes) {
      if (node.op === "conv2d_weight_gradient") {
        familyOf(node.outputs[0] as Value).layout ??= describe(node);
      }
      if (!(node.op in optimizerOps) || node.op === "clip_factor") continue;
      const [first] = node.inputs as readonly [Value];
      for (const other of [...node.inputs, ...node.outputs]) {
        if (sameShape(other.shape, first.shape)) familyOf(key(first)).join(familyOf(key(other)));
      }
    }
  }
  return (variable) => families.get(variable)?.head.layout;
}
