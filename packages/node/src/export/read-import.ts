/**
 * @file An open weight file as one of ours, and what became of each tensor: in the calling thread, which
 * takes seconds.
 */
import type { OpenedWeights } from "@inception-resnet-v2/core/internal/weights/opened.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { saveWeights } from "../weights/save.js";
import type { ImportReport } from "./import.js";
import { compareWithOnnx } from "./parity.js";
import type { ImportRequest } from "./requests.js";
import { listTensors } from "./tensor-list.js";
import { orRemove } from "./write-export.js";

/** Writes weights as ours, and compares. Leaves no file when the signal comes, and throws its reason. */
export async function readImport(
  opened: OpenedWeights,
  loaded: LoadedWeights,
  { out, dtype, parity }: ImportRequest,
  signal: AbortSignal,
): Promise<ImportReport> {
  const { graph, parameters, format, naming, network, ignored, droppedClasses } = loaded;
  if (out !== undefined) {
    const { labels, preprocessing, temperature, provenance } = loaded;
    await saveWeights(out, parameters, {
      dtype,
      signal,
      metadata: {
        network,
        ...(labels && { labels }),
        ...(preprocessing && { preprocessing }),
        ...(temperature !== undefined && { temperature }),
        provenance: provenance ?? { importedFrom: format, naming },
      },
    });
  }
  const tensors = listTensors(opened, loaded);
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const compared =
    parity &&
    opened.format === "onnx" &&
    (await orRemove(out, signal, () => compareWithOnnx(opened, loaded, signal)));
  return {
    format,
    naming,
    network,
    ignored,
    droppedClasses,
    tensors,
    parameters: numbers,
    absent: loaded.absent,
    classes: graph.outputs.get("logits")?.shape[1] ?? null,
    hasAuxiliary: graph.outputs.has("aux_logits"),
    ...(compared && { parity: compared }),
  };
}
