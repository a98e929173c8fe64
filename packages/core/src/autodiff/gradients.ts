/**
 * @file The gradient of each op, as nodes added to the graph; the derivation stands above each.
 *
 * L is the loss; dv is short for dL/dv. A rule gets the gradients of the outputs and returns those of
 * the inputs, in order, `undefined` where none flows (statistics, targets, masks). Which inputs are
 * needs is asked with `needs`, so that nothing is computed for a frozen part.
 */
import { GraphError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Value } from "../graph/ir.js";
import type { OpName, Pair } from "../graph/ops.js";

/** What a rule sees. */
export interface GradientSite<K extends OpName> {
  readonly graph: GraphBuilder;
  readonly node: Node<K>;
  /** The gradient of the first output. */
  readonly dy: Value;
  /** Whether the gradient of this input leads to something that is trained. */
  needs(input: number): boolean;
}

/** Gives the gradient of each input. */
export type GradientRule<K extends OpName> = (
  site: GradientSite<K>,
) => readonly (Value | undefined)[];

/** An op that nothing is differentiated through, with the reason. */
function noGradient(reason: string): GradientRule<OpName> {
  return ({ node }) => {
    throw new GraphError("GRADIENT_MISSING", `Cannot differentiate "${node.name}": ${reason}`);
  };
}

const isGradient = noGradient("second derivatives are not offered");
const isUpdate = noGradient("it changes parameters");

