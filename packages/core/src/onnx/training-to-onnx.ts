/**
 * @file How each training op is spelled in ONNX. ONNX Runtime's inference build has no gradient
 * kernels, so these are made of what it has, each in the form that was measured fastest.
 *
 * Training graphs have a fixed batch n, written into the shapes.
 */
import type { Value } from "../graph/ir.js";
import type { Pair, Window } from "../graph/ops.js";
import type { TrainingAttributes } from "../graph/training-ops.js";
import { sizeOf } from "../tensor/tensor.js";
import { type Lowering, ones, type Site, same, sliding } from "./lowering.js";
import { weightGradient } from "./weight-gradient-to-onnx.js";

/** The training part of the table. */
export const trainingLowerings: { readonly [K in keyof TrainingAttributes]: Lowering<K> } = {
  // With momentum 0 the "running" outputs are the statistics of this batch. ONNX Runtime writes
  // them over the running inputs, so each needs zeros of its own, spelled so that none are merged.
  batch_norm_training: ({ node, inputs, outputs, emit, constant }) => {
    const [x = "", beta = "", gamma] = inputs;
    const channels = node.outputs[1]?.shape ?? [];
    const scale = gamma ?? ones(channels, constant);
    const mean = emit("Sub", [beta, beta]);
    const variance = emit("Add", [emit("Neg", [beta]), beta]);
    const attributes = {
      epsilon: { float: node.attributes.epsilon },
      momentum: { float: 0 },
      training_mode: 1,
    };
    emit("BatchNormalization", [x, scale, beta, mean, variance], attributes, outputs);
  },

  // dx = (a dy - a dbeta / m) - k (x - mean), with a = gamma i and k = a i dgamma / m. Centring x
  // first costs a pass over it and saves the digits that k x - k mean would lose.
  batch_norm_training_gradient: (site) => {
    const { node, inputs, outputs, emit, constant } = site;
    const [dy = "", x = "", mean = "", variance = "", gamma] = inputs;
    const [dx = "", dbeta = "", dgamma = ""] = outputs;
    const channels = node.outputs[1]?.shape ?? [];
    const cells = sizeOf(node.inputs[0]?.shape ?? []) / sizeOf(channels);
    const scalar = (value: number) => constant("float32", [], [value]);
    const deviation = emit("Sqrt", [emit("Add", [variance, scalar(node.attributes.epsilon)])]);
    const inverse = emit("Reciprocal", [deviation]);
    sumOverChannels(site, dy, dbeta);
    const centred = emit("Sub", [x, overGrid(site, mean)]);
    const products = sumOverChannels(site, emit("Mul", [dy, centred]));
    emit("Mul", [inverse, products], {}, [dgamma]);
    const a = gamma === undefined ? inverse : emit("Mul", [inverse, gamma]);
    const perCell = emit("Mul", [emit("Mul", [a, inverse]), scalar(1 / cells)]);
    const k = emit("Mul", [perCell, dgamma]);
    const shift = emit("Mul", [emit("Mul", [a, dbeta]), scalar(-1 / cells)]);
    emit("Sub", [affine(site, dy, a, shift), emit("Mul", [centred, overGrid(site, k)])], {}, [dx]);
  },

  channel_scale: (site) => {
    const { node, inputs, outputs, emit, constant } = site;
    const [dy = "", variance = "", gamma] = inputs;
    const epsilon = constant("float32", [], [node.attributes.epsilon]);
    const inverse = emit("Reciprocal", [emit("Sqrt", [emit("Add", [variance, epsilon])])]);
    const factor = gamma === undefined ? inverse : emit("Mul", [inverse, gamma]);
    emit("Mul", [dy, overGrid(site, factor)], {}, outputs);
  },

  // At stride 1 a convolution of dy with the kernel turned round and its channels exchanged.
  conv2d_input_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const [dy = "", weight = ""] = inputs;
    const { stride, padding, size } = node.attributes;
    const [k = 1, c = 1, kh = 1, kw = 1] = node.inputs[1]?.shape ?? [];
    if (stride[0] === 1 && stride[1] === 1) {
      let turned = emit("Transpose", [weight], { perm: [1, 0, 2, 3] });
      if (kh * kw > 1) {
        const flat = emit("Reshape", [turned, constant("int64", [3], [c, k, kh * kw])]);
        const order = Array.from({ length: kh * kw }, (_, at) => kh * kw - 1 - at);
        const reversed = emit("Gather", [flat, constant("int64", [kh * kw], order)], { axis: 2 });
        turned = emit("Reshape", [reversed, constant("int64", [4], [c, k, kh, kw])]);
      }
      const pads: Pair = [kh - 1 - padding[0], kw - 1 - padding[1]];
      const window = { kernel: [kh, kw] as const, stride, padding: pads };
      emit("Conv", [dy, turned], sliding(window), outputs);
      return;
    }
    const window = { kernel: [kh, kw] as const, stride, padding };
    const attributes = { ...sliding(window), output_padding: remainder(size, window) };
    emit("ConvTranspose", [dy, weight], attributes, outputs);
  },

  conv2d_weight_gradient: weightGradient,

  relu_gradient: ({ inputs, outputs, emit, constant }) => {
    const [dy = "", y = ""] = inputs;
    // ONNX Runtime's Where takes twice the time of these three.
    const isPositive = emit("Greater", [y, constant("float32", [], [0])]);
    emit("Mul", [dy, emit("Cast", [isPositive], { to: 1 })], {}, outputs);
  },

  max_pool_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const [dy = "", x = ""] = inputs;
    const shape = node.outputs[0]?.shape ?? [];
    const indices = `${outputs[0]}#indices`;
    emit("MaxPool", [x], sliding(node.attributes), [`${outputs[0]}#pooled`, indices]);
    const size = constant("int64", [1], [sizeOf(shape)]);
    const zeros = emit("Expand", [constant("float32", [], [0]), size]);
    const flat = constant("int64", [1], [-1]);
    const places = emit("Reshape", [indices, flat]);
    const values = emit("Reshape", [dy, flat]);
    const attributes = { axis: 0, reduction: "add" };
    const scattered = emit("ScatterElements", [zeros, places, values], attributes);
    emit("Reshape", [scattered, constant("int64", [4], [...shape])], {}, outputs);
  },

  // Each dy divided by the cells of its window, then spread by a transposed convolution of ones.
  avg_pool_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const [, c = 1, h = 1, w = 1] = node.inputs[0]?.shape ?? [];
    const { kernel, size } = node.attributes;
    const shares = windowShares(node.attributes, [h, w], size);
    const share = emit("Mul", [inputs[0] ?? "", constant("float32", [1, 1, h, w], shares)]);
    const spread = ones([c, 1, ...kernel], constant);
    const attributes = {
      ...sliding(node.attributes),
      output_padding: remainder(size, node.attributes),
      group: c,
    };
    emit("ConvTranspose", [share, spread], attributes, outputs);
  },

  global_avg_pool_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const shape = node.outputs[0]?.shape ?? [];
    const { size } = node.attributes;
    const share = constant("float32", [], [1 / (size[0] * size[1])]);
    const grid = constant("int64", [4], [shape[0] ?? 1, shape[1] ?? 1, 1, 1]);
    const small = emit("Reshape", [emit("Mul", [inputs[0] ?? "", share]), grid]);
    emit("Expand", [small, constant("int64", [4], [...shape])], {}, outputs);
  },

  global_max_pool_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const [dy = "", x = "", y = ""] = inputs;
    const [n = 1, c = 1] = node.outputs[0]?.shape ?? [];
    const grid = constant("int64", [4], [n, c, 1, 1]);
    const chosen = emit("Cast", [emit("Equal", [x, emit("Reshape", [y, grid])])], { to: 1 });
    const axes = constant("int64", [2], [2, 3]);
    const found = emit("ReduceSum", [chosen, axes], { keepdims: 1 });
    const share = emit("Div", [emit("Reshape", [dy, grid]), found]);
    emit("Mul", [chosen, share], {}, outputs);
  },

  slice_channels: ({ node, inputs, outputs, emit, constant }) => {
    const { from, to } = node.attributes;
    const [start, end, axis] = [[from], [to], [1]].map((one) => constant("int64", [1], one));
    emit("Slice", [inputs[0] ?? "", start ?? "", end ?? "", axis ?? ""], {}, outputs);
  },

  unflatten: ({ node, inputs, outputs, emit, constant }) => {
    const shape = node.outputs[0]?.shape ?? [];
    emit("Reshape", [inputs[0] ?? "", constant("int64", [4], [...shape])], {}, outputs);
  },

  multiply: same("Mul"),

  channel_sum: (site) => {
    sumOverChannels(site, site.inputs[0] ?? "", site.outputs[0]);
  },

  linear_input_gradient: same("Gemm"),
  linear_weight_gradient: same("Gemm", { transA: 1 }),

  softmax_cross_entropy: ({ inputs, outputs, emit, constant }) => {
    const [logits = "", targets = ""] = inputs;
    const products = emit("Mul", [emit("LogSoftmax", [logits], { axis: 1 }), targets]);
    const sum = emit("ReduceSum", [products, constant("int64", [1], [1])], { keepdims: 0 });
    emit("Neg", [sum], {}, outputs);
  },

  softmax_cross_entropy_gradient: ({ node, inputs, outputs, emit, constant }) => {
    const [logits = "", targets = ""] = inputs;
    const [rows = 1] = node.outputs[0]?.shape ?? [];
    const mass = emit("ReduceSum", [targets, constant("int64", [1], [1])], { keepdims: 1 });
    const expected = emit("Mul", [emit("Softmax", [logits], { axis: 1 }), mass]);
    const factor = constant("float32", [], [node.attributes.weight / rows]);
    emit("Mul", [emit("Sub", [expected, targets]), factor], {}, outputs);
  },
};

