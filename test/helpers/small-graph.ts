/**
 * @file A graph of a few nodes with values, for the tests of passes.
 */
import { createReferenceExecutor } from "@inception-resnet-v2/core/internal/executors/reference/executor.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** Numbers without pattern, the same each time. */
export function numbers(shape: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const filled = tensor(shape);
  for (let at = 0; at < filled.data.length; at++) {
    const unit = Math.abs(Math.sin((at + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1;
    filled.data[at] = low + unit * (high - low);
  }
  return filled;
}

/** A model of two convolutions with batch norm, one with and one without gamma, and a scaled residual. */
export function smallGraph(): { graph: Graph; parameters: Map<string, Tensor>; inputs: Tensors } {
  const builder = new GraphBuilder();
  const parameters = new Map<string, Tensor>();
  const parameter = (name: string, shape: number[], role: "weight" | "bias", low = -1) => {
    parameters.set(name, numbers(shape, parameters.size, low));
    return builder.parameter(name, shape, role);
  };
  const window = { stride: [1, 1], padding: [1, 1] } as const;
  const x = builder.input("image", [1, 3, 5, 5]);
  let y = x;
  for (const gamma of [true, false]) {
    const at = gamma ? "first" : "second";
    const conv = builder.add(
      "conv2d",
      `${at}/conv`,
      [y, parameter(`${at}/weight`, [3, 3, 3, 3], "weight")],
      window,
    );
    const statistics = ["beta", "mean"].map((name) => parameter(`${at}/${name}`, [3], "bias"));
    const variance = parameter(`${at}/variance`, [3], "bias", 0.1);
    const scale = gamma ? parameter(`${at}/gamma`, [3], "bias") : undefined;
    const norm = builder.add("batch_norm", `${at}/norm`, [conv, ...statistics, variance, scale], {
      epsilon: 1e-3,
    });
    y = builder.add("relu", `${at}/relu`, [norm], {});
  }
  const once = { stride: [1, 1], padding: [0, 0] } as const;
  const up = builder.add(
    "conv2d",
    "up/conv",
    [y, parameter("up/weight", [3, 3, 1, 1], "weight"), parameter("up/bias", [3], "bias")],
    once,
  );
  const scaled = builder.add("scale", "scale", [up], { factor: 0.17 });
  const sum = builder.add("add", "sum", [x, scaled], {});
  const kept = builder.add("dropout", "dropout", [sum], { rate: 0.2 });
  const outputs = new Map([
    ["sum", kept],
    ["middle", y],
  ]);
  const graph = builder.finish("small", outputs, new Map([["sum", sum]]));
  return { graph, parameters, inputs: new Map([["image", numbers([2, 3, 5, 5], 99)]]) };
}

/** What a graph gives on the executor that defines the ops. */
export async function outputsOf(
  graph: Graph,
  parameters: Tensors,
  inputs: Tensors,
): Promise<Tensors> {
  const executor = createReferenceExecutor();
  const program = await executor.compile(graph, parameters);
  return program.run(inputs);
}
