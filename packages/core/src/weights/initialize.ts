/**
 * @file First values of parameters, by the rules of those who trained this network.
 *
 * `slim`: research/slim gives Inception-ResNet-v2 no initialiser of its own, so TF-Slim's default
 * holds: Glorot uniform, +-sqrt(6 / (fan in + fan out)), biases 0. `keras`: the same rule, as in
 * keras.applications. `pytorch`: +-1 / sqrt(fan in) for weights and biases alike, the default of
 * torch.nn. Batch norm always starts as the identity.
 */
import type { Graph, Parameter } from "../graph/ir.js";
import { createRandom } from "../tensor/random.js";
import { sizeOf, type Tensor, type Tensors, tensor } from "../tensor/tensor.js";

/** The rules that can be named. */
export const initializers = ["slim", "keras", "pytorch"] as const;

/** Whose initializer draws the weights. */
export type Initializer = (typeof initializers)[number];

/**
 * Values for all parameters of a graph, in one buffer. Each has its own random stream, named
 * after it, so that its values do not depend on what else the graph has.
 */
export function initializeParameters(
  graph: Graph,
  { initializer, seed }: { readonly initializer: Initializer; readonly seed: number },
): Tensors {
  const total = graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const buffer = new ArrayBuffer(total * Float32Array.BYTES_PER_ELEMENT);
  let at = 0;
  return new Map(
    graph.parameters.map((parameter): [string, Tensor] => {
      const size = sizeOf(parameter.shape);
      const data = new Float32Array(buffer, at * Float32Array.BYTES_PER_ELEMENT, size);
      at += size;
      fill(data, parameter, graph, initializer, seed);
      return [parameter.name, tensor(parameter.shape, data)];
    }),
  );
}

function fill(
  data: Float32Array,
  { name, shape, role }: Parameter,
  graph: Graph,
  initializer: Initializer,
  seed: number,
): void {
  if (role === "gamma" || role === "moving_variance") data.fill(1);
  if (role !== "weight" && (role !== "bias" || initializer !== "pytorch")) return;
  const weight =
    role === "weight"
      ? shape
      : graph.parameters.find((one) => one.name === name.replace(/bias$/, "weight"))?.shape;
  const [outputs = 1, ...rest] = weight ?? shape;
  const field = sizeOf(rest.slice(1));
  const fanIn = sizeOf(rest);
  const bound =
    initializer === "pytorch" ? 1 / Math.sqrt(fanIn) : Math.sqrt(6 / (fanIn + outputs * field));
  const random = createRandom(seed, name);
  for (let i = 0; i < data.length; i++) data[i] = (random.uniform() * 2 - 1) * bound;
}
