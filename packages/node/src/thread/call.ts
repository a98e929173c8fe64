/**
 * @file One call of a function in a thread of its own: the caller's half of `serve.ts`.
 *
 * The thread ends with the call. A call that is given up ends its thread at once, unless that says that
 * it has something to tidy up: then it gets a moment, and goes on alone if that does not suffice.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { whenAborted } from "@inception-resnet-v2/core/internal/abort.js";
import { ResourceError, unpackError } from "@inception-resnet-v2/core/internal/errors.js";
import { threadFile } from "../files/own-file.js";
import { busy, type CallData, claim, ended, free, type Reply, unwanted } from "./messages.js";

/** How to call. */
export interface CallOptions {
  /** Buffers of the request that the thread takes away instead of copying them. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly signal?: AbortSignal | undefined;
  /** Told what the thread reports on its way. */
  readonly onReport?: (report: unknown) => void;
  /** The most that the stack of the thread may take; by default Node's 4 MiB. */
  readonly stackSizeMb?: number;
}

/** How long a thread that was given up may tidy up before its caller goes on without it. */
const tidyMs = 150;

/**
 * Asks `module`, which calls `serveCall`, and gives its result. Throws what is thrown there, with its
 * class; the signal's reason when that comes first; `ResourceError` when memory does not suffice.
 */
export async function callThread<Result>(
  module: URL,
  request: unknown,
  { transfer = [], signal, onReport, stackSizeMb }: CallOptions = {},
): Promise<Result> {
  signal?.throwIfAborted();
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const workerData: CallData = { request, state };
  const worker = new Worker(threadFile(module), {
    workerData,
    transferList: [...transfer],
    execArgv: [], // flags of the host program, such as --input-type, are not for this thread
    ...(stackSizeMb !== undefined && { resourceLimits: { stackSizeMb } }),
  });
  const exit = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let forget: (() => void) | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    forget =
      signal &&
      whenAborted(signal, () => {
        const isFree = claim(state, free, ended);
        if (!isFree && !claim(state, busy, unwanted)) return; // it is done: the answer is on its way
        reject(signal.reason); // first, as Deno tells of the exit while terminate() runs
        if (isFree) void worker.terminate();
        else worker.postMessage("abort");
      });
  });
  try {
    const result = await Promise.race([answerOf<Result>(worker, onReport), givenUp]);
    await exit;
    return result;
  } catch (error) {
    // What is under way in native code, or half written, must come to its end.
    await (signal?.aborted ? Promise.race([exit, sleep(tidyMs, undefined, { ref: false })]) : exit);
    throw error;
  } finally {
    forget?.();
  }
}

function answerOf<Result>(worker: Worker, onReport: CallOptions["onReport"]): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.on("message", (reply: Reply) => {
      if ("report" in reply) onReport?.(reply.report);
      else if ("error" in reply) reject(unpackError(reply.error));
      else resolve(reply.result as Result);
    });
    worker.on("error", (error) => reject(explain(error)));
    worker.on("exit", () => reject(explain(new Error("its thread has ended"))));
  });
}

function explain(cause: Error): ResourceError {
  const isFull = (cause as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
  return new ResourceError(
    isFull ? "OUT_OF_MEMORY" : "THREAD_STOPPED",
    `Cannot finish in a worker thread: expected ${isFull ? "enough memory" : "an answer"}, got "${cause.message}"`,
    { cause },
  );
}
