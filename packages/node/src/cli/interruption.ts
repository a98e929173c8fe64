/**
 * @file Early ends of a long command: Ctrl-C, and output that takes no more, see `output.ts`. What is
 * under way is finished first; a second Ctrl-C ends it at once.
 */
import { exitCodes } from "./exit-codes.js";
import { outputExitCode, terminal } from "./output.js";

/** Whether to go on. */
export interface Interruption extends Disposable {
  /** True once somebody asked to end; what is under way is finished first. */
  readonly isRequested: boolean;
  /** The same as a signal, for what takes one. */
  readonly signal: AbortSignal;
}

/** Shows the cursor and breaks lines again, which a progress bar had stopped. */
const restoreTerminal = "\x1b[?25h\x1b[?7h\n";

/** Listens until disposed of; sets the exit code of the process when something comes. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let isRequested = false;
  const request = (exitCode: number) => {
    isRequested = true;
    controller.abort();
    process.exitCode = exitCode;
  };
  const interrupt = (signal: NodeJS.Signals) => {
    if (isRequested) die(signal);
    else request(exitCodes.interrupted);
  };
  const outputFailed = () => {
    if (!isRequested) request(outputExitCode() ?? exitCodes.done);
  };
  const messagesFailed = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") outputFailed(); // a full disk for messages is no reason to stop
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.stdout.on("error", outputFailed);
  process.stderr.on("error", messagesFailed);
  const dispose = () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    process.stdout.off("error", outputFailed);
    process.stderr.off("error", messagesFailed);
  };
  const die = (signal: NodeJS.Signals) => {
    if (process.stderr.isTTY) terminal.write(restoreTerminal);
    dispose(); // so that the signal ends the process: an exit would wait for the step under way
    process.kill(process.pid, signal);
  };
  return {
    signal: controller.signal,
    get isRequested() {
      return isRequested;
    },
    [Symbol.dispose]: dispose,
  };
}
