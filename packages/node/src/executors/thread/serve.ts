/**
 * @file The thread's half of a `ThreadExecutor`: requests come in, one after another, an engine
 * computes, answers go out.
 *
 * An engine holds its thread while it computes, so that thread must not be the caller's.
 */
import { parentPort } from "node:worker_threads";
import { packError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { buffersOf, freeBuffers } from "../../thread/buffers.js";
import type { Engine, EngineProgram, EngineTraining } from "./engine.js";
import type { Reply, Request } from "./messages.js";

/** Answers what this thread is asked, for as long as it lives; called once, by the thread's file. */
export function serveEngine(engine: Engine): void {
  const served = new ServedEngine(engine);
  let pending: Promise<void> = Promise.resolve();
  parentPort?.on("message", (request: Request) => {
    pending = pending.then(async () => {
      const reply = await served.answer(request);
      parentPort?.postMessage(reply, buffersOf(reply.outputs ?? new Map()));
    });
  });
}

/** An engine with all that was compiled on it and not yet released, by id. */
class ServedEngine {
  readonly #engine: Engine;
  readonly #programs = new Map<number, EngineProgram>();
  readonly #trainings = new Map<number, EngineTraining>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async answer(request: Request): Promise<Reply> {
    const { id, givenUp } = request;
    if (givenUp && Atomics.load(givenUp, 0) !== 0) {
      if (request.kind === "compile" && request.consume) freeBuffers(buffersOf(request.parameters));
      return { id, isSkipped: true };
    }
    try {
      const outputs = await this.#perform(request);
      return outputs ? { id, outputs } : { id };
    } catch (error) {
      return { id, error: packError(this.#engine.explain(error)) };
    }
  }

  async #perform(request: Request): Promise<Tensors | undefined> {
    switch (request.kind) {
      case "compile":
        this.#programs.set(request.id, await this.#compile(request));
        return undefined;
      case "run":
        return find(this.#programs, request.program).run(request.inputs, request.outputs);
      case "release":
        await this.#release(request.program);
        return undefined;
      case "close":
        await this.#close();
        return undefined;
      case "compileTraining": {
        const { steps, variables } = request;
        this.#trainings.set(request.id, await this.#engine.compileTraining(steps, variables));
        return undefined;
      }
      case "step":
        return find(this.#trainings, request.program).run(request.step, request.inputs);
      case "read":
        return find(this.#trainings, request.program).read(request.names);
      case "write":
        find(this.#trainings, request.program).write(request.variables);
        return undefined;
    }
  }

  async #compile(request: Request & { kind: "compile" }): Promise<EngineProgram> {
    const { graph, parameters, consume } = request;
    const program = await this.#engine.compile(graph, parameters, { consume });
    if (consume) freeBuffers(buffersOf(parameters));
    return program;
  }

  /** A release that fails is not tried again: half of what it frees may be gone. */
  async #release(program: number): Promise<void> {
    const found = this.#programs.get(program) ?? find(this.#trainings, program);
    this.#programs.delete(program);
    this.#trainings.delete(program);
    await found.release();
  }

  /** Native objects lean on older ones, and all of them on the engine: the newest go first. */
  async #close(): Promise<void> {
    const left = [...this.#programs.keys(), ...this.#trainings.keys()].sort((a, b) => b - a);
    const failures: unknown[] = [];
    for (const program of left) {
      await this.#release(program).catch((error: unknown) => failures.push(error));
    }
    await this.#engine.dispose();
    if (failures.length > 0) throw failures[0];
  }
}

function find<Compiled>(among: ReadonlyMap<number, Compiled>, program: number): Compiled {
  const found = among.get(program);
  if (!found) throw new Error(`program ${program} has been disposed`);
  return found;
}
