/**
 * @file Every op's gradient against central differences, both in float64 on the reference loops.
 *
 * The loss is the sum of an op's first output times fixed random numbers. With a step of 1e-5 the
 * difference is exact to about 1e-9, so that a rule that is wrong in anything does not pass 1e-7. The
 * tables are total over the op names: a new op without a case does not compile. No op broadcasts.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashUnit } from "@inception-resnet-v2/test/helpers/hash-weights.js";
import { kernels } from "../executors/reference/kernels.js";
import type { Kernel, Numbers } from "../executors/reference/loops.js";
import { GraphBuilder } from "../graph/builder.js";
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { type OpAttributes, type OpName, ops } from "../graph/ops.js";
import { relativeL2, type Shape, sizeOf } from "../tensor/tensor.js";
import { backward, type Seed } from "./backward.js";

const step = 1e-5;
const tolerance = 1e-7;

/** An input of a case: values from `low` to `high`. */
interface Input {
  readonly shape: Shape;
  readonly low: number;
  readonly high: number;
}

interface Case<K extends OpName> {
  readonly what: string;
  readonly inputs: readonly Input[];
  readonly attributes: OpAttributes[K];
  /** Inputs that have no gradient by intent, by index: statistics, for example. */
  readonly constant?: readonly number[];
}