/** One rule per op. */
export const gradients: { readonly [K in OpName]: GradientRule<K> } = {
  // y[n,k,p] = sum over c,q of w[k,c,q] x[n,c,p*s+q] + b[k]
  //   dx[n,c,r] = sum over k and the p,q with p*s+q = r of w[k,c,q] dy[n,k,p]
  //   dw[k,c,q] = sum over n,p of dy[n,k,p] x[n,c,p*s+q]        db[k] = sum over n,p of dy[n,k,p]
  conv2d: (site) => {
    const { graph, node, dy } = site;
    const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
    const { stride, padding } = node.attributes;
    const kernel = gridOf(weight);
    const name = `${node.name}/gradient`;
    return [
      site.needs(0)
        ? graph.add("conv2d_input_gradient", `${name}/x`, [dy, weight], {
            stride,
            padding,
            size: gridOf(x),
          })
        : undefined,
      site.needs(1)
        ? graph.add("conv2d_weight_gradient", `${name}/weight`, [dy, x], {
            kernel,
            stride,
            padding,
          })
        : undefined,
      bias && site.needs(2) ? graph.add("channel_sum", `${name}/bias`, [dy], {}) : undefined,
    ];
  },

  // y = (x - mean) g / sqrt(variance + e) + beta, statistics given:
  //   dx = dy g / sqrt(variance + e)    dbeta = sum dy    dgamma = sum dy (x - mean) / sqrt(variance + e)
  // and dgamma is that of batch statistics, whose formula holds for any mean and variance.
  batch_norm: (site) => {
    const { graph, node, dy } = site;
    const [x, , mean, variance, gamma] = node.inputs;
    const name = `${node.name}/gradient`;
    const dx = site.needs(0)
      ? graph.add("channel_scale", `${name}/x`, [dy, variance, gamma], node.attributes)
      : undefined;
    const dbeta = site.needs(1) ? graph.add("channel_sum", `${name}/beta`, [dy], {}) : undefined;
    if (!gamma || !site.needs(4)) return [dx, dbeta];
    const inputs = [dy, x, mean, variance, gamma];
    const [, , dgamma] = graph.apply(
      "batch_norm_training_gradient",
      `${name}/gamma`,
      inputs,
      node.attributes,
    );
    return [dx, dbeta, undefined, undefined, dgamma];
  },

  // With batch statistics over the m = n h w cells of a channel, i = 1 / sqrt(variance + e) and
  // x^ = (x - mean) i:   dbeta = sum dy   dgamma = sum dy x^
  //   dx = g i (dy - dbeta / m - x^ dgamma / m)
  // which per channel is a dy + b x + c, so that no normalised copy of x is needed.
  batch_norm_training: ({ graph, node, dy }) => {
    const [x, , gamma] = node.inputs;
    const [, mean, variance] = node.outputs;
    const name = `${node.name}/gradient`;
    const inputs = [dy, x, mean, variance, gamma];
    return graph.apply("batch_norm_training_gradient", name, inputs, node.attributes);
  },

  // y = max(x, 0): dx = dy where y > 0
  relu: ({ graph, node, dy }) => [
    graph.add("relu_gradient", `${node.name}/gradient`, [dy, node.outputs[0]], {}),
  ],

  // y = x[first largest cell of the window]: dx there += dy
  max_pool: ({ graph, node, dy }) => [
    graph.add("max_pool_gradient", `${node.name}/gradient`, [dy, node.inputs[0]], node.attributes),
  ],

  // y = sum of the window's cells / their number: each gets dy / number
  avg_pool: ({ graph, node, dy }) => [
    graph.add("avg_pool_gradient", `${node.name}/gradient`, [dy], {
      ...node.attributes,
      size: gridOf(node.inputs[0] as Value),
    }),
  ],

  global_avg_pool: ({ graph, node, dy }) => [
    graph.add("global_avg_pool_gradient", `${node.name}/gradient`, [dy], {
      size: gridOf(node.inputs[0] as Value),
    }),
  ],

  global_max_pool: ({ graph, node, dy }) => [
    graph.add(
      "global_max_pool_gradient",
      `${node.name}/gradient`,
      [dy, node.inputs[0], node.outputs[0]],
      {},
    ),
  ],

  // y = [x0, x1, ...]: dxi is its part of dy
  concat: (site) => {
    let from = 0;
    return site.node.inputs.map((input, index) => {
      const to = from + (input.shape[1] ?? 0);
      const range = { from, to };
      from = to;
      if (!site.needs(index)) return undefined;
      const name = `${site.node.name}/gradient/${index}`;
      return site.graph.add("slice_channels", name, [site.dy], range);
    });
  },

  // y = f x: dx = f dy
  scale: ({ graph, node, dy }) => [
    graph.add("scale", `${node.name}/gradient`, [dy], node.attributes),
  ],

  // y = a + b: da = db = dy
  add: ({ dy }) => [dy, dy],

  // y = a b: da = dy b, db = dy a
  multiply: (site) => {
    const { graph, node, dy } = site;
    const [a, b] = node.inputs;
    const name = `${node.name}/gradient`;
    return [
      site.needs(0) ? graph.add("multiply", `${name}/a`, [dy, b], {}) : undefined,
      site.needs(1) ? graph.add("multiply", `${name}/b`, [dy, a], {}) : undefined,
    ];
  },

  dropout: ({ dy }) => [dy],

  flatten: ({ graph, node, dy }) => {
    const [, ...shape] = node.inputs[0]?.shape ?? [];
    const attributes = { shape: shape as unknown as [number, number, number] };
    return [graph.add("unflatten", `${node.name}/gradient`, [dy], attributes)];
  },

  // y = x w' + b: dx = dy w, dw = dy' x, db = sum of the rows of dy
  linear: (site) => {
    const { graph, node, dy } = site;
    const [x, weight] = node.inputs;
    const name = `${node.name}/gradient`;
    return [
      site.needs(0) ? graph.add("linear_input_gradient", `${name}/x`, [dy, weight], {}) : undefined,
      site.needs(1)
        ? graph.add("linear_weight_gradient", `${name}/weight`, [dy, x], {})
        : undefined,
      site.needs(2) ? graph.add("channel_sum", `${name}/bias`, [dy], {}) : undefined,
    ];
  },

  softmax_cross_entropy: noGradient("the backward pass starts after it, see `backward`"),
  slice_channels: isGradient,
  unflatten: isGradient,
  channel_sum: isGradient,
  channel_scale: isGradient,
  batch_norm_training_gradient: isGradient,
  conv2d_input_gradient: isGradient,
  conv2d_weight_gradient: isGradient,
  relu_gradient: isGradient,
  max_pool_gradient: isGradient,
  avg_pool_gradient: isGradient,
  global_avg_pool_gradient: isGradient,
  global_max_pool_gradient: isGradient,
  linear_input_gradient: isGradient,
  linear_weight_gradient: isGradient,
  softmax_cross_entropy_gradient: isGradient,
  rmsprop_update: isUpdate,
  sgd_update: isUpdate,
  adamw_update: isUpdate,
  moving_average: isUpdate,
  average_update: isUpdate,
  accumulate: isUpdate,
  clip_factor: isUpdate,
};

function gridOf(value: Value): Pair {
  return [value.shape[2] ?? 1, value.shape[3] ?? 1];
}
