/**
 * @file Files of other exporters' manners, written by test/helpers/foreign-onnx.ts: ONNX Runtime
 * computes the network from each, and so do we from what is read of it.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Manner, writeForeignOnnx } from "@inception-resnet-v2/test/helpers/foreign-onnx.js";
import {
  hashImages,
  hashUnit,
  hashWeights,
} from "@inception-resnet-v2/test/helpers/hash-weights.js";
import { importWeights } from "inception-resnet-v2/internal/export/import.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { createReferenceExecutor } from "../../executors/reference/executor.js";
import type { Graph } from "../../graph/ir.js";
import { relativeL2, type Tensors } from "../../tensor/tensor.js";

const runtime = await import("onnxruntime-node").catch(() => undefined);
const skip = !runtime && "onnxruntime-node is not here";

/** Two sides that differ, so that none is taken for the other. */
const inputSize = [75, 107] as const;

const tf2onnx = { first: "all", softmax: true } as const;
const kerasOnTorch = { norm: "arithmetic", first: "windows", padding: "pads" } as const;
const [folded, node] = ["folded", "node"] as const;
const [ReduceMean, GlobalAveragePool] = ["ReduceMean", "GlobalAveragePool"] as const;
const cases: Record<string, Manner & { top?: false; batchNormScale?: true }> = {
  "tf2onnx, norms folded": { ...tf2onnx, norm: folded, padding: "auto_pad", mean: ReduceMean },
  "tf2onnx, norms kept": { ...tf2onnx, norm: node, padding: "pads", mean: GlobalAveragePool },
  "tf2onnx, norms that scale": {
    ...{ ...tf2onnx, norm: node, padding: "auto_pad", mean: ReduceMean },
    batchNormScale: true,
  },
  "tf2onnx, no top": {
    ...{ ...tf2onnx, norm: folded, padding: "pads", mean: GlobalAveragePool },
    ...{ softmax: false, top: false },
  },
  "Keras on PyTorch": { ...kerasOnTorch, mean: ReduceMean, softmax: false },
  "Keras on PyTorch, no top": { ...kerasOnTorch, mean: ReduceMean, softmax: false, top: false },
};

for (const [what, { top = true, batchNormScale = false, ...manner }] of Object.entries(cases)) {
  describe(`an ONNX file in the manner of ${what}`, () => {
    const graph = lower(configureNetwork({ width: 0.25, inputSize, classes: 7, top }), {
      batchNormScale,
    });
    const parameters = hashWeights(graph);
    const output = top ? "logits" : "features";
    let folder: string;
    let path: string;

    before(async () => {
      for (const { name, role } of graph.parameters) {
        const data = parameters.get(name)?.data ?? [];
        if (role !== "gamma") continue;
        for (let j = 0; j < data.length; j++) data[j] = 0.8 + 0.4 * hashUnit(1, j);
      }
      folder = await mkdtemp(join(tmpdir(), "irv2-onnx-"));
      path = join(folder, "model.onnx");
      await writeFile(path, writeForeignOnnx({ graph, parameters }, manner));
    });
    after(() => rm(folder, { recursive: true }));

    it("is read as the same network", async () => {
      const loaded = await loadWeights(path);
      assert.deepEqual(loaded.network.inputSize, inputSize);
      assert.equal(loaded.network.width, 0.25);
      const theirs = await run(loaded.graph, loaded.parameters, output);
      const difference = relativeL2(theirs, await run(graph, parameters, output));
      assert.ok(difference < 1e-5, `${difference}`);
      if (manner.norm === "node") assert.deepEqual(loaded.parameters, parameters);
    });

    it("gives the same in ONNX Runtime", { skip }, async () => {
      const { parity = [] } = await importWeights({ weights: path });
      assert.ok(!("reason" in parity), JSON.stringify(parity));
      assert.equal(parity.at(-1)?.at, manner.softmax ? "probabilities" : output);
      for (const { at, difference } of parity) assert.ok(difference < 1e-5, `${at} ${difference}`);
    });
  });
}

async function run(graph: Graph, parameters: Tensors, output: string): Promise<Float32Array> {
  const program = await createReferenceExecutor().compile(graph, parameters);
  const image = hashImages(1, ...inputSize);
  const outputs = await program.run(new Map([["image", image]]), { outputs: [output] });
  return outputs.get(output)?.data ?? new Float32Array();
}
