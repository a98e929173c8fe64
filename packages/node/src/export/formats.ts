/**
 * @file The files of other programs that weights are written as: what each is for, and what it holds.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type { FileFormat } from "@inception-resnet-v2/core/internal/weights/opened.js";

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

/** How to write. */
export interface FormatOptions {
  /**
   * Type of the numbers.
   * @defaultValue F32
   */
  readonly dtype?: FloatType | undefined;
  /**
   * ONNX: decoded RGB pixels go in, uint8 [n,height,width,3], and probabilities come out.
   * @defaultValue false
   */
  readonly preprocessing?: boolean | undefined;
  /**
   * ONNX: images a run.
   * @defaultValue any number
   */
  readonly batch?: number | undefined;
}

/** What each is when it is read. */
export const readAs: Readonly<Record<ExportFormat, FileFormat>> = {
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

/** What the end of a file's name says. Throws `UsageError` where it says nothing. */
export function formatOf(path: string): ExportFormat {
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

/** Throws `UsageError` where a format does not support an option. */
export function checkOptions(
  format: ExportFormat,
  { dtype = "F32", preprocessing, batch }: FormatOptions,
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
      `Cannot export to ${format}: expected preprocessing and batch only with onnx`,
      { option: preprocessing ? "preprocessing" : "batch" },
    );
  }
}
