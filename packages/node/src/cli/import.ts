/**
 * @file `irv2 import`: converts weights of other programs to this project's format, with a report of how each
 * tensor was mapped.
 */

import type { ArchitectureName } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { type FileFormat, fileFormats } from "@inception-resnet-v2/core/internal/weights/opened.js";
import { Command, Option } from "commander";
import { type ImportReport, importWeights } from "../export/import.js";
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
  pulledWeights,
} from "./options.js";
import { parityRows, rowsText, someOf, tensorLines } from "./report-rows.js";
import { tellNote } from "./tell-note.js";

interface ImportFlags {
  readonly out?: string;
  readonly labels?: string;
  readonly format?: FileFormat;
  readonly arch?: ArchitectureName;
  readonly dtype: FileTypeName;
  readonly inputSize?: number | [number, number];
  readonly ema?: boolean;
  readonly parity: boolean;
  readonly tensors?: boolean;
  readonly json?: boolean;
}

export function importCommand(): Command {
  const formats = Object.entries(fileFormats)
    .map(([name, what]) => `  ${name.padEnd(12)}${what}`)
    .join("\n");
  return new Command("import")
    .description("read weights of timm, PyTorch, Keras, TF-Slim, TensorFlow.js or ONNX")
    .argument("<weights>", "a file, a folder, a checkpoint's prefix, or a name (irv2 pull --help)")
    .option("-o, --out <file>", "safetensors file to write (default: report only)")
    .addOption(
      new Option("--format <name>", "format of the file (default: by its content)").choices(
        Object.keys(fileFormats),
      ),
    )
    .addOption(archOption("architecture that the file must be of (default: what it holds)"))
    .addOption(dtypeOption("number type to write"))
    .addOption(labelsOption())
    .option(
      "--input-size <pixels>",
      "as in 299 or 240x320 (default: the file's, else 299)",
      inputSize,
    )
    .option("--no-parity", "onnx: skip running the file beside the import, which takes 700 MB more")
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
  irv2 import inception_resnet_v2.h5 --out keras.safetensors
  irv2 import checkpoints/model.ckpt-1000 --out slim.safetensors
  irv2 import imagenet
  irv2 import model.onnx --json

Nothing in a file is ever executed. 1001 unnamed classes become 1000: class 0, slim's background,
is dropped. classify and the other verbs read all of these formats, too.`,
    )
    .action(run);
}

async function run(weights: string, flags: ImportFlags): Promise<void> {
  const { out, dtype, labels: _, tensors: listed, json, ...options } = flags;
  if (out !== undefined && !out.endsWith(".safetensors")) {
    throw new UsageError(
      "EXPORT_FORMAT",
      `Expected --out with a .safetensors file, got "${out}"; irv2 export writes other formats`,
    );
  }
  using interruption = listenForInterruption();
  const report = await importWeights({
    ...options,
    ...(await labelsOf(flags)),
    signal: interruption.signal,
    weights: await pulledWeights(weights),
    out,
    dtype: fileTypes[dtype],
  });
  for (const note of report.notes) tellNote(note);
  process.stdout.write(
    json ? `${JSON.stringify({ weights, out, ...report })}\n` : describe(report),
  );
  if (listed && !json) process.stdout.write(tensorLines(report.tensors));
  if (out !== undefined && !json) process.stdout.write(`Written to ${out}\n`);
}

function describe(report: ImportReport): string {
  const { format, naming, tensors, parameters, ignored, absent, droppedClasses } = report;
  return rowsText([
    ["Format", `${format}, ${naming === "onnx" ? "found by topology" : `names of ${naming}`}`],
    [
      "Mapped",
      `${tensors.length} of ${tensors.length} tensors, ${parameters.toLocaleString("en-US")} parameters`,
    ],
    ["Not used", someOf(ignored)],
    ["Not in the file", someOf(absent)],
    [
      "Network",
      `${report.network.arch}, width ${report.network.width}, ${report.network.inputSize.join("x")} pixels`,
    ],
    [
      "Classes",
      `${report.classes ?? "none"}${droppedClasses > 0 ? `, of ${(report.classes ?? 0) + droppedClasses}: the background is left out` : ""}`,
    ],
    ["Auxiliary head", report.hasAuxiliary ? "yes" : "no"],
    ...(report.parity ? parityRows(report.parity) : []),
  ]);
}
