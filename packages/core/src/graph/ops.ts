/**
 * @file The op table: for each op its inputs, its shape rule and its cost.
 *
 * Letters: n batch, c input channels, h w height and width, k output channels. The tables are total
 * over `OpName`: an op that lacks a row anywhere does not compile.
 */
import { formatShape, type Shape, sameShape, sizeOf } from "../tensor/tensor.js";
import { type OptimizerAttributes, optimizerOps } from "./optimizer-ops.js";
import { expect, expectChannels, rank, slide } from "./shape-checks.js";
import { type TrainingAttributes, trainingOps } from "./training-ops.js";

/** Height and width. */
export type Pair = readonly [number, number];

/** A sliding window. Padding is symmetric: this network never needs another kind. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

/** The attributes of each op; the keys are the closed set of ops. */
export interface OpAttributes extends TrainingAttributes, OptimizerAttributes {
  readonly conv2d: Omit<Window, "kernel">;
  readonly batch_norm: { readonly epsilon: number };
  readonly relu: object;
  readonly max_pool: Window;
  readonly avg_pool: Window;
  readonly global_avg_pool: object;
  readonly global_max_pool: object;
  readonly concat: object;
  readonly scale: { readonly factor: number };
  readonly add: object;
  readonly dropout: { readonly rate: number };
  readonly flatten: object;
  readonly linear: object;
}

/** Name of an op, as printed. */
export type OpName = keyof OpAttributes;

/** What the graph knows about an op. */
export interface OpDefinition<K extends OpName> {
  /** One line for readers of a printed graph. */
  readonly doc: string;
  /** Input names in order; a trailing `?` marks an optional one, `...` any number. */
  readonly inputs: readonly string[];
  /** Output shapes from input shapes; throws `GraphError` when they do not fit. */
  shape(inputs: readonly Shape[], attributes: OpAttributes[K]): readonly Shape[];
  /** Multiply-adds of one run, from the shapes of inputs and outputs; 0 unless it is a product. */
  multiplyAdds?(inputs: readonly Shape[], outputs: readonly Shape[]): number;
}

/** All ops. */
export const ops: { readonly [K in OpName]: OpDefinition<K> } = {
  conv2d: {
    doc: "cross-correlation of x [n,c,h,w] with weight [k,c,kh,kw], zero padded, plus bias [k]",
    inputs: ["x", "weight", "bias?"],
    shape([x, weight, bias], { stride, padding }) {
      const [n, c, h, w] = rank(x, 4, "x");
      const [k, wc, kh, kw] = rank(weight, 4, "weight");
      expect(wc === c, `weight for ${c} input channels`, formatShape([k, wc, kh, kw]));
      if (bias) expect(sameShape(bias, [k]), `bias ${k}`, formatShape(bias));
      return [[n, k, ...slide([h, w], { kernel: [kh, kw], stride, padding })]];
    },
    multiplyAdds: ([, weight], [y]) =>
      (sizeOf(weight ?? []) * sizeOf(y ?? [])) / ((y ?? [])[1] ?? 1),
  },
  batch_norm: {
    doc: "(x - mean) / sqrt(variance + epsilon) * gamma + beta for each channel, statistics given",
    inputs: ["x", "beta", "mean", "variance", "gamma?"],
    shape([x, ...channels]) {
      const [, c] = rank(x, 4, "x");
      expectChannels(channels, c);
      return [x ?? []];
    },
  },
  relu: { doc: "max(x, 0)", inputs: ["x"], shape: ([x]) => [x ?? []] },
  max_pool: {
    doc: "largest value in each window",
    inputs: ["x"],
    shape: ([x], window) => [pool(x, window)],
  },
  avg_pool: {
    doc: "mean over the cells of each window that lie inside the image: padding is not counted",
    inputs: ["x"],
    shape: ([x], window) => [pool(x, window)],
  },
  global_avg_pool: {
    doc: "mean over height and width: [n,c,h,w] to [n,c]",
    inputs: ["x"],
    shape: ([x]) => [rank(x, 4, "x").slice(0, 2)],
  },
  global_max_pool: {
    doc: "largest value over height and width: [n,c,h,w] to [n,c]",
    inputs: ["x"],
    shape: ([x]) => [rank(x, 4, "x").slice(0, 2)],
  },
  concat: {
    doc: "joins along the channel axis, in the order given",
    inputs: ["...x"],
    shape(inputs) {
      const [n, , h, w] = rank(inputs[0], 4, "x");
      for (const one of inputs) {
        const [on, oc, oh, ow] = rank(one, 4, "x");
        expect(on === n && oh === h && ow === w, `a ${h}x${w} grid`, formatShape([on, oc, oh, ow]));
      }
      return [[n, inputs.reduce((sum, one) => sum + (one[1] ?? 0), 0), h, w]];
    },
  },
  scale: { doc: "x times a constant", inputs: ["x"], shape: ([x]) => [x ?? []] },
  add: {
    doc: "a + b, of equal shape",
    inputs: ["a", "b"],
    shape([a = [], b = []]) {
      expect(sameShape(a, b), formatShape(a), formatShape(b));
      return [a];
    },
  },
  dropout: {
    doc: "the identity when a network is used; training multiplies by a mask instead",
    inputs: ["x"],
    shape: ([x]) => [x ?? []],
  },
  flatten: {
    doc: "[n,c,h,w] to [n,c*h*w]",
    inputs: ["x"],
    shape([x]) {
      const [n, ...rest] = rank(x, 4, "x");
      return [[n, sizeOf(rest)]];
    },
  },
  linear: {
    doc: "x [n,c] times the transpose of weight [k,c], plus bias [k]",
    inputs: ["x", "weight", "bias"],
    shape([x, weight, bias = []]) {
      const [n, c] = rank(x, 2, "x");
      const [k, wc] = rank(weight, 2, "weight");
      expect(wc === c, `weight for ${c} inputs`, formatShape([k, wc]));
      expect(sameShape(bias, [k]), `bias ${k}`, formatShape(bias));
      return [[n, k]];
    },
    multiplyAdds: ([, weight], [y]) => sizeOf(weight ?? []) * ((y ?? [])[0] ?? 1),
  },

  ...trainingOps,
  ...optimizerOps,
};

function pool(x: Shape | undefined, window: Window): Shape {
  const [n, c, h, w] = rank(x, 4, "x");
  return [n, c, ...slide([h, w], window)];
}

/** Whether an op can have these inputs: one for each name, optional ones may be left out. */
export function takesInputs(op: OpName, inputs: readonly unknown[]): boolean {
  const names = ops[op].inputs;
  if (names.some((name) => name.startsWith("..."))) {
    return inputs.length > 0 && inputs.every((input) => input !== undefined);
  }
  const required = names.filter((name) => !name.endsWith("?")).length;
  const given = inputs.slice(0, required).filter((input) => input !== undefined).length;
  return given === required && inputs.length <= names.length;
}
