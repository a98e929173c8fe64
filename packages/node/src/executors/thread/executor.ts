/**
 * @file An executor at the other end of a message channel: the caller's half of `serve.ts`.
 *
 * Weights and inputs travel by copy, or by transfer where the caller allows it, results by transfer.
 * The thread does not keep the process alive while idle. A call that is given up rejects at once; the
 * thread skips what it has not begun, and what it makes nevertheless is released.
 */

import { Worker } from "node:worker_threads";
import { orAborted, whenAborted } from "@inception-resnet-v2/core/internal/abort.js";
import { ResourceError, unpackError } from "@inception-resnet-v2/core/internal/errors.js";
import type {
  CompileOptions,
  Executor,
  MemoryModel,
  Program,
  RunOptions,
  TrainingOptions,
  TrainingProgram,
  TrainingStep,
} from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { threadFile } from "../../files/own-file.js";
import { buffersOf } from "../../thread/buffers.js";
import type { Reply, Request } from "./messages.js";

/** What the thread runs, and what it is called. */
export interface ThreadOptions {
  readonly name: string;
  readonly description: string;
  readonly memory: MemoryModel;
  /** The file of the thread, which calls `serveEngine`. */
  readonly module: URL;
  /** What that file finds as `workerData`. */
  readonly workerData: unknown;
  /** The most that the stack of the thread may take; by default Node's 4 MiB. */
  readonly stackSizeMb?: number;
}

type Body<K> = K extends unknown ? Omit<K, "id"> : never;

/** Runs graphs on an engine in a thread of its own. */
export class ThreadExecutor implements Executor {
  readonly name: string;
  readonly description: string;
  readonly memory: MemoryModel;
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (reply: Reply) => void; reject: (error: Error) => void }
  >();
  #next = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor({ name, description, memory, module, workerData, stackSizeMb }: ThreadOptions) {
    this.name = name;
    this.description = description;
    this.memory = memory;
    this.#worker = new Worker(threadFile(module), {
      workerData,
      execArgv: [], // flags of the host program, such as --input-type, are not for this thread
      ...(stackSizeMb !== undefined && { resourceLimits: { stackSizeMb } }),
    });
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("its thread has ended")));
  }

  async compile(
    graph: Graph,
    parameters: Tensors,
    { consume = false, signal }: CompileOptions = {},
  ): Promise<Program> {
    const request = { kind: "compile", graph, parameters, consume } as const;
    const asked = this.#ask(request, consume ? buffersOf(parameters) : [], signal);
    const { id } = await orAborted(asked, signal, ({ id: late, isSkipped }) => {
      if (!isSkipped) this.#release(late).catch(() => {});
    });
    return {
      run: (inputs, run = {}) => this.#run(id, graph, inputs, run),
      dispose: () => this.#release(id),
    };
  }

  async compileTraining(
    steps: readonly TrainingStep[],
    variables: Tensors,
    { consume = new Set() }: TrainingOptions = {},
  ): Promise<TrainingProgram> {
    const taken = new Map([...variables].filter(([name]) => consume.has(name)));
    const request = { kind: "compileTraining", steps, variables } as const;
    const { id: program } = await this.#ask(request, buffersOf(taken));
    const outputs = async (body: Body<Request>) => (await this.#ask(body)).outputs ?? new Map();
    return {
      run: (step, inputs) => outputs({ kind: "step", program, step, inputs }),
      read: (names) => outputs({ kind: "read", program, names }),
      write: async (changed) => {
        await this.#ask({ kind: "write", program, variables: changed });
      },
      dispose: () => this.#release(program),
    };
  }

  /**
   * Waits for what is under way, for ending the thread inside a run would abort the whole process;
   * then the thread frees what is left. Nothing may be asked of it after that.
   */
  async dispose(): Promise<void> {
    if (!this.#failure) {
      this.#closed = this.#ask({ kind: "close" }).then(
        () => {},
        () => {},
      );
      this.#failure = this.#stopped(new Error("the executor has been disposed"));
    }
    await this.#closed;
    await this.#worker.terminate();
  }

  async #run(program: number, graph: Graph, inputs: Tensors, run: RunOptions): Promise<Tensors> {
    const outputs = run.outputs ?? [...graph.outputs.keys()];
    const request = { kind: "run", program, inputs, outputs } as const;
    const asked = this.#ask(request, run.transfer ? buffersOf(inputs) : [], run.signal);
    return (await orAborted(asked, run.signal)).outputs ?? new Map();
  }

  async #release(program: number): Promise<void> {
    if (!this.#failure) await this.#ask({ kind: "release", program });
  }

  async #ask(
    body: Body<Request>,
    transfer: ArrayBuffer[] = [],
    signal?: AbortSignal,
  ): Promise<Reply> {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const id = this.#next++;
    const request = { id, ...body, ...(signal && { givenUp: flagOf(signal) }) };
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(request, transfer); // throws on what cannot be sent
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (reply.error) waiting?.reject(unpackError(reply.error));
    else waiting?.resolve(reply);
  }

  #fail(cause: Error): void {
    const error = this.#stopped(cause);
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #stopped(cause: Error): ResourceError {
    return new ResourceError(
      "ENGINE_STOPPED",
      `Cannot run on ${this.description}: ${cause.message}`,
      { cause },
    );
  }
}

const flags = new WeakMap<AbortSignal, Int32Array>();

/** A flag that both threads see and the signal raises: messages wait until a run is over. */
function flagOf(signal: AbortSignal): Int32Array {
  const known = flags.get(signal);
  if (known) return known;
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  flags.set(signal, flag);
  whenAborted(signal, () => Atomics.store(flag, 0, 1));
  return flag;
}
