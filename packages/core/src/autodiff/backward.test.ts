import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import { GraphBuilder } from "../graph/builder.js";
import { verifyGraph } from "../graph/verify.js";
import { tensor } from "../tensor/tensor.js";
import { backward } from "./backward.js";

const once = { stride: [1, 1], padding: [0, 0] } as const;

describe("backward()", () => {
  it("adds up the gradients of a value that is used twice", async () => {
    const forward = new GraphBuilder();
    const x = forward.input("x", [1, 1, 1, 2]);
    const twice = forward.add("scale", "twice", [x], { factor: 2 });
    const thrice = forward.add("scale", "thrice", [x], { factor: 3 });
    const product = forward.add("multiply", "product", [twice, thrice], {});
    const y = forward.add("add", "y", [product, x], {});
    const graph = forward.finish("twice", new Map([["y", y]]));

    const builder = GraphBuilder.from(graph);
    const dy = builder.input("dy", [1, 1, 1, 2]);
    const gradients = backward(builder, graph, [{ of: y, gradient: dy }], [x]);
    const dx = gradients.get(x);
    assert.ok(dx);
    const outputs = new Map([
      ["y", y],
      ["dx", dx],
    ]);
    const both = builder.finish("twice_back", outputs);
    verifyGraph(both);

    const executor = await createExecutor("reference");
    const program = await executor.compile(both, new Map());
    const inputs = new Map([
      ["x", tensor([1, 1, 1, 2], Float32Array.of(1.5, -2))],
      ["dy", tensor([1, 1, 1, 2], Float32Array.of(1, 10))],
    ]);
    // y = 6 x^2 + x, so dx = (12 x + 1) dy
    assert.deepEqual([...((await program.run(inputs)).get("dx")?.data ?? [])], [19, -230]);
  });

  it("adds nothing for what is frozen", () => {
    const forward = new GraphBuilder();
    const x = forward.input("x", [1, 2, 3, 3]);
    const weights = ["first", "second", "third"].map((name) =>
      forward.parameter(`${name}/weight`, [2, 2, 1, 1], "weight"),
    );
    const y = weights.reduce(
      (value, weight, index) => forward.add("conv2d", `conv_${index}`, [value, weight], once),
      x,
    );
    const graph = forward.finish("three", new Map([["y", y]]));
    const builder = GraphBuilder.from(graph);
    const dy = builder.input("dy", y.shape);
    const [, , last] = weights;
    assert.ok(last);
    const gradients = backward(builder, graph, [{ of: y, gradient: dy }], [last]);
    const added = builder
      .finish("three_back", new Map(gradients.size > 0 ? [["g", gradients.get(last) ?? y]] : []))
      .nodes.slice(graph.nodes.length);
    assert.deepEqual(
      added.map(({ op, name }) => `${op} ${name}`),
      ["conv2d_weight_gradient conv_2/gradient/weight"],
    );
  });

  it("trains the scale of a batch norm whose statistics are fixed, on both executors alike", async () => {
    const forward = new GraphBuilder();
    const x = forward.input("x", [1, 2, 1, 2]);
    const [beta, mean, variance, gamma] = ["beta", "mean", "variance", "gamma"].map((name) =>
      forward.input(name, [2]),
    );
    assert.ok(gamma);
    const inputs = [x, beta, mean, variance, gamma];
    const y = forward.add("batch_norm", "norm", inputs, { epsilon: 1 });
    const graph = forward.finish("norm", new Map([["y", y]]));
    const builder = GraphBuilder.from(graph);
    const dy = builder.input("dy", y.shape);
    const dgamma = backward(builder, graph, [{ of: y, gradient: dy }], [gamma]).get(gamma);
    assert.ok(dgamma);
    const back = builder.finish("norm_back", new Map([["dgamma", dgamma]]));
    const given = new Map([
      ["x", tensor([1, 2, 1, 2], Float32Array.of(5, 7, 2, 4))],
      ["beta", tensor([2])],
      ["mean", tensor([2], Float32Array.of(1, 2))],
      ["variance", tensor([2], Float32Array.of(3, 0))],
      ["gamma", tensor([2], Float32Array.of(9, 9))],
      ["dy", tensor([1, 2, 1, 2], Float32Array.of(1, 10, 100, 1000))],
    ]);
    for (const engine of ["reference", "onnxruntime"] as const) {
      const executor = await createExecutor(engine, { threads: 1 });
      try {
        const steps = [{ graph: back, assign: new Map<string, string>() }];
        const program = await executor.compileTraining(steps, new Map());
        const { data = [] } = (await program.run(0, given)).get("dgamma") ?? {};
        assert.deepEqual([...data], [32, 2000]); // sum dy (x - mean) / sqrt(variance + 1)
      } finally {
        await executor.dispose();
      }
    }
  });

  it("says which op has no gradient", () => {
    const forward = new GraphBuilder();
    const logits = forward.input("logits", [2, 3]);
    const targets = forward.input("targets", [2, 3]);
    const loss = forward.add("softmax_cross_entropy", "loss", [logits, targets], {});
    const graph = forward.finish("loss", new Map([["loss", loss]]));
    const builder = GraphBuilder.from(graph);
    const gradient = builder.input("d", [2]);
    assert.throws(() => backward(builder, graph, [{ of: loss, gradient }], [logits]), {
      code: "GRADIENT_MISSING",
      message: 'Cannot differentiate "loss": the backward pass starts after it, see `backward`',
    });
  });
});
