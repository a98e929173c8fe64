/**
 * @file The messages between `callThread` and `serveCall`.
 */
import type { PackedError } from "@inception-resnet-v2/core/internal/errors.js";

/** What the thread finds as `workerData`. */
export interface CallData {
  readonly request: unknown;
  /** One of the states below, which both sides see. */
  readonly state: Int32Array;
}

/** What the thread answers: any number of reports, then one of the others. */
export type Reply =
  | { readonly report: unknown }
  | { readonly result: unknown }
  | { readonly error: PackedError };

/** The thread may be ended at any moment. */
export const free = 0;
/** The thread has something to tidy up, and ends by itself when it is asked to. */
export const busy = 1;
/** The caller has given up; the thread begins nothing more. */
export const ended = 2;
/** The caller has given up while the thread was busy, which undoes what it did. */
export const unwanted = 3;
/** What the thread was busy with is there to stay; the caller can no more give up. */
export const done = 4;

/** Goes from one state to another; false where the other side was first. */
export function claim(state: Int32Array, from: number, to: number): boolean {
  return Atomics.compareExchange(state, 0, from, to) === from;
}
