/**
 * @file Calls that are given up at a moment of their course, and what must be left of them: their signal's
 * own reason, no thread, and no file that was not there before.
 */
import assert from "node:assert/strict";
import { mkdir, readdir, rm } from "node:fs/promises";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";

/** A call that takes time. */
export type Call = (signal: AbortSignal | undefined) => Promise<unknown>;

/** Threads of this process that run. */
const threads = new Set<Worker>();
process.on("worker", (worker) => {
  threads.add(worker);
  worker.once("exit", () => threads.delete(worker));
});

/** Shares of a call's time after which it is given up. */
const moments = [0.75, 0.4, 0.1];

/** What comes late is wrong after that; far above what is promised, since tests share a machine. */
export const patience = 10_000;

/** Waits until something holds, and fails when it never does. */
export async function eventually(
  holds: () => Promise<boolean>,
  message: () => Promise<string>,
): Promise<void> {
  const end = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > end) assert.fail(await message());
    await sleep(20);
  }
}

/** Does something, and waits until no thread is left that was not there before. */
export async function leavingNoThread<T>(run: () => Promise<T>): Promise<T> {
  const before = [...threads];
  const result = await run();
  await eventually(
    async () => [...threads].every((one) => before.includes(one)),
    async () => `expected no new thread, got ${threads.size} instead of ${before.length}`,
  );
  return result;
}

/** Where a call writes, and what is there before it and after one that was given up. */
export interface Place {
  readonly folder: string;
  /** Names of the files that are there before. */
  readonly kept?: readonly string[];
}

/** Gives a call up after so many milliseconds; says after how many more it rejected, if it did. */
export function giveUp(call: Call, afterMs: number, place: Place): Promise<number | undefined> {
  return leavingNoThread(async () => {
    const { folder, kept = [] } = place;
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    let aborted = Number.NaN;
    const timer = setTimeout(() => {
      aborted = performance.now();
      controller.abort(reason);
    }, afterMs);
    try {
      await call(controller.signal);
      clearTimeout(timer);
      return undefined; // it was faster
    } catch (error) {
      assert.equal(error, reason);
    }
    const late = performance.now() - aborted;
    assert.ok(late < patience, `expected an end, got one after ${late} ms`);
    await eventually(
      async () => (await readdir(folder)).join() === kept.join(),
      async () => `expected ${kept.join(", ") || "no file"}, got ${await readdir(folder)}`,
    );
    return late;
  });
}

/** A call that ends when it may, and is given up at several moments; `prepare` comes before each. */
export async function expectAbortable(
  context: TestContext,
  call: Call,
  place: Place,
  {
    prepare = () => emptied(place.folder),
    check = async () => {},
  }: {
    readonly prepare?: () => Promise<void>;
    /** Looks at what is left where the call was given up. */
    readonly check?: () => Promise<void>;
  } = {},
): Promise<void> {
  await prepare();
  const reason = new Error("never");
  const before = threads.size;
  await assert.rejects(call(AbortSignal.abort(reason)), (error) => error === reason);
  assert.deepEqual([threads.size, await readdir(place.folder)], [before, place.kept ?? []]);

  const start = performance.now();
  await call(undefined);
  const whole = performance.now() - start;

  const late: number[] = [];
  const once = async (afterMs: number) => {
    await prepare();
    const took = await giveUp(call, afterMs, place);
    if (took === undefined) return;
    late.push(took);
    await check();
  };
  for (const moment of moments) await once(moment * whole);
  // Later runs are faster than the first: the earliest moment comes early enough at last.
  for (let ms = whole / 20; late.length === 0; ms /= 4) {
    assert.ok(ms > 0.01, "expected a call that can be given up, got one that ends each time");
    await once(ms);
  }
  await emptied(place.folder);
  const longest = Math.max(...late).toFixed(0);
  context.diagnostic(
    `rejected ${late.length} of ${moments.length} times, ${longest} ms after the signal at most; whole ${whole.toFixed(0)} ms`,
  );
}

/** Leaves an empty folder of that name. */
export async function emptied(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
}
