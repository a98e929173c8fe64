/**
 * @file Calls that are given up: what an `AbortSignal` does to a promise.
 *
 * A signal gets one listener, however many calls wait for it: programs keep one signal for thousands.
 */

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * What a promise gives, or a rejection with the signal's reason as soon as that comes; what the promise
 * still gives then goes to `late`, which frees it.
 */
export function orAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  late: (value: T) => void = () => {},
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const forget = whenAborted(signal, () => reject(signal.reason));
    promise.then(
      (value) => {
        forget();
        if (signal.aborted) late(value);
        else resolve(value);
      },
      (error: unknown) => {
        forget();
        reject(error);
      },
    );
  });
}

/** Calls back once, now or when the signal comes; gives what stops that. */
export function whenAborted(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const callbacks = waiting.get(signal) ?? listenTo(signal);
  const once = () => callback(); // the same callback may wait twice
  callbacks.add(once);
  return () => void callbacks.delete(once);
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  const call = () => {
    for (const callback of callbacks) callback();
    callbacks.clear();
  };
  signal.addEventListener("abort", call, { once: true });
  return callbacks;
}

/**
 * Frees something at the end of a scope. When the signal has come that is not waited for: it may have to
 * wait itself, for a step that is under way.
 */
export function freeing(
  signal: AbortSignal | undefined,
  free: () => PromiseLike<void>,
): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      const freed = Promise.resolve(free());
      freed.catch(() => {}); // where nobody waits
      if (!signal?.aborted) await freed;
    },
  };
}
