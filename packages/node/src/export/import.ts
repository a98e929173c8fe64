/**
 * @file A weight file of any program as one of ours, with a report on what became of each tensor.
 */
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import {
  type LoadedWeights,
  type LoadWeightsOptions,
  takeWeights,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { openWeights } from "../weights/open.js";
import { saveWeights } from "../weights/save.js";
import { compareWithOnnx, type Parity } from "./parity.js";
import { listTensors, type TakenTensor } from "./tensor-list.js";

/** What to read, and where to write it. */
export interface ImportOptions extends LoadWeightsOptions {
  /** A file, a folder, a checkpoint's prefix, or a name that `pull` knows. */
  readonly weights: string;
  /** Safetensors file to write; none where nothing is said. */
  readonly out?: string | undefined;
  /** Type of the numbers written; `F32`. */
  readonly dtype?: FloatType | undefined;
  /** Whether an ONNX file is run beside the import, which takes some 700 MB more; true. */
  readonly parity?: boolean | undefined;
}

/** What was found. */
export interface ImportReport
  extends Pick<
    LoadedWeights,
    "format" | "naming" | "network" | "ignored" | "absent" | "droppedClasses"
  > {
  /** What became parameters: all that the network has. */
  readonly tensors: readonly TakenTensor[];
  readonly parameters: number;
  /** Number of classes; null without top. */
  readonly classes: number | null;
  readonly hasAuxiliary: boolean;
  /** For ONNX: how far the file's own results are from those of the import. */
  readonly parity?: Parity;
}

/**
 * Reads weights, writes them, and compares with the file's own results where it can be run here (ONNX).
 * Throws as `loadWeights` and `saveWeights` do.
 */
export async function importWeights(options: ImportOptions): Promise<ImportReport> {
  const { weights, out, dtype = "F32", parity = true, ...loading } = options;
  const opened = await openWeights(weights, loading.format);
  const loaded = takeWeights(opened, weights, { ...loading, dropBackground: "unnamed" });
  const { graph, parameters, format, naming, network, ignored, droppedClasses } = loaded;
  if (out !== undefined) {
    const { labels, preprocessing, temperature, provenance } = loaded;
    await saveWeights(out, parameters, {
      dtype,
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
  const compared = parity && opened.format === "onnx" && (await compareWithOnnx(opened, loaded));
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