type AnySite = Pick<Site<"relu">, "emit" | "constant"> & {
  readonly node: { readonly inputs: readonly Value[] };
};

/** Sums over the batch and the grid of a value shaped like the first input. */
function sumOverChannels({ node, emit, constant }: AnySite, x: string, output?: string): string {
  const axes = (node.inputs[0]?.shape ?? []).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const inputs = [x, constant("int64", [axes.length], axes)];
  return emit("ReduceSum", inputs, { keepdims: 0 }, output === undefined ? undefined : [output]);
}

/** A vector of channels as [c,1,1], so that it spreads over the grid. */
function overGrid({ emit, constant }: AnySite, vector: string): string {
  return emit("Reshape", [vector, constant("int64", [3], [-1, 1, 1])]);
}

/** a x + c for each channel in one pass: batch norm with mean 0 and variance 1. */
function affine({ node, emit, constant }: AnySite, x: string, a: string, c: string): string {
  const channels = node.inputs[0]?.shape[1] ?? 1;
  const zero = constant("float32", [channels], new Array<number>(channels).fill(0));
  const inputs = [x, a, c, zero, ones([channels], constant)];
  return emit("BatchNormalization", inputs, { epsilon: { float: 0 } });
}

/** What a stride leaves over at the far edge, which no window covers. */
function remainder(size: Pair, { kernel, stride, padding }: Window): Pair {
  const along = (axis: 0 | 1) => (size[axis] + 2 * padding[axis] - kernel[axis]) % stride[axis];
  return [along(0), along(1)];
}

/** One over the number of cells inside the image, for each window. */
function windowShares({ kernel, stride, padding }: Window, grid: Pair, size: Pair): number[] {
  const counts = ([0, 1] as const).map((axis) =>
    Array.from({ length: grid[axis] }, (_, at) => {
      const from = at * stride[axis] - padding[axis];
      return Math.min(from + kernel[axis], size[axis]) - Math.max(from, 0);
    }),
  );
  const [rows = [], columns = []] = counts;
  return rows.flatMap((row) => columns.map((column) => 1 / (row * column)));
}
