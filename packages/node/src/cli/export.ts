/**
 * @file `irv2 export`: weights as the file of another program.
 */

import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { Command, Option } from "commander";
import { type ExportResult, exportWeights } from "../export/export.js";
import { type ExportFormat, exportFormats } from "../export/formats.js";
import { listenForInterruption } from "./interruption.js";
import {
  archOption,
  dtypeOption,
  emaOptions,
  type FileTypeName,
  fileTypes,
  inputSize,
  labelsOf,
  labelsOption,
  weightsOf,
  wholeNumber,
} from "./options.js";
import { parityRows, type Row, rowsText, someOf, tensorLines } from "./report-rows.js";
import { tellNote } from "./tell-note.js";

interface ExportFlags {
  readonly out?: string;
  readonly format?: ExportFormat;
  readonly dtype: FileTypeName;
  readonly labels?: string;
  readonly withPreprocessing?: boolean;
  readonly batch?: number;
  readonly arch?: ArchitectureName;
  readonly inputSize?: number | [number, number];
  readonly dropBackground?: boolean;
  readonly ema?: boolean;
  readonly parity: boolean;
  readonly tensors?: boolean;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  const formats = Object.entries(exportFormats)
    .map(([name, what]) => `  ${name.padEnd(12)}${what}`)
    .join("\n");
  return new Command("export")
    .description("write weights for ONNX runtimes, timm, PyTorch, Keras or TensorFlow.js")
    .argument("[weights]", "a file, a folder, a checkpoint's prefix, or a name (default: everyday)")
    .option("-o, --out <file>", "file to write; for tfjs, a folder")
    .addOption(
      new Option("--format <name>", "format to write (default: by the extension of --out)").choices(
        Object.keys(exportFormats),
      ),
    )
    .addOption(dtypeOption("number type to write"))
    .addOption(labelsOption())
    .option("--with-preprocessing", "onnx: decoded RGB pixels go in, uint8 [n,height,width,3]")
    .option("--batch <n>", "onnx: images per run (default: any number)", wholeNumber(1))
    .addOption(archOption("architecture that the weights must be of (default: any)"))
    .option("--input-size <pixels>", "as in 299 or 240x320 (default: the weights')", inputSize)
    .option("--drop-background", "drop class 0 of 1001, slim's background")
    .option(
      "--no-parity",
      "skip the round-trip check of the file, and onnx's comparison of outputs",
    )
    .addOption(emaOptions[0])
    .addOption(emaOptions[1])
    .option("--tensors", "also list every tensor: shape and name, here and in the file")
    .option("--json", "print JSON on stdout, with all tensors")
    .addHelpText(
      "after",
      `
Formats:
${formats}

Examples:
  irv2 export --out everyday.onnx --with-preprocessing
  irv2 export best.safetensors --out small.onnx --dtype fp16 --batch 1
  irv2 export best.safetensors --format timm --out model.safetensors`,
    )
    .action(run);
}

async function run(weights: string | undefined, flags: ExportFlags): Promise<void> {
  const { out, dtype, withPreprocessing, labels: _, tensors: listed, json, ...options } = flags;
  if (out === undefined)
    throw new UsageError("OPTION_MISSING", "Expected --out with a file, got none");
  using interruption = listenForInterruption();
  const result = await exportWeights({
    ...options,
    ...(await labelsOf(flags)),
    signal: interruption.signal,
    weights: await weightsOf(weights),
    out,
    dtype: fileTypes[dtype],
    preprocessing: withPreprocessing,
  });
  for (const note of result.notes) tellNote(note);
  process.stdout.write(
    json ? `${JSON.stringify({ out, ...result })}\n` : describe(result, out, dtype),
  );
  if (listed && !json) process.stdout.write(tensorLines(result.check?.tensors ?? []));
}

function describe(
  { format, tensors, parameters, check }: ExportResult,
  out: string,
  dtype: string,
) {
  const written = `${out}: ${format}, ${parameters.toLocaleString("en-US")} parameters of ${tensors} tensors, ${dtype}\n`;
  if (!check) return written;
  const { leftOut, added, equal, largestDifference, parity } = check;
  const readBack: Row = [
    "Round trip",
    largestDifference === 0
      ? `${equal} tensors, equal to the bit`
      : `${tensors - leftOut.length} tensors, ${equal} equal to the bit, largest relative L2 distance ${largestDifference.toExponential(1)}`,
  ];
  return `${written}${rowsText([
    ...(parity ? [] : [readBack]),
    ["Left out", someOf(leftOut)],
    ["Added", someOf(added)],
    ...(parity ? parityRows(parity) : []),
  ])}`;
}
