/**
 * @file `irv2 calibrate`: weights whose confidence matches accuracy, fitted on held-out photos.
 */

import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { Command } from "commander";
import { type CalibrateResult, type Confidence, calibrate } from "../evaluation/calibrate.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import {
  annotationsOption,
  dataOf,
  dtypeOption,
  type FileTypeName,
  fileTypes,
  labelsOf,
  labelsOption,
  type ModelFlags,
  pulledWeights,
  weightsHelp,
  withModelOptions,
} from "./options.js";
import { createProgress, type Progress } from "./progress.js";
import { tellNote } from "./tell-note.js";

interface CalibrateFlags extends ModelFlags {
  readonly data?: string;
  readonly annotations?: string;
  readonly out?: string;
  readonly dtype: FileTypeName;
}

export function calibrateCommand(): Command {
  const command = new Command("calibrate")
    .description("write calibrated weights, whose confidence matches accuracy")
    .option(
      "-d, --data <dir>",
      "folder with one folder per class, or with such a folder named val (required without --annotations)",
    )
    .addOption(annotationsOption())
    .addOption(labelsOption())
    .option("-o, --out <file>", "weight file to write (required)")
    .addOption(dtypeOption("number type to write"));
  return withModelOptions(command, `${weightsHelp} (required)`)
    .addHelpText(
      "after",
      `
Examples:
  irv2 calibrate --data flowers --weights runs/train/weights/best.safetensors --out flowers.safetensors
  irv2 calibrate --data flowers --weights best.safetensors --dtype fp16 --out small.safetensors

Use photos that the weights were not trained on. The ranking of classes does not change; classify,
evaluate and everything else that computes scores divides the logits by the temperature in the file.
"cross-fitted" is the error on each half of the photos at the temperature fitted on the other half.`,
    )
    .action(run);
}

async function run(flags: CalibrateFlags): Promise<void> {
  const { weights, out, dtype, preprocess, json, labels: _, ...options } = flags;
  const data = dataOf(flags);
  if (weights === undefined || out === undefined) {
    throw new UsageError(
      "OPTION_MISSING",
      `Expected --weights and --out with files, got no ${weights === undefined ? "--weights" : "--out"}`,
    );
  }
  using interruption = listenForInterruption();
  let progress: Progress | undefined;
  const result = await calibrate({
    ...options,
    ...(await labelsOf(flags)),
    data,
    weights: await pulledWeights(weights),
    out,
    dtype: fileTypes[dtype],
    ...(preprocess && { preprocessing: preprocess }),
    onNote: tellNote,
    signal: interruption.signal,
    onProgress(_, total) {
      progress ??= createProgress(total, "images");
      progress.step();
    },
  }).finally(() => progress?.stop());
  const { unreadable, notes, ...figures } = result;
  for (const note of notes) process.stderr.write(`Note: ${note}\n`);
  for (const { error } of unreadable) process.stderr.write(`irv2: ${error.message}\n`);
  if (unreadable.length > 0) process.exitCode = exitCodes.badInput;
  process.stdout.write(json ? `${JSON.stringify({ out, ...figures })}\n` : describe(result, out));
}

function describe({ temperature, images, ...errors }: CalibrateResult, out: string): string {
  const line = (name: string, { calibrationError, loss }: Confidence) =>
    `  ${name.padEnd(14)}${(100 * calibrationError).toFixed(1).padStart(5)} %   loss ${loss.toFixed(4)}\n`;
  return [
    `Temperature ${temperature} from ${images} photos, in ${out}\nCalibration error\n`,
    line("before", errors.before),
    line("after", errors.after),
    line("cross-fitted", errors.crossFitted),
  ].join("");
}
