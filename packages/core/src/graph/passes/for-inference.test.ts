import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import { relativeL2, type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import { GraphBuilder } from "../builder.js";
import type { Graph, Value } from "../ir.js";
import { forInference } from "./for-inference.js";
import { selectOutputs } from "./rewrite.js";

/** Numbers without pattern, the same each time. */
function numbers(shape: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const filled = tensor(shape);
  for (let at = 0; at < filled.data.length; at++) {
    const unit = Math.abs(Math.sin((at + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1;
    filled.data[at] = low + unit * (high - low);
  }
  return filled;
}

/** Two convolutions with batch norm, one with and one without gamma, and a scaled residual. */
function smallNetwork(): { graph: Graph; parameters: Map<string, Tensor>; inputs: Tensors } {
  const builder = new GraphBuilder();
  const parameters = new Map<string, Tensor>();
  const parameter = (name: string, shape: number[], role: "weight" | "bias", low = -1) => {
    parameters.set(name, numbers(shape, parameters.size, low));
    return builder.parameter(name, shape, role);
  };
  const window = { stride: [1, 1], padding: [1, 1] } as const;
  const x = builder.input("image", [1, 3, 5, 5]);
  let y = x;
  for (const gamma of [true, false]) {
    const at = gamma ? "first" : "second";
    const conv = builder.add(
      "conv2d",
      `${at}/conv`,
      [y, parameter(`${at}/weight`, [3, 3, 3, 3], "weight")],
      window,
    );
    const statistics = ["beta", "mean"].map((name) => parameter(`${at}/${name}`, [3], "bias"));
    const variance = parameter(`${at}/variance`, [3], "bias", 0.1);
    const scale = gamma ? parameter(`${at}/gamma`, [3], "bias") : undefined;
    const norm = builder.add("batch_norm", `${at}/norm`, [conv, ...statistics, variance, scale], {
      epsilon: 1e-3,
    });
    y = builder.add("relu", `${at}/relu`, [norm], {});
  }
  const once = { stride: [1, 1], padding: [0, 0] } as const;
  const up = builder.add(
    "conv2d",
    "up/conv",
    [y, parameter("up/weight", [3, 3, 1, 1], "weight"), parameter("up/bias", [3], "bias")],
    once,
  );
  const scaled = builder.add("scale", "scale", [up], { factor: 0.17 });
  const sum = builder.add("add", "sum", [x, scaled], {});
  const kept = builder.add("dropout", "dropout", [sum], { rate: 0.2 });
  const outputs = new Map([
    ["sum", kept],
    ["middle", y],
  ]);
  const graph = builder.finish("small", outputs, new Map([["sum", sum]]));
  return { graph, parameters, inputs: new Map([["image", numbers([2, 3, 5, 5], 99)]]) };
}

async function outputsOf(graph: Graph, parameters: Tensors, inputs: Tensors): Promise<Tensors> {
  const executor = await createExecutor("reference");
  const program = await executor.compile(graph, parameters);
  return program.run(inputs);
}

describe("forInference()", () => {
  it("leaves every output unchanged", async () => {
    const { graph, parameters, inputs } = smallNetwork();
    const before = await outputsOf(graph, parameters, inputs);
    const model = forInference({ graph, parameters });
    const after = await outputsOf(model.graph, model.parameters, inputs);
    for (const [name, { data }] of before) {
      assert.ok(relativeL2(after.get(name)?.data ?? [], data) < 1e-6, name);
    }
  });

  it("leaves convolutions, ReLU and additions, and the parameters that they read", () => {
    const { graph, parameters } = smallNetwork();
    const { graph: folded } = forInference({ graph, parameters });
    const kinds = folded.nodes.map(({ op }) => op);
    assert.deepEqual(kinds, ["conv2d", "relu", "conv2d", "relu", "conv2d", "add"]);
    assert.deepEqual(folded.parameters.map(({ name }) => name).sort(), [
      "first/bias",
      "first/weight",
      "second/bias",
      "second/weight",
      "up/bias",
      "up/weight",
    ]);
  });

  it("copies the weights, and overwrites them only when told to", () => {
    const { graph, parameters } = smallNetwork();
    const weight = parameters.get("first/weight") as Tensor;
    const original = weight.data.slice();
    forInference({ graph, parameters });
    assert.deepEqual(weight.data, original);
    const { parameters: folded } = forInference({ graph, parameters }, { inPlace: true });
    assert.equal(folded.get("first/weight")?.data, weight.data);
    assert.notDeepEqual(weight.data, original);
  });

  it("does not fold into a convolution that something else reads", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 2, 2]);
    const weight = builder.parameter("weight", [1, 1, 1, 1], "weight");
    const conv = builder.add("conv2d", "conv", [x, weight], { stride: [1, 1], padding: [0, 0] });
    const scaled = builder.add("scale", "scaled", [conv], { factor: 2 });
    const outputs = new Map([
      ["conv", conv],
      ["scaled", scaled],
    ]);
    const parameters = new Map([["weight", numbers([1, 1, 1, 1], 1)]]);
    const { graph } = forInference({ graph: builder.finish("shared", outputs), parameters });
    assert.deepEqual(
      graph.nodes.map(({ op }) => op),
      ["conv2d", "scale"],
    );
  });
});

describe("forInference() on parameters that something else reads", () => {
  const once = { stride: [1, 1], padding: [0, 0] } as const;
  const opsOf = (graph: Graph) => graph.nodes.map(({ op }) => op);

  it("leaves a weight that a gradient of the same graph reads", async () => {
    const forward = new GraphBuilder();
    const x = forward.input("x", [1, 1, 1, 1]);
    const weight = forward.parameter("weight", [1, 1, 1, 1], "weight");
    const conv = forward.add("conv2d", "conv", [x, weight], once);
    const y = forward.add("scale", "y", [conv], { factor: 0.5 });
    const builder = GraphBuilder.from(forward.finish("forward", new Map([["y", y]])));
    const dy = builder.input("dy", [1, 1, 1, 1]);
    const dconv = builder.add("scale", "dconv", [dy], { factor: 0.5 });
    const dx = builder.add("conv2d_input_gradient", "dx", [dconv, weight], {
      ...once,
      size: [1, 1],
    });
    const outputs = new Map([
      ["y", y],
      ["dx", dx],
    ]);
    const graph = builder.finish("both", outputs);
    const one = (value: number) => tensor([1, 1, 1, 1], Float32Array.of(value));
    const model = forInference(
      { graph, parameters: new Map([["weight", one(3)]]) },
      { inPlace: true },
    );
    const inputs = new Map([
      ["x", one(1)],
      ["dy", one(1)],
    ]);
    const found = await outputsOf(model.graph, model.parameters, inputs);
    assert.deepEqual([found.get("y")?.data[0], found.get("dx")?.data[0]], [1.5, 1.5]);
  });

  it("leaves a bias that two convolutions share, and statistics that are no parameters", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 2, 2]);
    const bias = builder.parameter("bias", [1], "bias");
    const weights = ["a", "b"].map((name) => builder.parameter(name, [1, 1, 1, 1], "weight"));
    const outputs = weights.map((weight, at) => {
      const conv = builder.add("conv2d", `conv_${at}`, [x, weight, bias], once);
      return [`${at}`, builder.add("scale", `scale_${at}`, [conv], { factor: 2 })] as const;
    });
    const own = builder.parameter("own", [1, 1, 1, 1], "weight");
    const conv = builder.add("conv2d", "conv", [x, own], once);
    const statistics = ["beta", "mean", "variance"].map((name) => builder.input(name, [1]));
    const norm = builder.add("batch_norm", "norm", [conv, ...statistics], { epsilon: 1 });
    const parameters = new Map([["bias", numbers([1], 1)]]);
    for (const name of ["a", "b", "own"]) parameters.set(name, numbers([1, 1, 1, 1], 2));
    const all = new Map<string, Value>([...outputs, ["norm", norm]]);
    const { graph } = forInference({ graph: builder.finish("shared", all), parameters });
    assert.deepEqual(opsOf(graph), [
      ...["conv2d", "scale", "conv2d", "scale"],
      ...["conv2d", "batch_norm"],
    ]);
  });

  it("names a new bias as nothing else is named", async () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 1, 1]);
    const kernel = builder.parameter("kernel", [1, 1, 1, 1], "weight");
    const names = ["beta", "mean", "variance"];
    const statistics = names.map((name) => builder.parameter(name, [1], "beta"));
    const conv = builder.add("conv2d", "conv", [x, kernel], once);
    const y = builder.add("batch_norm", "norm", [conv, ...statistics], { epsilon: 0 });
    const parameters = new Map([["kernel", tensor([1, 1, 1, 1], Float32Array.of(6))]]);
    names.forEach((name, at) => {
      parameters.set(name, tensor([1], Float32Array.of([1, 2, 4][at] ?? 0)));
    });
    const model = forInference({ graph: builder.finish("named", new Map([["y", y]])), parameters });
    assert.deepEqual(
      model.graph.parameters.map(({ name }) => name),
      ["kernel", "kernel/folded"],
    );
    const inputs = new Map([["x", tensor([1, 1, 1, 1], Float32Array.of(1))]]);
    const found = await outputsOf(model.graph, model.parameters, inputs);
    assert.equal(found.get("y")?.data[0], (6 - 2) / 2 + 1);
  });
});

describe("selectOutputs()", () => {
  it("drops nodes, parameters and blocks that the outputs do not need", () => {
    const { graph } = smallNetwork();
    const middle = graph.outputs.get("middle");
    assert.ok(middle);
    const selected = selectOutputs(graph, new Map([["middle", middle]]));
    assert.equal(selected.nodes.at(-1)?.name, "second/relu");
    assert.equal(
      selected.parameters.some(({ name }) => name.startsWith("up")),
      false,
    );
    assert.deepEqual([...selected.blocks.keys()], []);
  });
});
