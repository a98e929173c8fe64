/**
 * @file The two ways in which a long command is asked to end early: Ctrl-C, and a reader of its
 * output that has gone (`irv2 ... | head`).
 */
import { exitCodes } from "../errors.js";

/** Whether to go on. */
export interface Interruption extends Disposable {
  /** True once somebody asked to end; what is under way is finished first. */
  readonly isRequested: boolean;
  /** The same as a signal, for what takes one. */
  readonly signal: AbortSignal;
}

/** Listens until disposed of; sets the exit code of the process when something comes. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let isRequested = false;
  const request = (exitCode: number) => {
    isRequested = true;
    controller.abort();
    process.exitCode = exitCode;
  };
  const interrupt = () => {
    if (isRequested) process.exit(exitCodes.interrupted);
    request(exitCodes.interrupted);
  };
  const readerLeft = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (!isRequested) request(exitCodes.done);
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.stdout.on("error", readerLeft);
  return {
    signal: controller.signal,
    get isRequested() {
      return isRequested;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    },
  };
}
