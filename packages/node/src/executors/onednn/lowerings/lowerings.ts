/**
 * @file How each op of a network in use becomes a primitive of oneDNN.
 */
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { OpName } from "@inception-resnet-v2/core/internal/graph/ops.js";
import { args } from "../runtime.js";
import { convolution } from "./convolutions.js";
import { inference, type Lowering } from "./lowering.js";
import { elementwise, multiply, turned } from "./matrices.js";
import { pool, poolGlobally } from "./pooling.js";
import { trainingLowerings } from "./training-lowerings.js";
import { updateLowerings } from "./update-lowerings.js";

/** One lowering for each op. */
export const lowerings: { readonly [K in OpName]: Lowering<K> } = {
  conv2d: convolution,

  batch_norm(site, node) {
    const [x, beta, mean, variance, gamma] = node.inputs as [Value, Value, Value, Value, Value?];
    const relu = site.follow(node.outputs[0], "relu");
    if (relu) site.skip(relu);
    const src = site.get(x);
    const asked = {
      src: src.layout,
      epsilon: node.attributes.epsilon,
      scale: gamma !== undefined,
      shift: true,
      fixed: true,
      relu: relu !== undefined,
    };
    const { api } = site.recorder;
    const descriptor = site.recorder.describe(
      api.batchNorm(inference, asked, site.recorder.attributes()),
    );
    const result = (relu ?? node).outputs[0] as Value;
    const dst = site.allocate(result, src.layout);
    site.run("batch_norm", descriptor, [
      [args.src, src],
      [args.mean, site.get(mean)],
      [args.variance, site.get(variance)],
      ...(gamma ? [[args.scale, site.get(gamma)] as const] : []),
      [args.shift, site.get(beta)],
      [args.dst, dst],
    ]);
    site.bind(result, dst);
  },

  relu(site, { inputs, outputs }) {
    const src = site.get(inputs[0] as Value);
    const dst = site.allocate(outputs[0], src.layout);
    const { api } = site.recorder;
    const asked = { src: src.layout, dst: dst.layout, alpha: 0, beta: 0 };
    const descriptor = api.eltwise("relu", asked, site.recorder.attributes());
    site.run("relu", site.recorder.describe(descriptor), [
      [args.src, src],
      [args.dst, dst],
    ]);
    site.bind(outputs[0] as Value, dst);
  },

  max_pool: (site, node) => pool(site, node, { kind: "max", ...node.attributes }),
  avg_pool: (site, node) => pool(site, node, { kind: "avg", ...node.attributes }),
  global_avg_pool: (site, node) => poolGlobally(site, node, "avg"),
  global_max_pool: (site, node) => poolGlobally(site, node, "max"),

  concat(site, { inputs, outputs }) {
    const [result] = outputs as [Value];
    const whole = site.whole(result);
    if (whole) return site.bind(result, whole);
    const parts = inputs.map((one) => site.get(one));
    const dst = site.allocate(result, site.preferredLayout(result));
    const { api } = site.recorder;
    const layouts = parts.map(({ layout }) => layout);
    const descriptor = api.concat(layouts, dst.layout, 1, site.recorder.attributes());
    site.run("concat", site.recorder.describe(descriptor), [
      ...parts.map((part, at) => [args.multipleSrc + at, part] as const),
      [args.dst, dst],
    ]);
    site.bind(result, dst);
  },

  scale(site, { inputs, outputs, attributes }) {
    const src = site.get(inputs[0] as Value);
    const dst = site.allocate(outputs[0], src.layout);
    site.linear(src, dst, { alpha: attributes.factor });
    site.bind(outputs[0] as Value, dst);
  },

  add: (site, node) => elementwise(site, node, "add"),

  dropout(site, { inputs, outputs }) {
    site.bind(outputs[0] as Value, site.get(inputs[0] as Value));
  },

  flatten(site, { inputs, outputs }) {
    const [x] = inputs as [Value];
    const [y] = outputs as [Value];
    site.bind(y, site.reshaped(site.request(x, site.layout(x.shape, "f32")), y.shape));
  },

  linear(site, { inputs, outputs }) {
    const [x, weight, bias] = inputs as [Value, Value, Value];
    const [k = 1, c = 1] = weight.shape;
    multiply(site, {
      a: site.get(x),
      b: turned(site, site.get(weight), [c, k]),
      bias: site.reshaped(site.get(bias), [1, k]),
      result: outputs[0] as Value,
    });
  },

  ...trainingLowerings,
  ...updateLowerings,
};
