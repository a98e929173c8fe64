import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { numbers, outputsOf } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { tensor } from "../../tensor/tensor.js";
import { GraphBuilder } from "../builder.js";
import type { Graph, Value } from "../ir.js";
import { foldIntoConvolutions } from "./fold-into-convolutions.js";

describe("foldIntoConvolutions()", () => {
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
    const model = foldIntoConvolutions(
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
    const { graph } = foldIntoConvolutions({ graph: builder.finish("shared", all), parameters });
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
    const model = foldIntoConvolutions({
      graph: builder.finish("named", new Map([["y", y]])),
      parameters,
    });
    assert.equal(model.graph.parameters.at(-1)?.name, "kernel/folded");
    const inputs = new Map([["x", tensor([1, 1, 1, 1], Float32Array.of(1))]]);
    const found = await outputsOf(model.graph, model.parameters, inputs);
    assert.equal(found.get("y")?.data[0], (6 - 2) / 2 + 1);
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
    const { graph } = foldIntoConvolutions({
      graph: builder.finish("shared", outputs),
      parameters,
    });
    assert.deepEqual(
      graph.nodes.map(({ op }) => op),
      ["conv2d", "scale"],
    );
  });
});
