/**
 * @file How each op of a network in use becomes a primitive of oneDNN.
 */
import type { AnyNode, Node, Value } from "../../graph/ir.js";
import type { OpName } from "../../graph/ops.js";
import type { Pooling } from "./api.js";
import { convolution } from "./convolutions.js";
import type { Descriptor } from "./descriptor.js";
import { inference, type Lowering, type Site, training } from "./lowering.js";
import { args, type Placed } from "./runtime.js";
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
    const dst = site.room(result, src.layout);
    site.run("batch_norm", descriptor, [
      [args.src, src],
      [args.mean, site.get(mean)],
      [args.variance, site.get(variance)],
      ...(gamma ? [[args.scale, site.get(gamma)] as const] : []),
      [args.shift, site.get(beta)],
      [args.dst, dst],
    ]);
    site.give(result, dst);
  },

  relu(site, { inputs, outputs }) {
    const src = site.get(inputs[0] as Value);
    const dst = site.room(outputs[0], src.layout);
    const { api } = site.recorder;
    const asked = { src: src.layout, dst: dst.layout, alpha: 0, beta: 0 };
    const descriptor = api.eltwise("relu", asked, site.recorder.attributes());
    site.run("relu", site.recorder.describe(descriptor), [
      [args.src, src],
      [args.dst, dst],
    ]);
    site.give(outputs[0] as Value, dst);
  },

  max_pool: (site, node) => pool(site, node, { kind: "max", ...node.attributes }),
  avg_pool: (site, node) => pool(site, node, { kind: "avg", ...node.attributes }),
  global_avg_pool: (site, node) => poolGlobally(site, node, "avg"),
  global_max_pool: (site, node) => poolGlobally(site, node, "max"),

  concat(site, { inputs, outputs }) {
    const [result] = outputs as [Value];
    const parts = inputs.map((one) => site.get(one));
    const dst = site.room(result, site.home(result));
    const { api } = site.recorder;
    const layouts = parts.map(({ layout }) => layout);
    const descriptor = api.concat(layouts, dst.layout, 1, site.recorder.attributes());
    site.run("concat", site.recorder.describe(descriptor), [
      ...parts.map((part, at) => [args.multipleSrc + at, part] as const),
      [args.dst, dst],
    ]);
    site.give(result, dst);
  },

  scale(site, { inputs, outputs, attributes }) {
    const src = site.get(inputs[0] as Value);
    const dst = site.room(outputs[0], src.layout);
    site.linear(src, dst, { alpha: attributes.factor });
    site.give(outputs[0] as Value, dst);
  },

  add: (site, node) => elementwise(site, node, "add"),

  dropout(site, { inputs, outputs }) {
    site.give(outputs[0] as Value, site.get(inputs[0] as Value));
  },

  flatten(site, { inputs, outputs }) {
    const [x] = inputs as [Value];
    const [y] = outputs as [Value];
    site.give(y, site.reshaped(site.want(x, site.layout(x.shape, "f32")), y.shape));
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

/** A pooling as it is asked for. */
export function poolingOf(
  site: Site,
  x: Value,
  y: Value,
  window: Omit<Pooling, "src" | "dst">,
): Pooling {
  return { ...window, src: site.home(x), dst: site.home(y) };
}

/** The forward primitive of a pooling; where a gradient follows, it leaves a workspace. */
export function describePooling(site: Site, asked: Pooling, isTraining: boolean): Descriptor {
  const { api } = site.recorder;
  const kind = isTraining ? training : inference;
  return site.recorder.describe(api.pooling(kind, asked, site.recorder.attributes()));
}

function pool(site: Site, { inputs, outputs }: Node, window: Omit<Pooling, "src" | "dst">): void {
  const [x] = inputs as [Value];
  const [y] = outputs as [Value];
  const asked = poolingOf(site, x, y, window);
  const keeps = window.kind === "max" && site.reader(x, "max_pool_gradient") !== undefined;
  const descriptor = describePooling(site, asked, keeps);
  const dst = site.room(y, asked.dst);
  const layout = keeps ? descriptor.workspace() : undefined;
  const choices = layout && site.recorder.slot(layout);
  site.run("pool", descriptor, [
    [args.src, site.want(x, asked.src)],
    [args.dst, dst],
    ...(choices ? [[args.workspace, choices] as const] : []),
  ]);
  if (choices) site.choices.set(x, choices);
  site.give(y, dst);
}

/** The whole grid is one window; the result is handed on as [n,c]. */
function poolGlobally(site: Site, { inputs, outputs }: Node, kind: Pooling["kind"]): void {
  const [x] = inputs as [Value];
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const asked = { ...wholeGrid(site, x, kind), kernel: [h, w] as const };
  const pooled = site.recorder.slot(asked.dst);
  site.run("pool", describePooling(site, asked, false), [
    [args.src, site.want(x, asked.src)],
    [args.dst, pooled],
  ]);
  const plain = site.recorder.slot(site.layout([n, c, 1, 1], "f32"));
  site.copy(pooled, plain);
  site.give(outputs[0] as Value, site.reshaped(plain, [n, c]));
}

/** A pooling of the whole grid. */
export function wholeGrid(site: Site, x: Value, kind: Pooling["kind"]): Pooling {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return {
    kind,
    src: site.home(x),
    dst: site.home({ shape: [n, c, 1, 1] }),
    kernel: [h, w],
    stride: [1, 1],
    padding: [0, 0],
  };
}

/** a and b in the home layout of a. */
export function elementwise(site: Site, node: AnyNode, of: "add" | "mul"): void {
  const [a, b] = node.inputs as [Value, Value];
  const [y] = node.outputs as [Value];
  const left = site.get(a);
  const right = site.want(b, left.layout);
  const dst = site.takeOver(a, node, left.layout) ?? site.room(y, left.layout);
  site.binary(of, left, right, dst);
  site.give(y, dst);
}

/** A matrix seen with its axes exchanged: [rows,columns] of what lies as [columns,rows]. */
export function turned(
  site: Site,
  placed: Placed,
  [rows, columns]: readonly [number, number],
): Placed {
  const { api } = site.recorder;
  const layout = api.strided([rows, columns], placed.layout.type, [1, rows]);
  return { layout, place: placed.place };
}

/** result [m,n] = a [m,k] b [k,n] + bias [1,n]. */
export function multiply(
  site: Site,
  of: {
    readonly a: Placed;
    readonly b: Placed;
    readonly bias?: Placed;
    readonly result: Value;
  },
): void {
  const { a, b, bias, result } = of;
  const { api } = site.recorder;
  const dst = site.room(result, site.home(result));
  const asked = { a: a.layout, b: b.layout, bias: bias?.layout, dst: dst.layout };
  const descriptor = site.recorder.describe(api.matmul(asked, site.recorder.attributes()));
  site.run("matmul", descriptor, [
    [args.src, a],
    [args.weights, b],
    ...(bias ? [[args.bias, bias] as const] : []),
    [args.dst, dst],
  ]);
  site.give(result, dst);
}
