/**
 * @file Twenty training steps with the paper's RMSProp, each loss against PyTorch's in float64.
 *
 * test/golden/rmsprop-twenty-steps.json has the losses before each step, of a float64 and a float32
 * run; `scripts/python/train_twenty_steps.py` makes it and says why it starts as it does.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { buildStepGraphs } from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { noFastOneDnn, trainingEngines } from "./helpers/engines.js";
import { hashUnit } from "./helpers/hash-weights.js";
import { repositoryFile } from "./helpers/paths.js";
import {
  colorSquares,
  smallTrainingNetwork,
  smoothedTargets,
  startVariables,
} from "./helpers/small-training.js";

const [firstMask, batches] = [9000, 4];

/** One setting of a network, with the losses before each step: of the main and of the auxiliary classifier. */
interface Variant {
  readonly arch: ArchitectureName;
  readonly width: number;
  readonly size: number;
  readonly batch: number;
  readonly offset: number;
  readonly rate: number;
  readonly auxiliary: boolean;
  readonly dropout: number;
  readonly weightDecay: number;
  readonly float64: readonly (readonly number[])[];
  readonly float32: readonly (readonly number[])[];
}

const golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/rmsprop-twenty-steps.json"), "utf8"),
) as { readonly variants: readonly Variant[] };

const mean = ({ data }: Tensor) => data.reduce((a, b) => a + b, 0) / data.length;

/** The losses before each step. */
async function train(engine: EngineName, variant: Variant): Promise<number[][]> {
  const { arch, width, size, batch, offset, rate, auxiliary, dropout, weightDecay } = variant;
  const network = smallTrainingNetwork(batch, { arch, width, inputSize: size, dropout, auxiliary });
  const graphs = buildStepGraphs(network, { optimizer: paperRmsProp, weightDecay });
  const executor = await createExecutor(engine, { threads: 2 });
  try {
    const program = await executor.compileTraining(
      [graphs.gradients, graphs.update],
      startVariables(network, graphs, offset),
    );
    const scalars = new Map([
      ["rate", tensor([], Float32Array.of(rate))],
      ["clip", tensor([], Float32Array.of(1))],
    ]);
    const losses: number[][] = [];
    for (let step = 0; step < variant.float64.length; step++) {
      const inputs = new Map([
        ["image", colorSquares(step % batches, batch, size)],
        ["targets", smoothedTargets(batch)],
      ]);
      for (const { name, shape, rate: dropped } of graphs.masks) {
        const mask = tensor(shape);
        mask.data.forEach((_, at) => {
          mask.data[at] = hashUnit(firstMask + step, at) >= dropped ? 1 / (1 - dropped) : 0;
        });
        inputs.set(name, mask);
      }
      const outputs = await program.run(0, inputs);
      const heads = auxiliary ? ["loss", "aux_loss"] : ["loss"];
      losses.push(heads.map((head) => mean(outputs.get(head) as Tensor)));
      await program.run(1, scalars);
    }
    return losses;
  } finally {
    await executor.dispose();
  }
}

for (const { engine, skip } of trainingEngines) {
  describe(`twenty steps of RMSProp of a small network on ${engine}`, { skip }, () => {
    for (const variant of golden.variants) {
      const { arch, width, auxiliary, dropout, weightDecay, float64, float32 } = variant;
      const what = `${arch}, ${auxiliary ? "an" : "no"} auxiliary classifier, dropout ${dropout}, decay ${weightDecay}`;
      const options = { skip: engine === "onednn" && width > 0.2 && noFastOneDnn };
      it(`have the losses of PyTorch in float64 with ${what}`, options, async () => {
        const losses = await train(engine, variant);
        const failures = float64.flatMap((expected, step) =>
          expected.flatMap((loss, head) => {
            const gap = (run: readonly (readonly number[])[]) =>
              Math.abs((run[step]?.[head] ?? Number.NaN) / loss - 1);
            const limit = Math.max(1e-3, 2 * gap(float32));
            return gap(losses) <= limit ? [] : [`step ${step}: ${gap(losses)} over ${limit}`];
          }),
        );
        assert.deepEqual(failures, []);
      });
    }
  });
}
