import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import {
  configureNetwork,
  type NetworkOptions,
} from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import {
  encodeOnnx,
  type OnnxInitializer,
} from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import { lowerNodes } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { loadWeights } from "../load.js";

const features = 152; // of a network of width 0.1

/** A small network as anyone's ONNX file, and its classifier; weights lie beside where they shall. */
function onnxOf(
  options: NetworkOptions,
  { beside, size = 107 }: { beside?: Map<string, Uint8Array>; size?: number } = {},
): { bytes: Uint8Array; head: Tensors } {
  const plain = lower(configureNetwork({ width: 0.1, inputSize: 107, ...options }));
  const made = {
    graph: plain,
    parameters: initializeParameters(plain, { initializer: "slim", seed: 1 }),
  };
  const { graph, parameters } = forInference(made);
  const { nodes, constants } = lowerNodes(graph);
  const weights = graph.parameters.map(({ name, shape }): OnnxInitializer => {
    const { buffer, byteOffset, byteLength } = parameters.get(name)?.data ?? new Float32Array();
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (!beside) return { name, type: "float32", shape, bytes };
    const location = `${name.replaceAll("/", ".")}.bin`;
    beside.set(location, bytes);
    return { name, type: "float32", shape, bytes: { location, byteLength } };
  });
  const bytes = encodeOnnx({
    name: "small",
    nodes,
    initializers: [...weights, ...constants],
    inputs: [{ name: "image", shape: [1, 3, size, size] }],
    outputs: [{ name: "logits", shape: [1, "classes"] }],
  });
  return { bytes, head: new Map([...made.parameters].filter(([name]) => /^logits/.test(name))) };
}

describe("takeOnnx()", () => {
  it("reads as many classes as features", async () => {
    const { bytes, head } = onnxOf({ classes: features });
    const { graph, parameters } = await loadWeights(bytes);
    assert.deepEqual(graph.outputs.get("logits")?.shape, [1, features]);
    assert.deepEqual(parameters.get("logits/weight"), head.get("logits/weight"));
  });

  it("leaves slim's background out when told to, and asks where nobody says so", async () => {
    const { bytes, head } = onnxOf({ classes: 1001 });
    const { graph, parameters, droppedClasses } = await loadWeights(bytes, {
      dropBackground: true,
    });
    assert.equal(droppedClasses, 1);
    assert.deepEqual(graph.outputs.get("logits")?.shape, [1, 1000]);
    const weight = head.get("logits/weight")?.data.slice(features);
    assert.deepEqual(parameters.get("logits/weight")?.data, weight);
    assert.deepEqual(parameters.get("logits/bias")?.data, head.get("logits/bias")?.data.slice(1));
    const kept = await loadWeights(bytes, { dropBackground: false });
    assert.deepEqual(kept.parameters.get("logits/weight"), head.get("logits/weight"));
    await assert.rejects(loadWeights(bytes), { name: "ModelError", code: "WEIGHTS_BACKGROUND" });
  });

  it("refuses a size that no network of ours has", async () => {
    await assert.rejects(loadWeights(onnxOf({ classes: 5 }, { size: 64 }).bytes), {
      name: "ModelError",
      code: "WEIGHTS_METADATA",
      message:
        'Cannot use weights "bytes": option "inputSize" is out of range: expected whole numbers of pixels from 75, got 64x64',
    });
  });

  it("reads weights beside the file, and names the first that is missing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const files = new Map<string, Uint8Array>();
    const { bytes, head } = onnxOf({ classes: 5 }, { beside: files });
    const path = join(folder, "model.onnx");
    await writeFile(path, bytes);
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const { parameters } = await loadWeights(path);
    assert.deepEqual(parameters.get("logits/weight"), head.get("logits/weight"));
    await rm(join(folder, "logits.bias.bin"));
    await assert.rejects(loadWeights(path), {
      name: "ModelError",
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${path}": expected the file "logits.bias.bin" beside it, got no such file`,
    });
    await rm(folder, { recursive: true });
  });
});
