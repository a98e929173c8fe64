/**
 * @file The whole network at its real size, against float64 runs of the networks it was ported from.
 *
 * test/golden/forward-hash-weights.json holds the logits, the auxiliary logits and the statistics of
 * every stage for hash weights, from timm in float64 (Keras gives the same), and the aux head by
 * TF-Slim's definition.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import type { ExecutorOptions } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  item,
  relativeL2,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { hashImages, hashWeights } from "../helpers/hash-weights.js";
import { repositoryFile } from "../helpers/paths.js";

interface StageStatistics {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
}

const golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/forward-hash-weights.json"), "utf8"),
) as {
  readonly logits: { first8: number[]; last4: number[]; sum: number; l2: number; argmax: number };
  readonly aux_logits: { first8: number[]; sum: number; l2: number; argmax: number };
  readonly stages: Readonly<Record<string, StageStatistics>>;
};

/** timm's names of the stages that repeat blocks, by the block that ends them here. */
const ends: Readonly<Record<string, string>> = {
  repeat: "block35_10",
  repeat_1: "block17_20",
  repeat_2: "block8_9",
  block8: "block8_10",
  global_pool: "avg_pool",
};

/**
 * Runs the suite on an engine, with the relative L2 distance that is allowed: the golden's photo, alone
 * or as the first of several.
 */
export function goldenContract(
  engine: EngineName,
  tolerance: number,
  { precision = "fp32", photos = 1 }: ExecutorOptions & { readonly photos?: number } = {},
): void {
  describe(`the network with hash weights on ${engine} in ${precision}, ${photos} at a time`, () => {
    let outputs: Tensors;
    const graph = lower(configureNetwork({ auxiliary: true }), { batch: photos });
    const stageBlock = (name: string): Value | undefined => graph.blocks.get(ends[name] ?? name);
    const stages = Object.entries(golden.stages).filter(([name]) => stageBlock(name) !== undefined);
    const firstOf = (name: string) => item(outputs.get(name) as Tensor, 0);

    before(async () => {
      const watched = stages.map(([name]) => [name, stageBlock(name) as Value] as const);
      const executor = await createExecutor(engine, { threads: 2, precision });
      const all = { ...graph, outputs: new Map([...graph.outputs, ...watched]) };
      const program = await executor.compile(all, hashWeights(graph), { consume: true });
      outputs = await program.run(new Map([["image", hashImages(photos, 299, 299)]]));
      await executor.dispose();
    });

    it("gives the logits of the float64 run", () => {
      const { data } = firstOf("logits");
      const { first8, last4, sum, l2, argmax } = golden.logits;
      assert.ok(
        relativeL2([...data.slice(0, 8), ...data.slice(-4)], [...first8, ...last4]) <= tolerance,
      );
      assert.ok(Math.abs(Math.hypot(...data) / l2 - 1) <= tolerance);
      assert.ok(
        Math.abs(data.reduce((a, b) => a + b, 0) - sum) <= tolerance * l2 * Math.sqrt(1000),
      );
      assert.equal(data.indexOf(Math.max(...data)), argmax);
    });

    it("gives the auxiliary logits of the float64 run", () => {
      const { data } = firstOf("aux_logits");
      const { first8, l2, argmax } = golden.aux_logits;
      assert.ok(relativeL2(data.slice(0, 8), first8) <= tolerance);
      assert.ok(Math.abs(Math.hypot(...data) / l2 - 1) <= tolerance);
      assert.equal(data.indexOf(Math.max(...data)), argmax);
    });

    for (const [name, expected] of stages) {
      it(`has the mean and deviation of the float64 run at ${name}`, () => {
        const { shape, data } = firstOf(name);
        assert.deepEqual([shape[1] ?? 1, shape[2] ?? 1, shape[0]], padded(expected.shape));
        const mean = data.reduce((a, b) => a + b, 0) / data.length;
        const square = data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length;
        assert.ok(Math.abs(mean / expected.mean - 1) <= tolerance, `mean ${mean}`);
        assert.ok(
          Math.abs(Math.sqrt(square) / expected.std - 1) <= tolerance,
          `deviation ${square}`,
        );
      });
    }
  });
}

function padded(shape: readonly number[]): readonly number[] {
  return shape.length === 1 ? [1, 1, ...shape] : shape;
}
