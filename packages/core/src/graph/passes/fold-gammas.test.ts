import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { numbers, outputsOf, smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { relativeL2, tensor } from "../../tensor/tensor.js";
import { GraphBuilder } from "../builder.js";
import { verifyGraph } from "../verify.js";
import { foldGammas } from "./fold-gammas.js";

const once = { stride: [1, 1], padding: [0, 0] } as const;

describe("foldGammas()", () => {
  it("leaves every output unchanged and no scale behind", async () => {
    const { graph, parameters, inputs } = smallGraph();
    const before = structuredClone(parameters);
    const model = foldGammas({ graph, parameters });
    verifyGraph(model.graph);
    assert.deepEqual(parameters, before);
    assert.ok(!model.parameters.has("first/gamma"));
    assert.deepEqual(
      model.graph.parameters.map(({ name }) => name),
      graph.parameters.flatMap(({ name }) => (name === "first/gamma" ? [] : [name])),
    );
    const [expected, found] = await Promise.all([
      outputsOf(graph, parameters, inputs),
      outputsOf(model.graph, model.parameters, inputs),
    ]);
    for (const [name, { data }] of expected) {
      assert.ok(relativeL2(found.get(name)?.data ?? [], data) < 1e-6, name);
    }
  });

  it("scales the bias of the convolution too", async () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 1, 1]);
    const weight = builder.parameter("weight", [1, 1, 1, 1], "weight");
    const bias = builder.parameter("bias", [1], "bias");
    const names = ["beta", "mean", "variance", "gamma"];
    const rest = names.map((name) => builder.parameter(name, [1], "beta"));
    const conv = builder.add("conv2d", "conv", [x, weight, bias], once);
    const y = builder.add("batch_norm", "norm", [conv, ...rest], { epsilon: 0 });
    const graph = builder.finish("biased", new Map([["y", y]]));
    const values = { weight: 3, bias: 5, beta: 1, mean: 2, variance: 4, gamma: -6 };
    const parameters = new Map(
      graph.parameters.map(({ name, shape }) => [
        name,
        tensor(shape, Float32Array.of(values[name as keyof typeof values])),
      ]),
    );
    const model = foldGammas({ graph, parameters });
    const inputs = new Map([["x", tensor([1, 1, 1, 1], Float32Array.of(7))]]);
    const found = await outputsOf(model.graph, model.parameters, inputs);
    assert.ok(!model.parameters.has("gamma"));
    assert.equal(found.get("y")?.data[0], (-6 * (3 * 7 + 5 - 2)) / 2 + 1);
  });

  it("leaves the scale of a norm whose convolution shares its weight", () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [1, 1, 2, 2]);
    const weight = builder.parameter("weight", [1, 1, 1, 1], "weight");
    const rest = ["beta", "mean", "variance", "gamma"].map((name) =>
      builder.parameter(name, [1], "beta"),
    );
    const conv = builder.add("conv2d", "conv", [x, weight], once);
    const norm = builder.add("batch_norm", "norm", [conv, ...rest], { epsilon: 1 });
    const other = builder.add("conv2d", "other", [norm, weight], once);
    const graph = builder.finish("shared", new Map([["other", other]]));
    const parameters = new Map(
      graph.parameters.map(({ name, shape }, at) => [name, numbers(shape, at)]),
    );
    const model = foldGammas({ graph, parameters });
    assert.deepEqual(model.graph, graph);
    assert.deepEqual(model.parameters, parameters);
  });
});
