/**
 * @file Weights to the file of another program: which formats there are, and one call for all.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { imagenetLabels } from "@inception-resnet-v2/core/internal/predictions/imagenet-1k.js";
import { requireScheme, timmTensors } from "@inception-resnet-v2/core/internal/weights/encode.js";
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type { FileFormat } from "@inception-resnet-v2/core/internal/weights/opened.js";
import { kerasDatasets } from "@inception-resnet-v2/core/internal/weights/sources/keras.js";
import type { LoadWeightsOptions } from "@inception-resnet-v2/core/internal/weights/take.js";
import { hdf5Parts } from "../weights/formats/hdf5/write-hdf5.js";
import { writeTorch } from "../weights/formats/torch/write-torch.js";
import { loadWeights } from "../weights/load.js";
import { saveWeights } from "../weights/save.js";
import { writeWeightFolder, writeWeights } from "../weights/write-weights.js";
import { foldScales } from "./fold-scales.js";
import { type ExportedModel, exportOnnx } from "./onnx.js";
import { type ExportCheck, readAgain } from "./read-again.js";
import { exportTfjs } from "./tfjs.js";

/** What weights can be written as, with what each is for. */
export const exportFormats = {
  onnx: "any runtime of ONNX; batch norm and residual scale folded",
  safetensors: "this project: class names and preprocessing inside",
  timm: "timm: safetensors with timm's names",
  torch: "PyTorch: .pth with timm's names, for torch.load(weights_only=True)",
  keras: "Keras 3: .weights.h5 for keras.applications.InceptionResNetV2",
  tfjs: "TensorFlow.js: a folder with model.json and shards",
} as const;

/** Name of such a format. */
export type ExportFormat = keyof typeof exportFormats;

/** What to write. */
export interface ExportOptions extends Omit<LoadWeightsOptions, "format"> {
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
  /** Whether the file is read again, and an ONNX file run, to see what it holds; true. */
  readonly parity?: boolean | undefined;
}

/** What was written. */
export interface ExportResult {
  readonly format: ExportFormat;
  readonly tensors: number;
  readonly parameters: number;
  /** What was seen when the file was read again. */
  readonly check?: ExportCheck;
}

/**
 * Reads weights and writes them in another format, beside and then renamed. Throws `UsageError` for
 * a format that cannot be told or hold what is asked, `ModelError` for weights that cannot be used or
 * do not fit in float16, and `ResourceError` where the file cannot be written.
 */
export async function exportWeights(options: ExportOptions): Promise<ExportResult> {
  const { weights, out, dtype = "F32", preprocessing, batch } = options;
  const { arch, inputSize, dropBackground } = options;
  const format = options.format ?? formatOf(out);
  checkOptions(format, options);
  const loaded = await loadWeights(weights, { arch, inputSize, dropBackground });
  const { parameters, network, temperature, provenance } = loaded;
  const classes = loaded.graph.outputs.get("logits")?.shape[1];
  const labels = loaded.labels ?? (classes === imagenetLabels.length ? imagenetLabels : undefined);
  const described = {
    ...(labels && { labels }),
    preprocessing: loaded.preprocessing ?? presets.timm,
  };
  const model: ExportedModel = { ...loaded, ...described };
  const written = format === "keras" ? foldScales(parameters) : parameters;
  switch (format) {
    case "onnx":
      await writeWeights(out, [
        exportOnnx(model, { preprocessing, batch, dtype: dtype === "F16" ? "F16" : "F32" }),
      ]);
      break;
    case "torch": {
      const { tensors, counters } = timmTensors(parameters, network.arch);
      await writeTorch(out, tensors, { counters, dtype });
      break;
    }
    case "keras":
      requireScheme(network.arch, "keras");
      await writeWeights(out, hdf5Parts(kerasDatasets(written)));
      break;
    case "tfjs":
      await writeWeightFolder(out, exportTfjs(model));
      break;
    default:
      await saveWeights(out, parameters, {
        naming: format === "timm" ? "timm" : "canonical",
        dtype,
        metadata: {
          network,
          ...described,
          ...(temperature !== undefined && { temperature }),
          ...(provenance && { provenance }),
        },
      });
  }
  const numbers = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  const result: ExportResult = { format, tensors: parameters.size, parameters: numbers };
  if (options.parity === false) return result;
  return {
    ...result,
    check: await readAgain(out, readAs[format], { ...loaded, parameters: written }),
  };
}

/** What each is when it is read. */
const readAs: Readonly<Record<ExportFormat, FileFormat>> = {
  onnx: "onnx",
  safetensors: "safetensors",
  timm: "safetensors",
  torch: "torch",
  keras: "keras",
  tfjs: "tfjs",
};

const ends: readonly (readonly [end: string, format: ExportFormat])[] = [
  [".onnx", "onnx"],
  [".safetensors", "safetensors"],
  [".pth", "torch"],
  [".pt", "torch"],
  [".weights.h5", "keras"],
];

function formatOf(path: string): ExportFormat {
  const found = ends.find(([end]) => path.endsWith(end));
  if (found) return found[1];
  throw new UsageError(
    "EXPORT_FORMAT",
    `Cannot tell the format of "${path}": expected ${ends.map(([end]) => end).join(", ")}, or the format as one of ${Object.keys(exportFormats).join(", ")}`,
  );
}

/** Number types that each format holds; all three where nothing is said. */
const types: Partial<Record<ExportFormat, readonly FloatType[]>> = {
  onnx: ["F32", "F16"],
  keras: ["F32"],
  tfjs: ["F32"],
};

function checkOptions(
  format: ExportFormat,
  { dtype = "F32", preprocessing, batch }: ExportOptions,
): void {
  const allowed = types[format];
  if (allowed && !allowed.includes(dtype)) {
    throw new UsageError(
      "EXPORT_DTYPE",
      `Cannot export to ${format}: expected numbers of type ${allowed.join(" or ")}, got ${dtype}`,
    );
  }
  if (format !== "onnx" && (preprocessing || batch !== undefined)) {
    throw new UsageError(
      "OPTION_UNUSED",
      `Cannot export to ${format}: expected preprocessing and batch with onnx alone`,
      { option: preprocessing ? "preprocessing" : "batch" },
    );
  }
}
