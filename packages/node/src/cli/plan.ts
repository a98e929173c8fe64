/**
 * @file `irv2 plan`: minutes, memory and disk of training the classifier alone, a part, or all.
 *
 * Each is measured in a process of its own, so that its memory is its own.
 */

import { findArchitecture } from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { formatCount, formatSeconds } from "@inception-resnet-v2/core/internal/summary/format.js";
import { Command } from "commander";
import { measurePlan, type Plan } from "../training/plan.js";
import { exitCodes } from "./exit-codes.js";
import { warningLine } from "./hints.js";
import { listenForInterruption } from "./interruption.js";
import { runSelf } from "./run-self.js";
import { openTrainOptions, type TrainFlags, withTrainOptions } from "./train-options.js";

/** Exit codes whose sentence says it all. */
const explained: readonly number[] = [
  exitCodes.usage,
  exitCodes.badInput,
  exitCodes.badModel,
  exitCodes.resource,
];

/** Stands for the block up to which fine-tuning keeps a network. */
const atFreezePoint = "freeze point";

const childVariable = "IRV2_PLAN_CHILD";

export function planCommand(): Command {
  const command = new Command("plan").description(
    "time a few steps, and predict the duration, memory and disk space of a training",
  );
  return withTrainOptions(command)
    .option("--json", "print JSON lines on stdout")
    .addHelpText(
      "after",
      `
With --weights, training the classifier alone, the last third of the network and all of it are
measured; without, all of it; with --freeze, that part. For --fine-tune the second phase is measured;
the first is the classifier alone. No files are written.

Examples:
  irv2 plan --data flowers --weights model.safetensors
  irv2 plan --data flowers --width 0.35 --input-size 139 --epochs 30 --json`,
    )
    .action(run);
}

async function run(flags: TrainFlags, command: Command): Promise<void> {
  using interruption = listenForInterruption();
  const options = { ...(await openTrainOptions(flags)), signal: interruption.signal };
  if (process.env[childVariable] !== undefined) {
    process.stdout.write(`${JSON.stringify(await measurePlan(options))}\n`);
    return;
  }
  const some = flags.weights === undefined ? ["none"] : ["body", atFreezePoint, "none"];
  const given = command.parent?.args.slice(1) ?? [];
  let last: Plan | undefined;
  for (const which of flags.freeze === undefined ? some : [flags.freeze]) {
    // The weights say which network it is, and so the first measurement of them.
    const freeze = which === atFreezePoint ? findArchitecture(last?.arch).freezePoint : which;
    const args = flags.freeze === undefined ? [...given, "--freeze", freeze] : given;
    const { signal } = interruption;
    const variables = { [childVariable]: "1" };
    const { code, output, error } = await runSelf(["plan", ...args], variables, signal);
    if (code === exitCodes.done) {
      const plan = JSON.parse(output) as Plan;
      const text = flags.json ? `${output}\n` : row(plan);
      process.stdout.write(last === undefined && !flags.json ? `${header}${text}` : text);
      if (!flags.json) for (const one of plan.warnings) process.stderr.write(warningLine(one));
      last = plan;
      continue;
    }
    if (code !== null && explained.includes(code)) {
      process.stderr.write(error);
      process.exitCode = code;
      return;
    }
    throw new ResourceError(
      "MEASUREMENT_FAILED",
      `Cannot measure ${nameOf(freeze)}: expected exit code 0, got ${code} (${error.trim().split("\n")[0] ?? ""})`,
    );
  }
}

const header = cells(
  "trained",
  "parameters",
  "images/s",
  "start",
  "epoch",
  "epochs",
  "total",
  "memory",
  "disk",
);

function row(plan: Plan): string {
  return cells(
    nameOf(plan.freeze),
    formatCount(plan.trainedParameters),
    plan.imagesPerSecond.toFixed(1),
    formatSeconds(plan.startSeconds),
    formatSeconds(plan.epochSeconds),
    String(plan.epochs),
    formatSeconds(plan.totalSeconds),
    `${(plan.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    `${(plan.diskBytes / 2 ** 20).toFixed(0)} MiB`,
  );
}

function nameOf(freeze: string): string {
  return { body: "classifier", none: "all" }[freeze] ?? `after ${freeze}`;
}

function cells(name: string, ...rest: string[]): string {
  return `${name.padEnd(18)}${rest.map((cell) => cell.padStart(14)).join("")}\n`;
}
