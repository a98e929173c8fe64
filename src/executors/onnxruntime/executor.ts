/**
 * @file The executor on ONNX Runtime: a worker thread at the other end of a message channel.
 *
 * Weights and inputs travel by copy, or by transfer where the caller allows it, results by transfer. The thread does not keep the process alive while idle.
 */
import { Worker } from "node:worker_threads";
import { type PackedError, ResourceError, unpackError } from "../../errors.js";
import type { Graph } from "../../graph/ir.js";
import type { Tensor, Tensors } from "../../tensor/tensor.js";
import type {
  CompileOptions,
  Executor,
  ExecutorOptions,
  Program,
  RunOptions,
  TrainingOptions,
  TrainingProgram,
  TrainingStep,
} from "../executor.js";
import { loadOrt, type OrtBuild } from "./session.js";

/** What the thread is asked; `id` comes back with the answer. */
export type Request = { readonly id: number } & (
  | {
      readonly kind: "compile";
      readonly graph: Graph;
      readonly parameters: Tensors;
      readonly consume: boolean;
    }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly inputs: Tensors;
      readonly outputs: readonly string[];
    }
  | { readonly kind: "release"; readonly program: number }
  | { readonly kind: "close" }
  | {
      readonly kind: "compileTraining";
      readonly steps: readonly TrainingStep[];
      readonly variables: Tensors;
    }
  | {
      readonly kind: "step";
      readonly program: number;
      readonly step: number;
      readonly inputs: Tensors;
    }
  | { readonly kind: "read"; readonly program: number; readonly names: readonly string[] }
  | { readonly kind: "write"; readonly program: number; readonly variables: Tensors }
);

/** What the thread answers. */
export interface Reply {
  readonly id: number;
  outputs?: ReadonlyMap<string, Tensor>;
  error?: PackedError;
}

/**
 * ONNX Runtime matches the command line of the process against regular expressions, and libstdc++'s
 * matcher recurses once a character: a few hundred file names overflow the usual 4 MiB. Memory is
 * taken only as the stack grows.
 */
const stackSizeMb = 256;

type Body<K> = K extends unknown ? Omit<K, "id"> : never;

/** An executor on one build of ONNX Runtime; throws `ResourceError` when that cannot be loaded. */
export async function createOnnxRuntimeExecutor(
  build: OrtBuild,
  options: ExecutorOptions = {},
): Promise<Executor> {
  const { env } = await loadOrt(build);
  const version = env.versions[build === "native" ? "node" : "web"] ?? env.versions["common"];
  const threads = options.threads === undefined ? "" : `, ${options.threads} threads`;
  const description = `ONNX Runtime ${version} (${build}${threads})`;
  return new OnnxRuntimeExecutor(build, description, options);
}

class OnnxRuntimeExecutor implements Executor {
  readonly name: string;
  readonly description: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (reply: Reply) => void; reject: (error: Error) => void }
  >();
  #next = 0;
  #failure: Error | undefined;

  constructor(build: OrtBuild, description: string, { threads }: ExecutorOptions) {
    this.name = build === "native" ? "onnxruntime" : "wasm";
    this.description = description;
    const workerData = { build, threads };
    const settings = {
      workerData,
      execArgv: [], // flags of the host program, such as --input-type, are not for this thread
      resourceLimits: { stackSizeMb },
    };
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), settings);
    this.#worker.unref();
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the executor was disposed of")));
  }

  async compile(
    graph: Graph,
    parameters: Tensors,
    { consume = false }: CompileOptions = {},
  ): Promise<Program> {
    const request = { kind: "compile", graph, parameters, consume } as const;
    const { id } = await this.#ask(request, consume ? buffersOf(parameters) : []);
    return {
      run: (inputs, run = {}) => this.#run(id, graph, inputs, run),
      dispose: async () => {
        if (!this.#failure) await this.#ask({ kind: "release", program: id });
      },
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
      dispose: async () => {
        if (!this.#failure) await this.#ask({ kind: "release", program });
      },
    };
  }

  /** Waits for what is under way: ending the thread inside a run would abort the whole process. */
  async dispose(): Promise<void> {
    if (!this.#failure) await this.#ask({ kind: "close" }).catch(() => {});
    await this.#worker.terminate();
  }

  async #run(program: number, graph: Graph, inputs: Tensors, run: RunOptions): Promise<Tensors> {
    const outputs = run.outputs ?? [...graph.outputs.keys()];
    const request = { kind: "run", program, inputs, outputs } as const;
    return (await this.#ask(request, run.transfer ? buffersOf(inputs) : [])).outputs ?? new Map();
  }

  #ask(body: Body<Request>, transfer: ArrayBuffer[] = []): Promise<Reply> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...body }, transfer);
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
    this.#failure ??= new ResourceError(
      "ENGINE_STOPPED",
      `Cannot run on ${this.description}: expected its thread to be alive, got "${cause.message}"`,
      { cause },
    );
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** The buffers behind some tensors, each once. */
function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = new Set([...tensors.values()].map(({ data }) => data.buffer));
  return [...buffers].filter((one) => one instanceof ArrayBuffer);
}
