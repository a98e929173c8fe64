import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { type Tensors, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { ThreadExecutor } from "./executor.js";

/** A graph that doubles `x`. */
function doubling(name: string): Graph {
  const builder = new GraphBuilder();
  const x = builder.input("x", [1, 1, 1, 2]);
  const y = builder.add("scale", "scale", [x], { factor: 2 });
  return builder.finish(name, new Map([["y", y]]));
}

const inputs = (): Tensors => new Map([["x", tensor([1, 1, 1, 2], Float32Array.of(1, 2))]]);
const none: Tensors = new Map();

function stopped(reason: string) {
  return {
    name: "ResourceError",
    code: "ENGINE_STOPPED",
    message: `Cannot run on a log: ${reason}`,
  };
}

describe("ThreadExecutor", () => {
  let folder: string;
  let file: string;
  let count = 0;
  let executor: ThreadExecutor;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-thread-"));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    file = join(folder, `${count++}.log`);
    executor = new ThreadExecutor({
      name: "log",
      description: "a log",
      memory: {
        processBytes: 0,
        ofLive: 1,
        ofLargest: 0,
        ofWeights: 0,
        workspaceBytes: () => 0,
      },
      module: new URL(import.meta.resolve("@inception-resnet-v2/test/helpers/logging-engine.js")),
      workerData: file,
    });
  });
  afterEach(() => executor.dispose());

  const log = async () => (await readFile(file, "utf8")).trimEnd().split("\n");

  it("does one thing after another, in the order asked", async () => {
    const [first, second] = await Promise.all([
      executor.compile(doubling("first"), none),
      executor.compile(doubling("second"), none),
    ]);
    const runs = await Promise.all([second.run(inputs()), first.run(inputs()), first.dispose()]);
    assert.deepEqual([...(runs[0].get("y")?.data ?? [])], [2, 4]);
    const lines = ["compile first", "compile second", "run second", "run first", "release first"];
    assert.deepEqual(await log(), lines);
  });

  it("finishes what is under way when disposed of, then frees the newest first, the engine last", async () => {
    const first = await executor.compile(doubling("first"), none);
    await executor.compileTraining([], none);
    await executor.compile(doubling("unreleasable"), none);
    const second = await executor.compile(doubling("second"), none);
    await second.dispose();
    const run = first.run(inputs());
    await Promise.all([executor.dispose(), executor.dispose()]);
    assert.deepEqual([...((await run).get("y")?.data ?? [])], [2, 4]);
    assert.deepEqual((await log()).slice(4), [
      "release second",
      "run first",
      "release unreleasable",
      "release training",
      "release first",
      "dispose engine",
    ]);
  });

  it("refuses what comes after it is disposed of, except disposing", async () => {
    const program = await executor.compile(doubling("first"), none);
    const disposal = executor.dispose();
    const error = stopped("the executor has been disposed");
    await assert.rejects(program.run(inputs()), error);
    await assert.rejects(executor.compile(doubling("second"), none), error);
    await program.dispose();
    await disposal;
    await assert.rejects(program.run(inputs()), error);
    assert.deepEqual(await log(), ["compile first", "release first", "dispose engine"]);
  });

  it("refuses a program that was disposed of", async () => {
    const program = await executor.compile(doubling("first"), none);
    await program.dispose();
    await assert.rejects(program.run(inputs()), { message: "program 0 has been disposed" });
    await assert.rejects(program.dispose(), { message: "program 0 has been disposed" });
  });

  it("tries once to release a program", async () => {
    const program = await executor.compile(doubling("unreleasable"), none);
    await assert.rejects(program.dispose(), { message: "Cannot go on: it does not let go" });
    await executor.dispose();
    const lines = ["compile unreleasable", "release unreleasable", "dispose engine"];
    assert.deepEqual(await log(), lines);
  });

  it("gives errors as the engine explains them, and goes on", async () => {
    const program = await executor.compile(doubling("first"), none);
    await assert.rejects(program.run(none), {
      name: "ResourceError",
      code: "OUT_OF_MEMORY",
      message: 'Cannot go on: Cannot run: no tensor is given for "x"',
    });
    assert.deepEqual([...((await program.run(inputs())).get("y")?.data ?? [])], [2, 4]);
  });

  it("takes away only what it may", async () => {
    const parameters = () => new Map([["w", tensor([2])]]);
    const [kept, consumed] = [parameters(), parameters()];
    await executor.compile(doubling("kept"), kept);
    await executor.compile(doubling("consumed"), consumed, { consume: true });
    assert.equal(kept.get("w")?.data.byteLength, 8);
    assert.equal(consumed.get("w")?.data.byteLength, 0);
    const program = await executor.compile(doubling("first"), none);
    const [copied, transferred] = [inputs(), inputs()];
    await program.run(copied);
    await program.run(transferred, { transfer: true });
    assert.equal(copied.get("x")?.data.byteLength, 8);
    assert.equal(transferred.get("x")?.data.byteLength, 0);
    await executor.dispose();
    const freed = (await log()).slice(-5);
    assert.deepEqual(freed.slice(0, 4), [
      "release consumed",
      "w has 0 bytes",
      "release kept",
      "w has 8 bytes",
    ]);
  });

  it("refuses inputs that cannot be sent, and goes on", async () => {
    const program = await executor.compile(doubling("first"), none);
    const given = inputs();
    await program.run(given, { transfer: true });
    await assert.rejects(program.run(given), { name: "DataCloneError" });
    assert.deepEqual([...((await program.run(inputs())).get("y")?.data ?? [])], [2, 4]);
  });

  it("gives results of which two share a buffer", async () => {
    const training = await executor.compileTraining([], none);
    const found = await training.read(["a", "b"]);
    assert.deepEqual([...found.keys()], ["a", "b"]);
    assert.deepEqual(found.get("a"), tensor([1], Float32Array.of(7)));
    assert.deepEqual(found.get("b"), found.get("a"));
  });

  it("computes no run that was given up before it began, and drops the one under way", async () => {
    const program = await executor.compile(doubling("first"), none);
    const controller = new AbortController();
    const { signal } = controller;
    const runs = [1, 2, 3].map(() => program.run(inputs(), { signal }));
    const kept = program.run(inputs());
    await setTimeout(10); // the first has begun, and takes 20 ms
    const reason = new Error("enough");
    controller.abort(reason);
    const from = performance.now();
    for (const run of runs) await assert.rejects(run, (error) => error === reason);
    assert.ok(performance.now() - from < 10);
    assert.deepEqual([...((await kept).get("y")?.data ?? [])], [2, 4]);
    assert.deepEqual(await log(), ["compile first", "run first", "run first"]);
    await assert.rejects(program.run(inputs(), { signal }), (error) => error === reason);
  });

  it("releases what was compiled after it was given up, and compiles nothing that waits", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const parameters = () => new Map([["w", tensor([2])]]);
    const first = executor.compile(doubling("slow"), parameters(), { signal });
    const second = executor.compile(doubling("second"), parameters(), { signal, consume: true });
    while (!(await readFile(file, "utf8").catch(() => ""))) await setTimeout(1);
    controller.abort();
    for (const call of [first, second]) await assert.rejects(call, { name: "AbortError" });
    await executor.dispose();
    assert.deepEqual(await log(), [
      "compile slow",
      "release slow",
      "w has 8 bytes",
      "dispose engine",
    ]);
  });

  it("fails what is under way when its thread ends, and what comes after", async () => {
    const program = await executor.compile(doubling("first"), none);
    const runs = [program.run(new Map([["end", tensor([1])]])), program.run(inputs())];
    for (const run of runs) await assert.rejects(run, stopped("its thread has ended"));
    await assert.rejects(program.run(inputs()), stopped("its thread has ended"));
    await program.dispose();
    await executor.dispose();
  });
});
