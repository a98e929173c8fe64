/**
 * @file What a page does with the core: weights in memory become an ONNX model that its engine runs,
 * and the engine's logits become named classes. `bundle.test.ts` bundles this file.
 */
import {
  forInference,
  type OnnxBundle,
  readSafetensors,
  takeWeights,
  toOnnx,
} from "@inception-resnet-v2/core";

export { topK } from "@inception-resnet-v2/core";

/** The ONNX model in the bytes of a safetensors file, and the names of its classes. */
export function openModel(bytes: Uint8Array): OnnxBundle & { readonly labels: readonly string[] } {
  const name = "model.safetensors";
  const file = readSafetensors(bytes, name);
  const loaded = takeWeights({ format: "safetensors", file }, name);
  const { graph, parameters } = forInference(loaded, { inPlace: true });
  return { ...toOnnx(graph, parameters), labels: loaded.labels ?? [] };
}
