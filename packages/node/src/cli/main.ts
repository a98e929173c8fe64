/**
 * @file The program `irv2`: runs a verb and ends the process with the documented exit code.
 *
 * Results go to stdout, progress and messages to stderr. An error is one sentence, with the flag that
 * helps in parentheses; `--debug` adds its stack and causes.
 */

import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import { oneLine } from "@inception-resnet-v2/core/internal/summary/printable.js";
import { CommanderError } from "commander";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { hintFor } from "./hints.js";
import { guardOutput, outputExitCode } from "./output.js";
import { createProgram } from "./program.js";

guardOutput();
const exitCode = await main(process.argv.slice(2));
process.exitCode = outputExitCode() ?? exitCode;

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
    return report(error, args);
  }
}

/** Somebody asked to end before there was anything to keep; the exit code is set already. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function report(error: unknown, args: readonly string[]): number {
  const known = error instanceof Error ? error : new Error(String(error));
  const verb = args.find((one) => !one.startsWith("-")) ?? "";
  const hint = error instanceof Irv2Error ? hintFor(error, verb) : undefined;
  process.stderr.write(
    `irv2: ${oneLine(known.message)}${hint === undefined ? "" : ` (${hint})`}\n`,
  );
  if (args.includes("--debug")) {
    for (let at: unknown = known; at instanceof Error; at = at.cause) {
      process.stderr.write(`${at.stack}\n`);
    }
  } else if (!(error instanceof Irv2Error)) {
    process.stderr.write("Unexpected internal error; rerun with --debug\n");
  }
  return exitCodeOf(error);
}
