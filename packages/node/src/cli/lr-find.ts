/**
 * @file `irv2 lr-find`: the learning-rate range test.
 */

import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import { Command } from "commander";
import { findLearningRate, type RateEvent } from "../training/find-rate.js";
import { warningLine } from "./hints.js";
import { listenForInterruption } from "./interruption.js";
import { wholeNumber } from "./options.js";
import { createProgress } from "./progress.js";
import { openTrainOptions, type TrainFlags, withTrainOptions } from "./train-options.js";

/** Rows of the curve that are printed. */
const curveRows = 24;

export function lrFindCommand(): Command {
  const command = new Command("lr-find").description(
    "try learning rates from tiny to too large, and suggest one; writes no files",
  );
  return withTrainOptions(command)
    .option("--steps <n>", "steps to run", wholeNumber(3), 100)
    .option("--json", "print steps as JSON lines on stdout, the suggestion last")
    .addHelpText(
      "after",
      `
Examples:
  irv2 lr-find --data flowers --width 0.35 --input-size 139
  irv2 lr-find --data flowers --weights model.safetensors --freeze mixed_6a --steps 60 --json`,
    )
    .action(run);
}

async function run(flags: TrainFlags & { steps: number }): Promise<void> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const { steps, json } = flags;
  const options = { ...(await openTrainOptions(flags)), steps, signal };
  const progress = createProgress(steps, "steps");
  const curve: RateEvent[] = [];
  let isFound = false;
  try {
    for await (const event of findLearningRate(options)) {
      if (event.event === "rate") {
        progress.step();
        curve.push(event);
      }
      if (event.event === "warning" && !json) process.stderr.write(warningLine(event));
      if (json && event.event !== "data") process.stdout.write(`${JSON.stringify(event)}\n`);
      if (event.event !== "found") continue;
      isFound = true;
      progress.stop();
      if (json) continue;
      const { steepest, minimumTenth } = event;
      process.stdout.write(
        `${drawCurve(curve)}\nSteepest fall at ${steepest.toExponential(1)}; a tenth of the lowest point is ${minimumTenth.toExponential(1)}.\n`,
      );
    }
  } finally {
    progress.stop();
  }
  if (!isFound) {
    throw new Irv2Error(
      "RATE_MISSING",
      `Cannot suggest a learning rate: expected a finite loss for at least 3 steps, got ${curve.length}`,
    );
  }
}

/** The smoothed loss by learning rate, a row each. */
function drawCurve(curve: readonly RateEvent[]): string {
  const every = Math.max(1, Math.ceil(curve.length / curveRows));
  const rows = curve.filter((_, at) => at % every === 0);
  const losses = rows.map(({ smoothed }) => smoothed);
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  const lines = rows.map(({ learningRate, smoothed }) => {
    const length = Math.round(((smoothed - least) / Math.max(most - least, 1e-9)) * 40);
    return `${learningRate.toExponential(1).padStart(9)}  ${smoothed.toFixed(4).padStart(9)}  ${"█".repeat(length)}`;
  });
  return `${"rate".padStart(9)}  ${"loss".padStart(9)}\n${lines.join("\n")}\n`;
}