const any = (...shape: number[]): Input => ({ shape, low: -1, high: 1 });
const positive = (...shape: number[]): Input => ({ shape, low: 0.5, high: 1.5 });
const once = { stride: [1, 1], padding: [0, 0] } as const;
const norm = { epsilon: 1e-3 };
const windows = [
  { what: "3x3 at stride 2", kernel: [3, 3], stride: [2, 2], padding: [0, 0] },
  { what: "2x3 that leaves a rest", kernel: [2, 3], stride: [3, 2], padding: [0, 0] },
  { what: "3x3, padded", kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
  { what: "3x5, padded unevenly, at two strides", kernel: [3, 5], stride: [2, 1], padding: [0, 2] },
] as const;
const poolCases = windows.map(({ what, ...attributes }) => ({
  what,
  inputs: [any(2, 3, 6, 7)],
  attributes,
}));

/** The ops that gradients flow through. */
type Differentiable = Exclude<OpName, keyof typeof notDifferentiable>;

const cases: { readonly [K in Differentiable]: readonly Case<K>[] } = {
  conv2d: [
    {
      what: "1x1 with bias",
      inputs: [any(2, 3, 2, 3), any(4, 3, 1, 1), any(4)],
      attributes: once,
    },
    ...windows.map(({ what, kernel, stride, padding }) => ({
      what,
      inputs: [any(2, 3, 6, 7), any(2, 3, ...kernel)],
      attributes: { stride, padding },
    })),
    {
      what: "7x1 and more padding than cells",
      inputs: [any(1, 2, 2, 3), any(3, 2, 7, 1), any(3)],
      attributes: { stride: [1, 1], padding: [3, 0] },
    },
  ],
  batch_norm: [
    {
      what: "without scale",
      inputs: [any(2, 3, 2, 3), any(3), any(3), positive(3)],
      attributes: norm,
      constant: [2, 3],
    },
    {
      what: "with a scale",
      inputs: [any(2, 3, 2, 3), any(3), any(3), positive(3), any(3)],
      attributes: { epsilon: 0.1 },
      constant: [2, 3],
    },
  ],
  batch_norm_training: [
    { what: "without scale", inputs: [any(3, 2, 2, 3), any(2)], attributes: norm },
    {
      what: "with a scale",
      inputs: [any(2, 3, 3, 1), any(3), any(3)],
      attributes: { epsilon: 0.1 },
    },
  ],
  relu: [{ what: "on both sides of 0", inputs: [any(2, 3, 4, 5)], attributes: {} }],
  max_pool: poolCases,
  avg_pool: poolCases,
  global_avg_pool: [{ what: "of a grid", inputs: [any(2, 3, 4, 5)], attributes: {} }],
  global_max_pool: [{ what: "of a grid", inputs: [any(2, 3, 4, 5)], attributes: {} }],
  concat: [
    { what: "of one", inputs: [any(2, 3, 2, 2)], attributes: {} },
    {
      what: "of three widths",
      inputs: [any(2, 1, 2, 3), any(2, 4, 2, 3), any(2, 2, 2, 3)],
      attributes: {},
    },
  ],
  scale: [{ what: "by 0.17", inputs: [any(2, 3, 2, 2)], attributes: { factor: 0.17 } }],
  add: [{ what: "of two", inputs: [any(2, 3, 2, 2), any(2, 3, 2, 2)], attributes: {} }],
  multiply: [{ what: "of two", inputs: [any(2, 3), any(2, 3)], attributes: {} }],
  dropout: [{ what: "out of training", inputs: [any(2, 3)], attributes: { rate: 0.2 } }],
  flatten: [{ what: "of a grid", inputs: [any(2, 3, 4, 5)], attributes: {} }],
  linear: [{ what: "of uneven sizes", inputs: [any(3, 4), any(5, 4), any(5)], attributes: {} }],
};

/** The ops that nothing is differentiated through, and the end of the message that says so. */
const notDifferentiable = {
  softmax_cross_entropy: "the backward pass starts after it, see `backward`", // tested below
  slice_channels: "second derivatives are not offered",
  unflatten: "second derivatives are not offered",
  channel_sum: "second derivatives are not offered",
  channel_scale: "second derivatives are not offered",
  batch_norm_training_gradient: "second derivatives are not offered",
  conv2d_input_gradient: "second derivatives are not offered",
  conv2d_weight_gradient: "second derivatives are not offered",
  relu_gradient: "second derivatives are not offered",
  max_pool_gradient: "second derivatives are not offered",
  avg_pool_gradient: "second derivatives are not offered",
  global_avg_pool_gradient: "second derivatives are not offered",
  global_max_pool_gradient: "second derivatives are not offered",
  linear_input_gradient: "second derivatives are not offered",
  linear_weight_gradient: "second derivatives are not offered",
  softmax_cross_entropy_gradient: "second derivatives are not offered",
  rmsprop_update: "it changes parameters",
  sgd_update: "it changes parameters",
  adamw_update: "it changes parameters",
  moving_average: "it changes parameters",
  average_update: "it changes parameters",
  accumulate: "it changes parameters",
  clip_factor: "it changes parameters",
} as const satisfies Partial<Record<OpName, string>>;

describe("the gradient of each op is what finite differences say", () => {
  it("has a case, or a reason, for each op", () => {
    const listed = [...Object.keys(cases), ...Object.keys(notDifferentiable)];
    assert.deepEqual(listed.sort(), Object.keys(ops).sort());
  });

  for (const [op, list] of Object.entries(cases) as [OpName, readonly Case<OpName>[]][]) {
    for (const one of list) {
      it(`${op} ${one.what}`, () => {
        const forward = new GraphBuilder();
        const inputs = one.inputs.map(({ shape }, index) => forward.input(`x${index}`, shape));
        const y = forward.add(op, "y", inputs, one.attributes);
        const graph = forward.finish(op, new Map([["y", y]]));
        const targets = inputs.filter((_, index) => !one.constant?.includes(index));
        const values = new Map(
          inputs.map((input, index) => [input, random(one.inputs[index] as Input, index + 1)]),
        );
        checkGradients(graph, values, inputs, targets, (builder) => {
          const dy = builder.input("dy", y.shape);
          const weights = random({ shape: y.shape, low: -1, high: 1 }, 99);
          const loss = (results: Results) =>
            sum(results.get(y)?.data ?? [], (value, at) => value * (weights.data[at] as number));
          return { seeds: [{ of: y, gradient: dy }], given: new Map([[dy, weights]]), loss };
        });
      });
    }
  }

  for (const [op, reason] of Object.entries(notDifferentiable) as [OpName, string][]) {
    it(`${op} refuses: ${reason}`, () => {
      const value = { name: "x", shape: [1, 1] };
      const outputs = [{ name: "y", shape: [1, 1] }];
      const node = {
        op,
        name: "y",
        inputs: [value],
        attributes: {},
        outputs,
      } as unknown as AnyNode;
      const graph: Graph = {
        name: "one",
        inputs: [value],
        parameters: [],
        nodes: [node],
        outputs: new Map(),
        blocks: new Map(),
        stages: [],
      };
      const seeds = outputs.map((of) => ({ of, gradient: of }));
      assert.throws(() => backward(GraphBuilder.from(graph), graph, seeds, [value]), {
        code: "GRADIENT_MISSING",
        message: `Cannot differentiate "y": ${reason}`,
      });
    });
  }
});

describe("the gradient of a loss is what finite differences say", () => {
  for (const [what, targets] of [
    ["smoothed labels", Float64Array.of(0.92, 0.02, 0.02, 0.04, 0.02, 0.02, 0.02, 0.94)],
    ["rows of another mass than 1", Float64Array.of(0.5, 0, 1, 0, 0, 0, 0, 0)],
  ] as const) {
    it(`with ${what}`, () => {
      const weight = 0.4;
      const forward = new GraphBuilder();
      const logits = forward.input("logits", [2, 4]);
      const needs = forward.input("targets", [2, 4]);
      const rows = forward.add("softmax_cross_entropy", "loss", [logits, needs], {});
      const graph = forward.finish("loss", new Map([["loss", rows]]));
      const values = new Map([
        [logits, random({ shape: [2, 4], low: -3, high: 3 }, 1)],
        [needs, { shape: [2, 4], data: targets }],
      ]);
      const analytic = forward.add("softmax_cross_entropy_gradient", "d", [logits, needs], {
        weight,
      });
      const whole = forward.finish("loss_back", new Map([["d", analytic]]));
      const loss = (results: Results) => (weight / 2) * sum(results.get(rows)?.data ?? []);
      const found = evaluate(whole, values).get(analytic) as Numbers;
      assertClose(found, differences(graph, values, logits, loss), "logits");
    });
  }

  it("through a small network with a batch norm, a residual and two classifiers", () => {
    const forward = new GraphBuilder();
    const image = forward.input("image", [3, 2, 5, 5]);
    const labels = forward.input("labels", [3, 4]);
    const weight = forward.input("weight", [3, 2, 3, 3]);
    const beta = forward.input("beta", [3]);
    const up = forward.input("up", [3, 6, 1, 1]);
    const dense = forward.input("dense", [4, 3]);
    const bias = forward.input("bias", [4]);
    const strided = { stride: [2, 2], padding: [1, 1] } as const;
    const conv = forward.add("conv2d", "conv", [image, weight], strided);
    const [normal = conv] = forward.apply("batch_norm_training", "norm", [conv, beta], norm);
    const relu = forward.add("relu", "relu", [normal], {});
    const joined = forward.add("concat", "concat", [relu, relu], {});
    const branch = forward.add("conv2d", "branch", [joined, up], once);
    const scaled = forward.add("scale", "scale", [branch], { factor: 0.2 });
    const residual = forward.add("add", "residual", [relu, scaled], {});
    const heads = [residual, relu].map((value, index) => {
      const pooled = forward.add("global_avg_pool", `pool_${index}`, [value], {});
      return forward.add("linear", `logits_${index}`, [pooled, dense, bias], {});
    });
    const rows = heads.map((logits, index) =>
      forward.add("softmax_cross_entropy", `loss_${index}`, [logits, labels], {}),
    );
    const graph = forward.finish("small", new Map(rows.map((row) => [row.name, row])));
    const targets = [weight, beta, up, dense, bias, image];
    const values = new Map(
      graph.inputs.map((input, index) => [input, random(any(...input.shape), index + 1)]),
    );
    checkGradients(graph, values, targets, targets, (builder) => {
      const seeds = heads.map((of, index) => {
        const weight = index === 0 ? 1 : 0.4;
        const name = `d_${index}`;
        const inputs = [of, labels];
        return {
          of,
          gradient: builder.add("softmax_cross_entropy_gradient", name, inputs, { weight }),
        };
      });
      const loss = (results: Results) =>
        sum(rows.map((row, index) => (index ? 0.4 : 1) * sum(results.get(row)?.data ?? []))) / 3;
      return { seeds, given: new Map(), loss };
    });
  });
});

type Results = ReadonlyMap<Value, Numbers>;

interface Start {
  readonly seeds: readonly Seed[];
  /** Values of what the seeds need beside the graph's inputs. */
  readonly given: Results;
  readonly loss: (results: Results) => number;
}

/** Compares all gradients, taken together and each alone, with differences of the loss. */
function checkGradients(
  graph: Graph,
  values: Results,
  inputs: readonly Value[],
  expected: readonly Value[],
  start: (builder: GraphBuilder) => Start,
): void {
  const differentiate = (targets: readonly Value[]) => {
    const builder = GraphBuilder.from(graph);
    const { seeds, given, loss } = start(builder);
    const gradients = backward(builder, graph, seeds, targets);
    const whole = builder.finish("back", new Map());
    const results = evaluate(whole, new Map([...values, ...given]));
    return {
      loss,
      found: new Map([...gradients].map(([of, by]) => [of, results.get(by) as Numbers])),
    };
  };
  const { loss, found } = differentiate(inputs);
  assert.deepEqual([...found.keys()], expected);
  for (const [input, gradient] of found) {
    assertClose(gradient, differences(graph, values, input, loss), input.name);
    assert.deepEqual(differentiate([input]).found.get(input), gradient, `${input.name} alone`);
  }
}

/** (loss(x + h) - loss(x - h)) / 2h for each element of an input. */
function differences(
  graph: Graph,
  values: Results,
  input: Value,
  loss: (results: Results) => number,
): Numbers {
  const { shape, data } = values.get(input) as Numbers;
  const at = (index: number, change: number) => {
    const moved = Float64Array.from(data);
    moved[index] = (moved[index] as number) + change;
    return loss(evaluate(graph, new Map([...values, [input, { shape, data: moved }]])));
  };
  const slopes = Array.from(data, (_, index) => (at(index, step) - at(index, -step)) / (2 * step));
  return { shape, data: Float64Array.from(slopes) };
}

/** The value of every node, in the precision of the inputs. */
function evaluate(graph: Graph, inputs: Results): Results {
  const values = new Map(inputs);
  for (const node of graph.nodes) {
    const shapes = node.outputs.map(({ shape }) => shape);
    const kernel = kernels[node.op] as Kernel<OpName>;
    const given = node.inputs.map((input) => values.get(input) as Numbers);
    kernel(given, node.attributes as never, shapes).forEach((result, index) => {
      values.set(node.outputs[index] as Value, result);
    });
  }
  return values;
}

function assertClose(found: Numbers, expected: Numbers, name: string): void {
  assert.ok(found.data instanceof Float64Array, `${name}: expected float64`);
  assert.deepEqual(found.shape, expected.shape, name);
  const distance = relativeL2(found.data, expected.data);
  assert.ok(distance <= tolerance, `${name}: ${distance} away`);
}

function random({ shape, low, high }: Input, id: number): Numbers {
  const data = Float64Array.from(
    { length: sizeOf(shape) },
    (_, at) => low + (high - low) * hashUnit(id, at),
  );
  return { shape, data };
}

function sum(
  values: ArrayLike<number>,
  term: (value: number, at: number) => number = (value) => value,
): number {
  return Array.from(values, term).reduce((a, b) => a + b, 0);
}
