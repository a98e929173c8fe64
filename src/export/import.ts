/**
 * @file A weight file of any program as one of ours, with a report on what became of each tensor.
 */
import { createExecutor } from "../executors/index.js";
import { runOnnxFile } from "../executors/onnxruntime/run-file.js";
import { softmax } from "../predictions/predictions.js";
import { createRandom } from "../tensor/random.js";
import { relativeL2, tensor } from "../tensor/tensor.js";
import type { FloatType } from "../weights/formats/floats.js";
import { type LoadedWeights, type LoadWeightsOptions, loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";

/** What to read, and where to write it. */
export interface ImportOptions extends LoadWeightsOptions {
  /** A file, a folder, a checkpoint's prefix, or a name that `pull` knows. */
  readonly weights: string;
  /** Safetensors file to write; none where nothing is said. */
  readonly out?: string | undefined;
  /** Type of the numbers written; `F32`. */
  readonly dtype?: FloatType | undefined;
}

/** What was found. */
export interface ImportReport
  extends Pick<
    LoadedWeights,
    "format" | "naming" | "network" | "ignored" | "absent" | "droppedClasses"
  > {
  /** Tensors that became parameters: all that the network has. */
  readonly mapped: number;
  readonly parameters: number;
  /** Number of classes; null without top. */
  readonly classes: number | null;
  readonly hasAuxiliary: boolean;
  /** For ONNX: how far the outputs of the file are from those of the import, on one random image. */
  readonly parity: readonly { readonly output: string; readonly difference: number }[];
}

/**
 * Reads weights, compares with the file's own outputs where it can be run here (ONNX), and writes
 * them. Throws as `loadWeights` and `saveWeights` do.
 */
export async function importWeights(options: ImportOptions): Promise<ImportReport> {
  const { weights, out, dtype = "F32", ...loading } = options;
  const loaded = await loadWeights(weights, { ...loading, dropBackground: true });
  const { graph, parameters, format, naming, network, ignored, droppedClasses } = loaded;
  const parity = format === "onnx" ? await compare(weights, loaded) : [];
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
  return {
    format,
    naming,
    network,
    ignored,
    droppedClasses,
    mapped: parameters.size,
    parameters: [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
    absent: loaded.absent,
    classes: graph.outputs.get("logits")?.shape[1] ?? null,
    hasAuxiliary: graph.outputs.has("aux_logits"),
    parity,
  };
}

/** The outputs of an ONNX file and of what was read from it, on one image of random numbers. */
async function compare(
  path: string,
  { graph, parameters, temperature = 1 }: LoadedWeights,
): Promise<ImportReport["parity"]> {
  const [input] = graph.inputs;
  const image = tensor(input?.shape ?? []);
  const random = createRandom(0, "parity");
  for (let at = 0; at < image.data.length; at++) image.data[at] = 2 * random.uniform() - 1;
  const theirs = await runOnnxFile(path, image);
  if (!theirs) return [];
  const executor = await createExecutor();
  try {
    const program = await executor.compile(graph, parameters);
    const results = await program.run(new Map([["image", image]]));
    const logits = results.get("logits")?.data ?? [];
    const features = results.get("features")?.data ?? [];
    return [...theirs.values()].flatMap(({ data }) => {
      const isShares = data.length === logits.length && data.every((one) => one >= 0);
      const known = [
        { output: "logits", data: isShares ? [] : logits },
        {
          output: "probabilities",
          data: isShares ? softmax(Array.from(logits, (logit) => logit / temperature)) : [],
        },
        { output: "features", data: features },
      ].find((one) => one.data.length === data.length);
      return known ? [{ output: known.output, difference: relativeL2(data, [...known.data]) }] : [];
    });
  } finally {
    await executor.dispose();
  }
}
