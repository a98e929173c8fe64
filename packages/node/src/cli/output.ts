/**
 * @file Standard output and errors: no control character from outside reaches them, whoever writes, and
 * when output takes no more, a full disk ends the program with one sentence, and a reader that has gone
 * (`irv2 ... | head`) without one.
 */
import { printable } from "@inception-resnet-v2/core/internal/summary/printable.js";
import { exitCodes } from "./exit-codes.js";

let failure: NodeJS.ErrnoException | undefined;

/** Standard errors as they are, for what moves the cursor: bars. */
export const terminal = Object.create(process.stderr, {
  write: { value: process.stderr.write.bind(process.stderr) },
}) as NodeJS.WriteStream;

/** Listens for the whole life of the process; an error of a stream that nobody hears ends it. */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
    stream.write = (chunk: unknown, ...rest: unknown[]) =>
      write(typeof chunk === "string" ? printable(chunk) : chunk, ...rest);
  }
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
