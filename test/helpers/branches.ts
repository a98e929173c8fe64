/**
 * @file A small block with branches that begin alike, and tensors to run it with.
 */
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** A block with two branches that begin alike: relu(a x), relu(b relu(c x)), side by side, and x. */
export function branches(batch: number, widths: readonly [number, number]) {
  const graph = new GraphBuilder();
  const x = graph.input("x", [batch, 32, 5, 5]);
  const made: Value[] = [];
  const convolve = (name: string, from: Value, channels: number, size: number) => {
    const w = graph.parameter(`${name}/w`, [channels, from.shape[1] ?? 1, size, size], "weight");
    const b = graph.parameter(`${name}/b`, [channels], "bias");
    made.push(w, b);
    const padding = size === 3 ? ([1, 1] as const) : ([0, 0] as const);
    const y = graph.add("conv2d", name, [from, w, b], { stride: [1, 1], padding });
    return graph.add("relu", `${name}/relu`, [y], {});
  };
  const a = convolve("a", x, widths[0], 1);
  const c = convolve("c", x, widths[1], 1);
  const b = convolve("b", c, 48, 3);
  const inner = graph.add("concat", "inner", [a, b], {});
  const both = graph.add("concat", "both", [inner, graph.add("relu", "positive", [x], {})], {});
  const parameters = new Map(made.map(({ name, shape }, at) => [name, wave(shape, at)]));
  return { graph: graph.finish("branches", new Map([["both", both]])), parameters };
}

/** Sines, the first at a phase. */
export function wave(shape: readonly number[], phase: number): Tensor {
  const made = tensor(shape);
  made.data.forEach((_, at) => {
    made.data[at] = Math.sin(phase + 0.7 * at);
  });
  return made;
}
