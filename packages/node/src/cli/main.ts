/**
 * @file The command line: `irv2 <verb>`. Each verb is one file; this one joins them and ends the
 * process with the documented exit code.
 *
 * Results go to stdout, progress and messages to stderr. An error is one sentence; `--debug` adds
 * its stack and causes.
 */
import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import { Command, CommanderError } from "commander";
import { benchmarkCommand } from "./benchmark.js";
import { calibrateCommand } from "./calibrate.js";
import { classifyCommand } from "./classify.js";
import { doctorCommand } from "./doctor.js";
import { embedCommand } from "./embed.js";
import { evaluateCommand } from "./evaluate.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { exportCommand } from "./export.js";
import { importCommand } from "./import.js";
import { lrFindCommand } from "./lr-find.js";
import { packageVersion } from "./package-version.js";
import { planCommand } from "./plan.js";
import { pullCommand } from "./pull.js";
import { summaryCommand } from "./summary.js";
import { trainCommand } from "./train.js";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    }
    if (isAbort(error)) return Number(process.exitCode ?? exitCodes.interrupted);
    return report(error, args.includes("--debug"));
  }
}

function createProgram(): Command {
  const program = new Command("irv2")
    .description("Inception-ResNet-v2: classify, train, evaluate, inspect, measure")
    .version(packageVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(irv2 --help lists the verbs; irv2 <verb> --help their options)")
    .showSuggestionAfterError(true)
    .helpOption("-h, --help", "show help");
  const verbs = [
    classifyCommand(),
    embedCommand(),
    trainCommand(),
    evaluateCommand(),
    calibrateCommand(),
    importCommand(),
    exportCommand(),
    lrFindCommand(),
    planCommand(),
    pullCommand(),
    summaryCommand(),
    benchmarkCommand(),
    doctorCommand(),
  ];
  for (const verb of verbs) {
    verb.option("--debug", "print the stack and the causes of an error");
    program.addCommand(verb.copyInheritedSettings(program));
  }
  for (const command of [program, ...verbs]) command.exitOverride();
  return program;
}

/** Somebody asked to end before there was anything to keep; the exit code is set already. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function report(error: unknown, debug: boolean): number {
  const known = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`irv2: ${known.message}\n`);
  if (debug) {
    for (let at: unknown = known; at instanceof Error; at = at.cause) {
      process.stderr.write(`${at.stack}\n`);
    }
  } else if (!(error instanceof Irv2Error)) {
    process.stderr.write("Unexpected internal error; rerun with --debug\n");
  }
  return exitCodeOf(error);
}
