/**
 * @file The thread's half of `call.ts`: one request comes in, one answer goes out.
 */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "@inception-resnet-v2/core/internal/errors.js";
import { busy, type CallData, claim, done, free, type Reply } from "./messages.js";

/** What a call can do beside its work. */
export interface Call {
  /** Comes when the caller has given up. */
  readonly signal: AbortSignal;
  /** Tells the caller how far it is. */
  report(report: unknown): void;
  /**
   * Does the last piece of work, which must not be cut off: it would leave files or native memory. It
   * looks at the signal itself, and calls `settle` before it does what stays, such as renaming a file:
   * that throws where the caller has given up, which a signal alone may say too late, as it is not
   * heard while the thread computes.
   */
  tidily<T>(work: (settle: () => void) => Promise<T>): Promise<T>;
}

/** A result with the buffers that it gives away. */
export interface Answer {
  readonly result: unknown;
  readonly transfer?: readonly ArrayBuffer[];
}

/** Answers the request that this thread was started with; called once, by the thread's file. */
export async function serveCall<Request>(
  answer: (request: Request, call: Call) => Promise<Answer>,
): Promise<void> {
  const { request, state } = workerData as CallData;
  const controller = new AbortController();
  parentPort?.on("message", () => controller.abort());
  const call: Call = {
    signal: controller.signal,
    report: (report) => parentPort?.postMessage({ report } satisfies Reply),
    async tidily(work) {
      if (!claim(state, free, busy)) return new Promise(() => {}); // the caller ends this thread
      return work(() => {
        if (!claim(state, busy, done)) throw new Error("the caller has given up");
      });
    },
  };
  try {
    const { result, transfer = [] } = await answer(request as Request, call);
    parentPort?.postMessage({ result } satisfies Reply, [...transfer]);
  } catch (error) {
    parentPort?.postMessage({ error: packError(error) } satisfies Reply);
  }
  parentPort?.close();
}
