/**
 * @file Converts an open weight file to one of ours and reports how each tensor was mapped; runs in the
 * calling thread for seconds.
 */
import { weightParts } from "@inception-resnet-v2/core/internal/weights/encode.js";
import type { OpenedWeights } from "@inception-resnet-v2/core/internal/weights/opened.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { writeWeights } from "../weights/write-weights.js";
import type { ImportReport } from "./import.js";
import { compareWithOnnx, type Parity } from "./parity.js";
import type { ImportRequest } from "./requests.js";
import { listTensors } from "./tensor-list.js";
import type { Stopping } from "./write-export.js";

/**
 * Writes weights as ours, and compares. Until all is done, the path leads to what was there before; that
 * stays when the signal comes, whose reason is thrown.
 */
export async function readImport(
  opened: OpenedWeights,
  loaded: LoadedWeights,
  { out, dtype, parity }: ImportRequest,
  { signal, settle }: Stopping,
): Promise<ImportReport> {
  const { graph, parameters, format, naming, network, ignored, droppedClasses } = loaded;
  const tensors = listTensors(opened, loaded);
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  let compared: Parity | undefined;
  const look = async () => {
    if (parity && opened.format === "onnx")
      compared = await compareWithOnnx(opened, loaded, signal);
    settle();
  };
  if (out === undefined) await look();
  else {
    const { labels, preprocessing, temperature, activation, provenance } = loaded;
    const metadata = {
      network,
      ...(labels && { labels }),
      ...(preprocessing && { preprocessing }),
      ...(temperature !== undefined && { temperature }),
      ...(activation && { activation }),
      provenance: provenance ?? { importedFrom: format, naming },
    };
    await writeWeights(out, weightParts(parameters, { dtype, metadata }), { signal, look });
  }
  return {
    format,
    naming,
    network,
    ignored,
    notes: loaded.notes,
    droppedClasses,
    tensors,
    parameters: numbers,
    absent: loaded.absent,
    classes: graph.outputs.get("logits")?.shape[1] ?? null,
    hasAuxiliary: graph.outputs.has("aux_logits"),
    ...(compared && { parity: compared }),
  };
}
