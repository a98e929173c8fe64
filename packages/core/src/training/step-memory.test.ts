import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashImages, hashWeights } from "@inception-resnet-v2/test/helpers/hash-weights.js";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import { memory as onednn } from "inception-resnet-v2/internal/executors/onednn/memory/model.js";
import { memory as ort } from "inception-resnet-v2/internal/executors/onnxruntime/memory.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { verifyGraph } from "../graph/verify.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { paperRmsProp } from "./optimizer.js";
import { buildStepGraphs, type StepGraphs } from "./step-graphs.js";
import { predictStepMemory } from "./step-memory.js";

const batch = 2;
const classes = 3;
const size = 107;
const auxiliary = true;
const settings = { width: 0.1, inputSize: size, classes, dropout: 0.2, auxiliary };
const network = lower(configureNetwork(settings), { batch });
const build = (memoryBudget?: number) =>
  buildStepGraphs(network, {
    optimizer: paperRmsProp,
    ...(memoryBudget !== undefined && { memoryBudget: { bytes: memoryBudget, model: ort } }),
  });

const predict = (graphs: StepGraphs) => predictStepMemory(graphs, ort);

/** Two steps: the losses of both, and everything that the second leaves in the variables. */
async function train(graphs: StepGraphs) {
  const variables = new Map<string, Tensor>(hashWeights(network));
  for (const { name, shape, start } of graphs.state) {
    const value = tensor(shape);
    value.data.fill(Number(start));
    variables.set(name, value);
  }
  const targets = tensor([batch, classes]);
  for (let row = 0; row < batch; row++) targets.data[row * classes + row] = 1;
  const masks = graphs.masks.map(({ name, shape }) => {
    const mask = tensor(shape);
    mask.data.forEach((_, at) => {
      mask.data[at] = at % 5 === 0 ? 0 : 1.25;
    });
    return [name, mask] as const;
  });
  const inputs = new Map([
    ["image", hashImages(batch, size, size)],
    ["targets", targets],
    ...masks,
  ]);
  const scalars = new Map(
    ["rate", "clip"].map((name) => [name, tensor([], Float32Array.of(0.5))] as const),
  );
  const executor = await createExecutor("onnxruntime", { threads: 2 });
  try {
    const steps = [graphs.gradients, graphs.update];
    const names = [...variables.keys()];
    const program = await executor.compileTraining(steps, variables);
    const losses = [];
    for (let step = 0; step < 2; step++) {
      losses.push((await program.run(0, inputs)).get("loss"));
      await program.run(1, scalars);
    }
    return { losses, variables: await program.read(names) };
  } finally {
    await executor.dispose();
  }
}

describe("a memory budget", () => {
  it("changes no bit of what a step does, statistics included", async () => {
    const expected = await train(build());
    const found = await train(build(1));
    assert.deepEqual(found, expected);
  });

  it("computes nothing again where there is room", () => {
    const free = build();
    const roomy = build(1e12);
    assert.equal(roomy.gradients.graph.nodes.length, free.gradients.graph.nodes.length);
  });

  it("computes again no more than it must, in legal graphs", () => {
    const [most, least] = [predict(build()), predict(build(1))];
    assert.ok(least < most, `${least} of ${most} bytes`);
    const budget = (most + least) / 2;
    const graphs = build(budget);
    verifyGraph(graphs.gradients.graph);
    const between = predict(graphs);
    assert.ok(between <= budget && between > least, `${between} of ${budget} bytes`);
  });

  it("counts the memory of the executor that it is for", () => {
    for (const model of [ort, onednn]) {
      const network = lower(configureNetwork(), { batch: 8 });
      const memoryBudget = { bytes: 3 * 2 ** 30, model };
      const graphs = buildStepGraphs(network, { optimizer: paperRmsProp, memoryBudget });
      const share = predictStepMemory(graphs, model) / memoryBudget.bytes;
      assert.ok(share <= 1 && share > 0.85, `${share}`);
    }
  });

  it("leaves room for what frozen parts do not need", () => {
    const all = predict(build());
    const head = buildStepGraphs(network, {
      optimizer: paperRmsProp,
      trains: ({ name }) => /^(aux_)?logits/.test(name),
      frozenNorms: () => true,
      memoryBudget: { bytes: 1, model: ort },
    });
    verifyGraph(head.gradients.graph);
    assert.ok(predict(head) < all);
  });
});
