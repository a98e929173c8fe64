import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { orAborted, whenAborted } from "./abort.js";

describe("orAborted()", () => {
  it("gives what the promise gives, where no signal comes", async () => {
    const { signal } = new AbortController();
    assert.equal(await orAborted(Promise.resolve(1), undefined), 1);
    assert.equal(await orAborted(sleep(1, 2), signal), 2);
    await assert.rejects(orAborted(Promise.reject(new RangeError("no")), signal), RangeError);
  });

  it("rejects at once with the reason, and hands on what comes late", async () => {
    const controller = new AbortController();
    const reason = { why: "enough" };
    const late: string[] = [];
    const call = orAborted(sleep(20, "row"), controller.signal, (value) => late.push(value));
    controller.abort(reason);
    await assert.rejects(call, (error) => error === reason);
    assert.deepEqual(late, []);
    await sleep(40);
    assert.deepEqual(late, ["row"]);
  });

  it("rejects where the signal came before, and says nothing of what fails late", async () => {
    const reason = new Error("before");
    const failing = sleep(5).then(() => Promise.reject(new Error("late")));
    await assert.rejects(orAborted(failing, AbortSignal.abort(reason)), reason);
    await sleep(10);
  });

  it("adds one listener for any number of calls, so that Node warns of no leak", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const controller = new AbortController();
    const calls = Array.from({ length: 50 }, () => orAborted(sleep(50), controller.signal));
    controller.abort();
    for (const { status } of await Promise.allSettled(calls)) assert.equal(status, "rejected");
    await sleep(1);
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });
});

describe("whenAborted()", () => {
  it("calls back once, unless it is stopped", () => {
    const controller = new AbortController();
    const calls: string[] = [];
    whenAborted(controller.signal, () => calls.push("kept"));
    whenAborted(controller.signal, () => calls.push("stopped"))();
    controller.abort();
    whenAborted(controller.signal, () => calls.push("after"));
    assert.deepEqual(calls, ["kept", "after"]);
  });
});
