/**
 * @file How each training op becomes primitives of oneDNN.
 */
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { TrainingAttributes } from "@inception-resnet-v2/core/internal/graph/training-ops.js";
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { args, type Placed } from "../runtime.js";
import { inputGradient, weightGradient } from "./convolutions.js";
import type { Lowering, Site } from "./lowering.js";
import { elementwise, multiply, turned } from "./matrices.js";
import { normalizationGradient, normalize } from "./normalization.js";
import { describePooling, poolingOf, wholeGrid } from "./pooling.js";

/** The training part of the table. */
export const trainingLowerings: { readonly [K in keyof TrainingAttributes]: Lowering<K> } = {
  batch_norm_training: normalize,
  batch_norm_training_gradient: normalizationGradient,

  // A factor for each channel, computed where the statistics are: a few thousand numbers.
  channel_scale(site, { inputs, outputs, attributes }) {
    const [dy, variance, gamma] = inputs as [Value, Value, Value?];
    const c = sizeOf(variance.shape);
    const factor = site.recorder.slot(site.layout([c], "f32"));
    const given = [site.get(variance), ...(gamma ? [site.get(gamma)] : [])];
    site.host([factor, ...given], ([result = empty, v = empty, g]) => {
      for (let at = 0; at < c; at++) {
        result[at] = (g?.[at] ?? 1) / Math.sqrt((v[at] as number) + attributes.epsilon);
      }
    });
    const src = site.get(dy);
    const dst = site.allocate(outputs[0], src.layout);
    site.binary("mul", src, site.reshaped(factor, [1, c, 1, 1]), dst);
    site.bind(outputs[0] as Value, dst);
  },

  conv2d_input_gradient: inputGradient,
  conv2d_weight_gradient: weightGradient,

  // Left to the gradient of the batch norm before it, where that took the ReLU along.
  relu_gradient(site, node) {
    const [dy, y] = node.inputs as [Value, Value];
    const [dx] = node.outputs as [Value];
    const norm = site.follow(dx, "batch_norm_training_gradient");
    if (norm && norm.inputs[0] === dx && site.masks.has(y)) return;
    const data = site.get(y);
    const diff = site.request(dy, data.layout);
    const dst = site.reuse(dy, node, data.layout) ?? site.allocate(dx, data.layout);
    const { api } = site.recorder;
    const attributes = site.recorder.attributes();
    const forward = site.recorder.describe(api.reluForward(data.layout, attributes));
    const descriptor = api.reluBackward(data.layout, forward.handle, attributes);
    site.run("relu_gradient", site.recorder.describe(descriptor), [
      [args.dst, data],
      [args.diffDst, diff],
      [args.diffSrc, dst],
    ]);
    site.bind(dx, dst);
  },

  max_pool_gradient(site, { inputs, outputs, attributes }) {
    const [dy, x] = inputs as [Value, Value];
    const [dx] = outputs as [Value];
    const asked = poolingOf(site, x, dy, { kind: "max", ...attributes });
    const forward = describePooling(site, asked, true);
    let choices = site.choices.get(x);
    if (!choices) {
      choices = site.recorder.slot(forward.workspace() ?? asked.dst);
      site.run("pool", forward, [
        [args.src, site.request(x, asked.src)],
        [args.dst, site.recorder.slot(asked.dst)],
        [args.workspace, choices],
      ]);
    }
    const descriptor = site.recorder.describe(
      site.recorder.api.poolingBackward(asked, forward.handle, site.recorder.attributes()),
    );
    const dst = site.allocate(dx, asked.src);
    site.run("max_pool_gradient", descriptor, [
      [args.diffDst, site.request(dy, asked.dst)],
      [args.diffSrc, dst],
      [args.workspace, choices],
    ]);
    site.bind(dx, dst);
  },

  avg_pool_gradient(site, { inputs, outputs, attributes }) {
    const [dy] = inputs as [Value];
    const [dx] = outputs as [Value];
    const asked = poolingOf(site, dx, dy, { kind: "avg", ...attributes });
    averageGradient(site, dx, asked, site.request(dy, asked.dst));
  },

  global_avg_pool_gradient(site, { inputs, outputs }) {
    const [dy] = inputs as [Value];
    const [dx] = outputs as [Value];
    const asked = wholeGrid(site, dx, "avg");
    averageGradient(site, dx, asked, onGrid(site, dy, asked.dst));
  },

  // Where x is the largest, divided by how often it is: of equal cells each gets a share.
  global_max_pool_gradient(site, { inputs, outputs }) {
    const [dy, x, y] = inputs as [Value, Value, Value];
    const [n = 1, c = 1] = x.shape;
    const single = site.layout([n, c, 1, 1], "f32");
    const whole = site.request(x, site.layout(x.shape, "f32"));
    const isLargest = site.recorder.slot(whole.layout);
    site.binary("eq", whole, site.reshaped(site.get(y), [n, c, 1, 1]), isLargest);
    const count = site.recorder.slot(single);
    site.sum(isLargest, count);
    const share = site.recorder.slot(single);
    site.binary("div", site.reshaped(site.get(dy), [n, c, 1, 1]), count, share);
    site.binary("mul", isLargest, share, isLargest);
    site.bind(outputs[0] as Value, isLargest);
  },

  slice_channels(site, { inputs, outputs, attributes }) {
    const [x] = inputs as [Value];
    const [y] = outputs as [Value];
    const whole = site.get(x);
    const isWhole = (channel: number) => channel % 16 === 0 || channel === x.shape[1];
    const isAligned = isWhole(attributes.from) && isWhole(attributes.to);
    const source = isAligned ? whole : site.request(x, channelsLast(site, x));
    const { api } = site.recorder;
    const part = api.part(source.layout, y.shape, [0, attributes.from, 0, 0]);
    const dst = site.allocate(y, site.preferredLayout(y));
    site.copy({ layout: part, place: source.place }, dst);
    site.bind(y, dst);
  },

  unflatten(site, { inputs, outputs }) {
    const [y] = outputs as [Value];
    site.bind(y, site.reshaped(site.get(inputs[0] as Value), y.shape));
  },

  multiply: (site, node) => elementwise(site, node, "mul"),

  channel_sum(site, { inputs, outputs }) {
    const [x] = inputs as [Value];
    const [y] = outputs as [Value];
    const c = x.shape[1] ?? 1;
    const dims = x.shape.map((_, axis) => (axis === 1 ? c : 1));
    const sum = site.recorder.slot(site.layout(dims, "f32"));
    site.sum(site.get(x), sum);
    site.bind(y, site.reshaped(sum, [c]));
  },

  linear_input_gradient(site, { inputs, outputs }) {
    const [dy, weight] = inputs as [Value, Value];
    multiply(site, { a: site.get(dy), b: site.get(weight), result: outputs[0] as Value });
  },

  linear_weight_gradient(site, { inputs, outputs }) {
    const [dy, x] = inputs as [Value, Value];
    const [n = 1, k = 1] = dy.shape;
    const a = turned(site, site.get(dy), [k, n]);
    multiply(site, { a, b: site.get(x), result: outputs[0] as Value });
  },

  softmax_cross_entropy(site, { inputs, outputs }) {
    const [logits, targets] = inputs as [Value, Value];
    const [n = 1] = logits.shape;
    const logs = softmax(site, logits, true);
    site.binary("mul", logs, site.get(targets), logs);
    const loss = site.recorder.slot(site.layout([n, 1], "f32"));
    site.sum(logs, loss, [{ kind: "linear", alpha: -1, beta: 0 }]);
    site.bind(outputs[0] as Value, site.reshaped(loss, [n]));
  },

  softmax_cross_entropy_gradient(site, { inputs, outputs, attributes }) {
    const [logits, targets] = inputs as [Value, Value];
    const [n = 1] = logits.shape;
    const mass = site.recorder.slot(site.layout([n, 1], "f32"));
    site.sum(site.get(targets), mass);
    const shares = softmax(site, logits, false);
    site.binary("mul", shares, mass, shares);
    const dst = site.allocate(outputs[0], shares.layout);
    site.binary("sub", shares, site.get(targets), dst, [
      { kind: "linear", alpha: attributes.weight / n, beta: 0 },
    ]);
    site.bind(outputs[0] as Value, dst);
  },
};

