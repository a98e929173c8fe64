/**
 * @file A small network whose graph holds the forward pass and its gradients, as explanations of a
 * prediction use it: what a pass folds for the one must leave the other as it was.
 *
 * In it two convolutions share a weight, two batch norms their scale, and a residual is scaled.
 */
import { backward } from "@inception-resnet-v2/core/internal/autodiff/backward.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Graph, ParameterRole, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { verifyGraph } from "@inception-resnet-v2/core/internal/graph/verify.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import {
  type Shape,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** A graph with the values of its parameters and inputs. */
export interface Example {
  readonly graph: Graph;
  readonly parameters: Tensors;
  readonly inputs: Tensors;
}

/**
 * Outputs: `logits` [2, 4], and the gradient of the loss by the image and by each parameter that is
 * asked for by its role.
 */
export function forwardAndBackward(roles: readonly ParameterRole[]): Example {
  const random = createRandom(14);
  const parameters = new Map<string, Tensor>();
  const inputs = new Map<string, Tensor>();
  const numbers = (shape: Shape, low = -1): Tensor => {
    const filled = tensor(shape);
    filled.data.forEach((_, at) => {
      filled.data[at] = low + random.uniform() * (1 - low);
    });
    return filled;
  };
  const forward = new GraphBuilder();
  const input = (builder: GraphBuilder, name: string, shape: Shape) => {
    inputs.set(name, numbers(shape));
    return builder.input(name, shape);
  };
  const parameter = (name: string, shape: Shape, role: ParameterRole, low = -1) => {
    parameters.set(name, numbers(shape, low));
    return forward.parameter(name, shape, role);
  };

  const x = input(forward, "image", [2, 3, 6, 6]);
  const shared = parameter("shared/weight", [3, 3, 3, 3], "weight");
  const gamma = parameter("shared/gamma", [3], "gamma");
  let y: Value = x;
  for (const name of ["first", "second"]) {
    const window = { stride: [1, 1], padding: [1, 1] } as const;
    const conv = forward.add("conv2d", `${name}/conv`, [y, shared], window);
    const statistics = [
      parameter(`${name}/beta`, [3], "beta"),
      parameter(`${name}/mean`, [3], "moving_mean"),
      parameter(`${name}/variance`, [3], "moving_variance", 0.1),
    ];
    const norm = forward.add("batch_norm", `${name}/norm`, [conv, ...statistics, gamma], {
      epsilon: 1e-3,
    });
    y = forward.add("relu", `${name}/relu`, [norm], {});
  }
  const own = [parameter("up/weight", [3, 3, 1, 1], "weight"), parameter("up/bias", [3], "bias")];
  const once = { stride: [1, 1], padding: [0, 0] } as const;
  const up = forward.add("conv2d", "up/conv", [y, ...own], once);
  const scaled = forward.add("scale", "up/scale", [up], { factor: 0.5 });
  const sum = forward.add("add", "sum", [x, scaled], {});
  const pooled = forward.add("global_avg_pool", "pool", [sum], {});
  const head = [parameter("head/weight", [4, 3], "weight"), parameter("head/bias", [4], "bias")];
  const logits = forward.add("linear", "logits", [pooled, ...head], {});
  const graph = forward.finish("forward", new Map([["logits", logits]]));

  const builder = GraphBuilder.from(graph);
  const targets = input(builder, "targets", logits.shape);
  const gradient = builder.add("softmax_cross_entropy_gradient", "d", [logits, targets], {
    weight: 1,
  });
  const trained = graph.parameters.filter(({ role }) => roles.includes(role));
  const found = backward(builder, graph, [{ of: logits, gradient }], [x, ...trained]);
  const outputs = new Map([["logits", logits]]);
  for (const [{ name }, value] of found) outputs.set(`d ${name}`, value);
  const both = builder.finish("forward_and_backward", outputs);
  verifyGraph(both);
  return { graph: both, parameters, inputs };
}
