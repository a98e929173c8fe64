/**
 * @file Weights to the file of another program: which formats there are, and one call for all.
 */
import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { ResourceError, UsageError } from "../errors.js";
import { presets } from "../image/presets.js";
import { imagenetLabels } from "../predictions/imagenet-1k.js";
import type { FloatType } from "../weights/formats/floats.js";
import { type LoadWeightsOptions, loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";
import { exportOnnx } from "./onnx.js";

/** What weights can be written as, with what each is for. */
export const exportFormats = {
  onnx: "any runtime of ONNX; batch norm folded",
  safetensors: "this project: class names and preprocessing inside",
  timm: "timm and PyTorch: safetensors with timm's names",
} as const;

/** Name of such a format. */
export type ExportFormat = keyof typeof exportFormats;

/** What to write. */
export interface ExportOptions extends LoadWeightsOptions {
  /** Weight file, or a name such as `everyday`. */
  readonly weights: string;
  /** The file to write; one that is there is replaced. */
  readonly out: string;
  /** By default what the name of the file ends in says. */
  readonly format?: ExportFormat | undefined;
  /** Type of the numbers; `F32`. */
  readonly dtype?: FloatType | undefined;
  /** ONNX: images go in as bytes, uint8 [n,height,width,3]; false. */
  readonly preprocessing?: boolean | undefined;
  /** ONNX: images a run; any number where nothing is said. */
  readonly batch?: number | undefined;
}

/** What was written. */
export interface ExportResult {
  readonly format: ExportFormat;
  readonly tensors: number;
  readonly parameters: number;
}

/**
 * Reads weights and writes them in another format, beside and then renamed. Throws `UsageError` for
 * a format that cannot be told or hold what is asked, `ModelError` for weights that cannot be used or
 * do not fit in float16, and `ResourceError` where the file cannot be written.
 */
export async function exportWeights(options: ExportOptions): Promise<ExportResult> {
  const { weights, out, dtype, preprocessing, batch, ...loading } = options;
  const format = options.format ?? formatOf(out);
  const loaded = await loadWeights(weights, loading);
  const { graph, parameters, network, temperature, provenance } = loaded;
  const classes = graph.outputs.get("logits")?.shape[1];
  const labels = loaded.labels ?? (classes === imagenetLabels.length ? imagenetLabels : []);
  const described = { labels, preprocessing: loaded.preprocessing ?? presets.timm };
  if (format === "onnx") {
    if (dtype === "BF16") {
      throw new UsageError("ONNX_DTYPE", "Cannot export to ONNX: expected fp32 or fp16, got bf16");
    }
    const model = { ...loaded, ...described };
    await replaceFile(out, exportOnnx(model, { dtype, preprocessing, batch }));
  } else {
    if (preprocessing || batch !== undefined) {
      throw new UsageError(
        "EXPORT_OPTIONS",
        `Cannot export to ${format}: expected --with-preprocessing and --batch with ONNX alone`,
      );
    }
    await saveWeights(out, parameters, {
      naming: format === "timm" ? "timm" : "canonical",
      ...(dtype && { dtype }),
      metadata: {
        network,
        ...described,
        ...(temperature !== undefined && { temperature }),
        ...(provenance && { provenance }),
      },
    });
  }
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { format, tensors: parameters.size, parameters: numbers };
}

function formatOf(path: string): ExportFormat {
  if (path.endsWith(".onnx")) return "onnx";
  if (path.endsWith(".safetensors")) return "safetensors";
  throw new UsageError(
    "EXPORT_FORMAT",
    `Cannot tell the format of "${path}": expected .onnx, .safetensors or --format ${Object.keys(exportFormats).join(", ")}`,
  );
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(beside, bytes, { flag: "wx" });
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {});
    throw new ResourceError(
      "EXPORT_UNWRITABLE",
      `Cannot write "${path}": expected a place for the file, got ${(cause as NodeJS.ErrnoException).code}`,
      { cause },
    );
  }
}
