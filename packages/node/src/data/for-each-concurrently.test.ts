import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { forEachConcurrently } from "./for-each-concurrently.js";

describe("forEachConcurrently()", () => {
  it("runs every item once, never more than asked for at once", async () => {
    const seen: [string, number][] = [];
    let running = 0;
    let most = 0;
    await forEachConcurrently(
      [..."abcdefg"],
      async (item, index) => {
        most = Math.max(most, ++running);
        await setImmediate();
        seen.push([item, index]);
        running--;
      },
      { concurrency: 3 },
    );
    assert.equal(most, 3);
    assert.deepEqual(
      seen.sort(([, a], [, b]) => a - b),
      [..."abcdefg"].map((item, index) => [item, index]),
    );
    await forEachConcurrently([], () => assert.fail("nothing to run"));
  });

  it("rejects with the first error and starts nothing after it", async () => {
    const started: number[] = [];
    const run = forEachConcurrently(
      [0, 1, 2, 3, 4, 5],
      async (item) => {
        started.push(item);
        await setImmediate();
        if (item === 1) throw new Error("one");
      },
      { concurrency: 2 },
    );
    await assert.rejects(run, new Error("one"));
    await setImmediate();
    assert.ok(started.length <= 3, `${started}`);
  });

  it("rejects with the reason of the signal", async () => {
    const signal = AbortSignal.abort(new Error("stopped"));
    const run = forEachConcurrently([1], () => assert.fail("not to be started"), { signal });
    await assert.rejects(run, new Error("stopped"));
  });
});