const empty = new Float32Array();

function softmax(site: Site, logits: Value, log: boolean): Placed {
  const src = site.get(logits);
  const dst = site.recorder.slot(src.layout);
  const { api } = site.recorder;
  const asked = { src: src.layout, dst: dst.layout, log };
  const descriptor = api.softmax(asked, site.recorder.attributes());
  site.run("softmax", site.recorder.describe(descriptor), [
    [args.src, src],
    [args.dst, dst],
  ]);
  return dst;
}

function averageGradient(
  site: Site,
  dx: Value,
  asked: ReturnType<typeof wholeGrid>,
  diff: Placed,
): void {
  const { api } = site.recorder;
  const forward = describePooling(site, asked, true);
  const descriptor = site.recorder.describe(
    api.poolingBackward(asked, forward.handle, site.recorder.attributes()),
  );
  const dst = site.allocate(dx, asked.src);
  site.run("avg_pool_gradient", descriptor, [
    [args.diffDst, diff],
    [args.diffSrc, dst],
  ]);
  site.bind(dx, dst);
}

/** A matrix [n,c] as a grid of one cell, in the layout that a pooling needs. */
function onGrid(site: Site, value: Value, layout: Placed["layout"]): Placed {
  const [n = 1, c = 1] = value.shape;
  const plain = site.reshaped(site.get(value), [n, c, 1, 1]);
  if (site.recorder.same(plain.layout, layout)) return plain;
  const placed = site.recorder.slot(layout);
  site.copy(plain, placed);
  return placed;
}

function channelsLast(site: Site, { shape }: Value): Placed["layout"] {
  return site.layout(shape, site.activations, "channelsLast");
}
