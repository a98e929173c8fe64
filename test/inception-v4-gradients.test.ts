/**
 * @file The gradients of a small Inception-v4, with its concatenations inside concatenations, against
 * PyTorch's in float64.
 *
 * test/golden/inception-v4-gradients.json has, for each trained tensor, norm, projections and the distance
 * of PyTorch's own float32 run; `scripts/python/make-inception-v4-gradient-goldens.py` makes it and says
 * why this case.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import {
  buildStepGraphs,
  gradientName,
} from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import { type Digest, distanceToDigest } from "./helpers/digest.js";
import { trainingEngines } from "./helpers/engines.js";
import { repositoryFile } from "./helpers/paths.js";
import {
  colorSquares,
  smallTrainingNetwork,
  smoothedTargets,
  startVariables,
} from "./helpers/small-training.js";

const { arch, width, size, batch, offset, gradients } = JSON.parse(
  readFileSync(repositoryFile("test/golden/inception-v4-gradients.json"), "utf8"),
) as {
  readonly arch: ArchitectureName;
  readonly width: number;
  readonly size: number;
  readonly batch: number;
  readonly offset: number;
  readonly gradients: readonly Digest[];
};

for (const { engine, skip } of trainingEngines) {
  it(`a small Inception-v4 has PyTorch's gradients on ${engine}`, { skip }, async () => {
    const network = smallTrainingNetwork(batch, { arch, width, inputSize: size, dropout: 0 });
    const graphs = buildStepGraphs(network, { optimizer: paperRmsProp });
    const executor = await createExecutor(engine, { threads: 2 });
    try {
      const start = startVariables(network, graphs, offset);
      const program = await executor.compileTraining([graphs.gradients], start);
      const inputs = new Map([
        ["image", colorSquares(0, batch, size)],
        ["targets", smoothedTargets(batch)],
      ]);
      await program.run(0, inputs);
      const found = await program.read(graphs.trained.map(({ name }) => gradientName(name)));
      assert.equal(graphs.trained.length, 300);
      const failures = graphs.trained.flatMap(({ name, shape }, index) => {
        const digest = gradients[index] as Digest;
        assert.deepEqual([...shape], digest.shape, name);
        const gap = distanceToDigest(found.get(gradientName(name)) as Tensor, digest, index);
        const limit = Math.max(1e-3, 2 * digest.float32Distance);
        return gap <= limit ? [] : [`${name}: ${gap} over ${limit}`];
      });
      assert.deepEqual(failures, []);
    } finally {
      await executor.dispose();
    }
  });
}
