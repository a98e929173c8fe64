/**
 * @file `irv2 train`: trains or fine-tunes on a folder of photos.
 */

import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { Command } from "commander";
import { train } from "../training/train.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import { wholeNumber } from "./options.js";
import {
  openTrainOptions,
  recipesText,
  type TrainFlags,
  withTrainOptions,
} from "./train-options.js";
import { showTraining } from "./train-progress.js";

export function trainCommand(): Command {
  const command = new Command("train").description(
    "train or fine-tune on a folder of photos, into a run folder",
  );
  return withTrainOptions(command)
    .option("-o, --out <folder>", "run folder (default: the next of runs/train, runs/train2, ...)")
    .option(
      "--resume <run>",
      "continue a stopped run; the result is bit-identical to an uninterrupted one",
    )
    .option("--extend-epochs <n>", "with --resume: epochs to add", wholeNumber(1))
    .option(
      "--stop-after <epochs>",
      "stop after this epoch of the run, to be resumed; the schedule stays that of --epochs",
      wholeNumber(1),
    )
    .option("--json", "print events as JSON lines on stdout")
    .addHelpText(
      "after",
      `
DIR holds train/<class>/* and val/<class>/*, or <class>/*, of which --val-fraction is held out.

${recipesText()}

Examples:
  irv2 train --data flowers --weights model.safetensors --fine-tune
  irv2 train --data flowers --weights model.safetensors --freeze body --epochs 30
  irv2 train --data flowers --width 0.35 --input-size 139 --epochs 30
  irv2 train --data flowers --recipe paper --batch 32 --micro-batch 8 --memory 3GiB
  irv2 train --resume runs/train
  irv2 train --resume runs/train --data new-place/flowers

Ctrl-C finishes the step, saves and exits with 130; a second one stops at once.
The run folder: config.json, results.csv, events for TensorBoard, report.html,
weights/best.safetensors and weights/last.safetensors, and state.safetensors for --resume.`,
    )
    .action(run);
}

async function run(flags: TrainFlags, command: Command): Promise<void> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const isGiven = (name: string) => command.getOptionValueSource(name) === "cli";
  const options = readResume(flags, isGiven) ?? (await openTrainOptions(flags));
  const { stopAfter } = flags;
  await showTraining(train({ ...options, signal, stopAfter }), {
    json: flags.json ?? false,
    signal,
  });
  if (signal.aborted) process.exitCode = exitCodes.interrupted;
}

/** How to go on with a run; undefined for a new one. Throws `UsageError` on what does not go with it. */
function readResume(
  { resume, data, annotations, extendEpochs, stopAfter: _, ...rest }: TrainFlags,
  isGiven: (name: string) => boolean,
) {
  if (resume === undefined) {
    if (extendEpochs === undefined) return undefined;
    throw new UsageError(
      "OPTION_MISSING",
      "Expected --resume with a run for --extend-epochs, got none",
    );
  }
  const isHarmless = (name: string) => name === "json" || name === "debug";
  const extra = Object.keys(rest).filter((name) => isGiven(name) && !isHarmless(name));
  if (extra.length > 0) {
    throw new UsageError(
      "OPTION_UNUSED",
      `Expected --resume with no other setting than --extend-epochs, --data and --annotations, since a resumed run keeps its settings, got "${extra[0]}" too`,
    );
  }
  return { resume, data, annotations, extendEpochs };
}
