import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { buildStepGraphs } from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { noOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { createExecutor } from "../index.js";

const network = lower(configureNetwork({ width: 0.1, inputSize: 75, classes: 10 }));
const parameters = initializeParameters(network, { initializer: "slim", seed: 0 });
const inputs = new Map([["image", tensor([1, 3, 75, 75])]]);

/** A convolution and what follows it: enough to make every kind of handle. */
function block() {
  const graph = new GraphBuilder();
  const x = graph.input("x", [1, 16, 9, 9]);
  const w = graph.parameter("w", [16, 16, 3, 3], "weight");
  const y = graph.add("conv2d", "y", [x, w], { stride: [1, 1], padding: [1, 1] });
  const sum = graph.add("relu", "relu", [graph.add("add", "sum", [x, y], {})], {});
  const both = graph.add("concat", "both", [sum, x], {});
  return graph.finish("block", new Map([["both", both]]));
}

/** Room for what the allocator and the garbage collector keep for a while. */
const slackBytes = 40e6;

/** Runs something many times; after the first half, garbage collected or not, memory must stay. */
async function staysFlat(times: number, run: (at: number) => Promise<void>): Promise<void> {
  let before = 0;
  for (let at = 0; at < times; at++) {
    await run(at);
    if (at === Math.floor(times / 2)) before = process.memoryUsage.rss();
  }
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < slackBytes, `grew by ${(grown / 1e6).toFixed(0)} MB from ${before / 1e6}`);
}

describe("memory of the onednn executor", { skip: noOneDnn }, () => {
  // On one executor: each thread that ends leaves some 50 KB behind in koffi, and 15 KB in Node.
  it("is flat over 1,000 graphs that are compiled, run and disposed of", async () => {
    const graph = block();
    const weights = new Map([["w", tensor([16, 16, 3, 3])]]);
    const x = new Map([["x", tensor([1, 16, 9, 9])]]);
    const executor = await createExecutor("onednn", { threads: 2 });
    await staysFlat(1000, async () => {
      const program = await executor.compile(graph, weights);
      await program.run(x);
      await program.dispose();
    });
    await executor.dispose();
  });

  it("is flat over 10,000 forward passes of a small network", async () => {
    const executor = await createExecutor("onednn", { threads: 2 });
    const program = await executor.compile(network, parameters);
    await staysFlat(10_000, async () => {
      await program.run(inputs);
    });
    await executor.dispose();
  });

  it("is flat over 40 trainings that are compiled, stepped and released", async () => {
    const executor = await createExecutor("onednn", { threads: 2 });
    const graph = lower(configureNetwork({ width: 0.1, inputSize: 75, classes: 10, dropout: 0 }), {
      batch: 2,
    });
    const graphs = buildStepGraphs(graph, { optimizer: paperRmsProp });
    const variables = new Map(parameters);
    for (const { name, shape } of graphs.state) variables.set(name, tensor(shape));
    const batch = new Map([
      ["image", tensor([2, 3, 75, 75])],
      ["targets", tensor([2, 10])],
    ]);
    await staysFlat(40, async () => {
      const training = await executor.compileTraining([graphs.gradients], variables);
      await training.run(0, batch);
      await training.dispose();
    });
    await executor.dispose();
  });
});
