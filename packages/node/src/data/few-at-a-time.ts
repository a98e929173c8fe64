/**
 * @file Going through a long list with a few tasks under way at once.
 */

/**
 * Calls `run` with each item and its place, at most `most` at a time, in order of the list. Rejects
 * with the first error, or with the reason of the signal; no task is started after that.
 */
export async function fewAtATime<T>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<void>,
  { most = 4, signal }: { readonly most?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const lane = async () => {
    while (next < items.length && !hasFailed) {
      signal?.throwIfAborted();
      const index = next++;
      await run(items[index] as T, index);
    }
  };
  const guarded = () =>
    lane().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    });
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, guarded));
}
