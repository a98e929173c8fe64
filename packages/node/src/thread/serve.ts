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
   * Does the last piece of work, which must not be cut off: it leaves files or native memory where it
   * is. It looks at the signal itself. Where the caller has given up when it is done, it is undone: a
   * signal alone may come too late, as it is not heard while the thread computes.
   */
  tidily<T>(work: () => Promise<T>, undo: () => Promise<void>): Promise<T>;
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
    async tidily(work, undo) {
      if (!claim(state, free, busy)) return new Promise(() => {}); // the caller ends this thread
      const result = await work();
      if (claim(state, busy, done)) return result;
      await undo();
      throw new Error("the caller has given up");
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
