/**
 * @file Twenty training steps with the paper's RMSProp, each loss against PyTorch's in float64.
 *
 * test/golden/rmsprop-twenty-steps.json has the losses before each step, of a float64 and a float32
 * run; `scripts/python/train_twenty_steps.py` makes it and says why it starts as it does.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import {
  buildStepGraphs,
  type StepGraphs,
} from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { noFastOneDnn, trainingEngines } from "./helpers/engines.js";
import { hashUnit, hashWeights } from "./helpers/hash-weights.js";
import { repositoryFile } from "./helpers/paths.js";

const [width, size, batch, batches, classes] = [0.25, 139, 8, 4, 10];
const [rate, smoothing, square, firstMask] = [0.003, 0.1, 16, 9000];

/** One setting, with the losses before each step: of the main and of the auxiliary classifier. */
interface Variant {
  readonly auxiliary: boolean;
  readonly dropout: number;
  readonly weightDecay: number;
  readonly float64: readonly (readonly number[])[];
  readonly float32: readonly (readonly number[])[];
}

const golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/rmsprop-twenty-steps.json"), "utf8"),
) as { readonly variants: readonly Variant[] };

/** Hash weights, but offsets of batch norm near 1 and a tenth of the classifiers' weights. */
function startVariables(network: Graph, graphs: StepGraphs): Tensors {
  const variables = new Map<string, Tensor>(hashWeights(network));
  for (const { name, role } of network.parameters) {
    const { data } = variables.get(name) as Tensor;
    const change = (to: (value: number) => number) =>
      data.forEach((value, at) => {
        data[at] = to(value);
      });
    if (role === "beta") change((value) => value + 1);
    if (/^(aux_)?logits\/weight$/.test(name)) change((value) => value * 0.1);
  }
  for (const { name, shape, start } of graphs.state) {
    const value = tensor(shape);
    if (typeof start === "number") value.data.fill(start);
    variables.set(name, value);
  }
  return variables;
}

/** Squares of any color; the hash counts images, rows, columns, then channels. */
function images(index: number): Tensor {
  const squares = Math.ceil(size / square);
  const batchOf = tensor([batch, 3, size, size]);
  let at = 0;
  for (let n = index * batch; n < (index + 1) * batch; n++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const [row, column] = [Math.floor(y / square), Math.floor(x / square)];
          const j = ((n * squares + row) * squares + column) * 3 + c;
          batchOf.data[at++] = 2 * hashUnit(0, j) - 1;
        }
      }
    }
  }
  return batchOf;
}

function targets(): Tensor {
  const labels = tensor([batch, classes]);
  labels.data.fill(smoothing / classes);
  for (let row = 0; row < batch; row++) {
    labels.data[row * classes + (row % classes)] = 1 - smoothing + smoothing / classes;
  }
  return labels;
}

const mean = ({ data }: Tensor) => data.reduce((a, b) => a + b, 0) / data.length;

/** The losses before each step. */
async function train(
  engine: EngineName,
  { auxiliary, dropout, weightDecay, float64 }: Variant,
): Promise<number[][]> {
  const network = lower(configureNetwork({ width, inputSize: size, classes, dropout, auxiliary }), {
    batch,
  });
  const graphs = buildStepGraphs(network, { optimizer: paperRmsProp, weightDecay });
  const executor = await createExecutor(engine, { threads: 2 });
  try {
    const program = await executor.compileTraining(
      [graphs.gradients, graphs.update],
      startVariables(network, graphs),
    );
    const scalars = new Map([
      ["rate", tensor([], Float32Array.of(rate))],
      ["clip", tensor([], Float32Array.of(1))],
    ]);
    const losses: number[][] = [];
    for (let step = 0; step < float64.length; step++) {
      const inputs = new Map([
        ["image", images(step % batches)],
        ["targets", targets()],
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
  const reason = engine === "onednn" ? noFastOneDnn : skip;
  describe(`twenty steps of RMSProp at width 0.25 on ${engine}`, { skip: reason }, () => {
    for (const variant of golden.variants) {
      const { auxiliary, dropout, weightDecay, float64, float32 } = variant;
      const what = `${auxiliary ? "an" : "no"} auxiliary classifier, dropout ${dropout}, decay ${weightDecay}`;
      it(`have the losses of PyTorch in float64 with ${what}`, async () => {
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
