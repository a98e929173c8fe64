import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { architectureNames } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { relativeL2 } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { noOneDnn } from "./helpers/engines.js";
import { hashImages, hashWeights } from "./helpers/hash-weights.js";

for (const arch of architectureNames) {
  describe(`${arch} at width 0.1`, () => {
    const network = lower(configureNetwork({ arch, width: 0.1, inputSize: 107, classes: 9 }));
    const run = async (engine: EngineName) => {
      const executor = await createExecutor(engine, { threads: 2 });
      try {
        const program = await executor.compile(network, hashWeights(network));
        const outputs = await program.run(new Map([["image", hashImages(2, 107, 107)]]));
        return outputs.get("logits")?.data ?? new Float32Array();
      } finally {
        await executor.dispose();
      }
    };
    let expected: Float32Array;
    before(async () => {
      expected = await run("reference");
    });

    for (const [engine, skip] of [
      ["onnxruntime", false],
      ["wasm", false],
      ["onednn", noOneDnn],
    ] as const) {
      it(`has the logits of plain loops on ${engine}`, { skip }, async () => {
        const found = await run(engine);
        assert.equal(found.length, 18);
        const distance = relativeL2(found, expected);
        assert.ok(distance < 1e-5, `relative L2 distance ${distance}`);
      });
    }
  });
}
