/**
 * @file `irv2 evaluate`: accuracy and calibration of weights on a folder of labelled photos.
 */

import { packError } from "@inception-resnet-v2/core/internal/errors.js";
import { confusionCsv, predictionsCsv } from "@inception-resnet-v2/core/internal/evaluation/csv.js";
import { evaluationText } from "@inception-resnet-v2/core/internal/evaluation/text.js";
import { oneLine } from "@inception-resnet-v2/core/internal/summary/printable.js";
import { Command } from "commander";
import { evaluate } from "../evaluation/evaluate.js";
import { checkFilePlace, writeOrKeep } from "../files/write-file.js";
import { evaluationPage } from "../training/run/report.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import {
  annotationsOption,
  dataOf,
  labelsOf,
  labelsOption,
  type ModelFlags,
  weightsOf,
  withModelOptions,
} from "./options.js";
import { createProgress, type Progress } from "./progress.js";
import { tellNote } from "./tell-note.js";

interface EvaluateFlags extends ModelFlags {
  readonly data?: string;
  readonly annotations?: string;
  readonly report?: string;
  readonly predictions?: string;
  readonly confusion?: string;
}

export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "top-1, top-5, loss, per-class metrics, confusion matrix and calibration on a folder of photos",
    )
    .option("-d, --data <dir>", "folder with one folder per class, or with such a folder named val")
    .addOption(annotationsOption())
    .addOption(labelsOption())
    .option("--report <file>", "HTML report to write: confusion matrix, worst mistakes")
    .option("--predictions <file.csv>", "CSV to write: prediction and probabilities per photo")
    .option("--confusion <file.csv>", "CSV to write: the confusion matrix");
  return withModelOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  irv2 evaluate --data flowers --weights runs/train/weights/best.safetensors
  irv2 evaluate --data groceries
  irv2 evaluate --annotations labels.csv --weights best.safetensors
  irv2 evaluate --data flowers/val --weights best.safetensors --report report.html --json

Photos become tensors as in classify. --json prints one line with everything.
The exit code is 3 if a photo could not be read; the others still count.`,
    )
    .action(run);
}

async function run(flags: EvaluateFlags): Promise<void> {
  const { preprocess, report, predictions, confusion, json, labels: _, ...options } = flags;
  for (const path of [report, predictions, confusion]) {
    if (path !== undefined) await checkFilePlace(path);
  }
  const data = dataOf(flags);
  const weights = await weightsOf(flags.weights);
  using interruption = listenForInterruption();
  let progress: Progress | undefined;
  const {
    evaluation,
    predictions: rows,
    unreadable,
    notes,
  } = await evaluate({
    ...options,
    ...(await labelsOf(flags)),
    data,
    weights,
    ...(preprocess && { preprocessing: preprocess }),
    onNote: tellNote,
    signal: interruption.signal,
    onProgress(_, total) {
      progress ??= createProgress(total, "images");
      progress.step();
    },
  }).finally(() => progress?.stop());
  for (const note of notes) process.stderr.write(`Note: ${note}\n`);
  for (const { error } of unreadable) process.stderr.write(`irv2: ${oneLine(error.message)}\n`);
  if (unreadable.length > 0) process.exitCode = exitCodes.badInput;
  if (!json) process.stdout.write(evaluationText(evaluation));
  else {
    const errors = unreadable.map(({ file, error }) => {
      const { code, message } = packError(error);
      return { file, error: { code, message } };
    });
    process.stdout.write(`${JSON.stringify({ ...evaluation, unreadable: errors })}\n`);
  }
  if (predictions !== undefined) await writeOrKeep(predictions, () => [predictionsCsv(rows)]);
  if (confusion !== undefined) await writeOrKeep(confusion, () => [confusionCsv(evaluation)]);
  if (report !== undefined) {
    const title = `${weights.name} on ${flags.annotations ?? data}`;
    const page = await evaluationPage(title, evaluation);
    await writeOrKeep(report, () => [page]);
  }
}
