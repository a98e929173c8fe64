/**
 * @file Processes a long list with a few tasks in flight at once.
 */

/**
 * Calls `run` with each item and its index, in order, at most `concurrency` at a time. Rejects with the
 * first error, or with the reason of the signal; no task starts after that.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<void>,
  {
    concurrency = 4,
    signal,
  }: { readonly concurrency?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const worker = async () => {
    while (next < items.length && !hasFailed) {
      signal?.throwIfAborted();
      const index = next++;
      await run(items[index] as T, index);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, guarded));
}
