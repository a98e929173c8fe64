/**
 * @file What happens when standard output takes no more: a full disk ends the program with one
 * sentence, and a reader that has gone (`irv2 ... | head`) without one.
 */
import { exitCodes } from "./exit-codes.js";

let failure: NodeJS.ErrnoException | undefined;

/** Listens for the whole life of the process; an error of a stream that nobody hears ends it. */
export function guardOutput(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (failure !== undefined) return;
    failure = error;
    process.exitCode = outputExitCode();
    if (error.code === "EPIPE") return;
    process.stderr.write(
      `irv2: Cannot write the results: expected standard output to take them, got ${error.code}\n`,
    );
  });
  process.stderr.on("error", () => {}); // there is nowhere left to say it
}

/** The exit code that lost output asks for; undefined where all was written. */
export function outputExitCode(): number | undefined {
  if (failure === undefined) return undefined;
  return failure.code === "EPIPE" ? exitCodes.done : exitCodes.resource;
}
