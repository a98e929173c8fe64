import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { trainingEngines } from "@inception-resnet-v2/test/helpers/engines.js";
import { hashImages, hashWeights } from "@inception-resnet-v2/test/helpers/hash-weights.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import type { TrainingProgram } from "../executors/executor.js";
import { isTrainable } from "../graph/ir.js";
import { verifyGraph } from "../graph/verify.js";
import { relativeL2, type Tensor, type Tensors, tensor } from "../tensor/tensor.js";
import { defaultSgd, paperRmsProp } from "./optimizer.js";
import { buildStepGraphs, gradientName, type StepGraphs, type StepOptions } from "./step-graphs.js";

const batch = 4;
const classes = 5;
const size = 107;

/** The small network of these tests, with hash weights and the state that training adds. */
function prepare(options: StepOptions, auxiliary = false) {
  const network = lower(
    configureNetwork({ width: 0.1, inputSize: size, classes, dropout: 0, auxiliary }),
    { batch },
  );
  const graphs = buildStepGraphs(network, options);
  const variables = new Map<string, Tensor>(hashWeights(network));
  for (const { name, shape, start } of graphs.state) {
    const value = tensor(shape);
    if (typeof start === "number") value.data.fill(start);
    else value.data.set(variables.get(start.copyOf)?.data ?? []);
    variables.set(name, value);
  }
  return { network, graphs, variables };
}

const inputs: Tensors = new Map([
  ["image", hashImages(batch, size, size)],
  [
    "targets",
    tensor(
      [batch, classes],
      Float32Array.from({ length: batch * classes }, (_, at) =>
        at % classes === Math.floor(at / classes) % classes ? 1 : 0,
      ),
    ),
  ],
]);

const scalars = (rate: number): Tensors =>
  new Map([
    ["rate", tensor([], Float32Array.of(rate))],
    ["clip", tensor([], Float32Array.of(1))],
  ]);

const mean = (loss: Tensor | undefined) =>
  (loss?.data.reduce((a, b) => a + b, 0) ?? Number.NaN) / batch;

/** Compiles the steps, gives them to `use`, and frees everything. */
async function withProgram<T>(
  engine: EngineName,
  { graphs, variables }: { graphs: StepGraphs; variables: Tensors },
  use: (program: TrainingProgram) => Promise<T>,
): Promise<T> {
  const executor = await createExecutor(engine, { threads: 2 });
  try {
    const steps = [graphs.gradients, graphs.update];
    return await use(await executor.compileTraining(steps, variables));
  } finally {
    await executor.dispose();
  }
}

for (const { engine, skip } of trainingEngines) {
  describe(`the steps of buildStepGraphs() on ${engine}`, { skip }, () => {
    it("gives the same loss and nearly the same gradients on both executors", async () => {
      const made = prepare({ optimizer: paperRmsProp }, true);
      const names = made.graphs.trained.map(({ name }) => gradientName(name));
      const [reference, native] = await Promise.all(
        (["reference", engine] as const).map((one) =>
          withProgram(one, made, async (program) => {
            const outputs = await program.run(0, inputs);
            return { loss: mean(outputs.get("loss")), gradients: await program.read(names) };
          }),
        ),
      );
      assert.ok(reference && native);
      assert.ok(Math.abs(native.loss / reference.loss - 1) < 1e-3);
      const last = gradientName("logits/weight");
      const expected = reference.gradients.get(last)?.data ?? [];
      assert.ok(relativeL2(native.gradients.get(last)?.data ?? [], expected) < 1e-2);
    });

    it("memorises a batch, the same to the bit each time", async () => {
      const made = prepare({ optimizer: defaultSgd, clipNorm: 1 });
      const train = () =>
        withProgram(engine, made, async (program) => {
          const losses: number[] = [];
          for (let step = 0; step < 12; step++) {
            losses.push(mean((await program.run(0, inputs)).get("loss")));
            await program.run(1, new Map([["rate", tensor([], Float32Array.of(0.05))]]));
          }
          return { losses, weights: await program.read(["logits/weight", "conv2d_1a/weight"]) };
        });
      const [first, second] = [await train(), await train()];
      const [start = 0, end = 1] = [first.losses[0], first.losses.at(-1)];
      assert.ok(end < start / 3, `loss from ${start} to ${end}`);
      assert.deepEqual(second, first);
    });

    it("never changes what is frozen", async () => {
      const made = prepare({
        optimizer: paperRmsProp,
        trains: ({ name }) => name.startsWith("logits/"),
        frozenNorms: () => true,
        weightDecay: 4e-5,
      });
      const names = made.network.parameters.map(({ name }) => name);
      await withProgram(engine, made, async (program) => {
        await program.run(0, inputs);
        await program.run(1, scalars(0.1));
        for (const [name, { data }] of await program.read(names)) {
          const before = made.variables.get(name)?.data;
          if (name.startsWith("logits/")) assert.notDeepEqual(data, before, name);
          else assert.deepEqual(data, before, name);
        }
      });
    });

    it("moves the running statistics of norms that are not frozen", async () => {
      const made = prepare({ optimizer: paperRmsProp, statisticsDecay: 0.9 });
      await withProgram(engine, made, async (program) => {
        await program.run(0, inputs);
        const [moved] = (await program.read(["conv2d_1a/moving_mean"])).values();
        assert.notDeepEqual(moved?.data, made.variables.get("conv2d_1a/moving_mean")?.data);
      });
    });
  });
}

describe("buildStepGraphs()", () => {
  it("builds legal graphs with a gradient for each trainable parameter", () => {
    const { network, graphs } = prepare({ optimizer: paperRmsProp, averages: true }, true);
    verifyGraph(graphs.gradients.graph);
    verifyGraph(graphs.update.graph);
    assert.equal(graphs.trained.length, network.parameters.filter(isTrainable).length);
  });

  it("refuses a network without classifier", () => {
    const network = lower(configureNetwork({ width: 0.1, top: false, inputSize: 75 }));
    assert.throws(() => buildStepGraphs(network, { optimizer: paperRmsProp }), {
      code: "CLASSIFIER_MISSING",
      message: 'Cannot train "inception_resnet_v2": it has no classifier',
    });
  });
});
