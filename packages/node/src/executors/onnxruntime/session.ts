/**
 * @file ONNX Runtime itself: the native library in Node, or its WebAssembly build.
 *
 * Both packages share one interface, so only loading and settings differ here.
 */

import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import type { OnnxBundle } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import {
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";

/** Which build of ONNX Runtime: `native` is onnxruntime-node, `wasm` is onnxruntime-web. */
export type OrtBuild = "native" | "wasm";

/**
 * The stack that a thread needs which loads ONNX Runtime, in MiB: that matches the command line of the
 * process against regular expressions, and libstdc++'s matcher recurses once a character, so that a few
 * hundred file names overflow the usual 4 MiB. Memory is taken only as the stack grows.
 */
export const ortStackMb = 256;

/** Settings of a session. */
export interface SessionOptions {
  readonly build: OrtBuild;
  readonly threads?: number | undefined;
  /** Whether ONNX Runtime runs its own graph passes; true. */
  readonly optimize?: boolean | undefined;
  /**
   * Whether ONNX Runtime takes one block for all activations of a run and gives it back afterwards;
   * true. In a training step that costs a fifth of the time, and the memory of the first run twice.
   */
  readonly memoryPattern?: boolean | undefined;
}

interface Ort {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof OrtTensor;
  readonly env: {
    readonly versions: { readonly [build: string]: string | undefined };
    readonly wasm: { numThreads?: number };
  };
}

/** Loads a build, or throws `ResourceError` with what to do about it. */
export async function loadOrt(build: OrtBuild): Promise<Ort> {
  const name = build === "native" ? "onnxruntime-node" : "onnxruntime-web";
  try {
    return (build === "native"
      ? await import("onnxruntime-node")
      : await import("onnxruntime-web")) as unknown as Ort;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new ResourceError(
      "ENGINE_MISSING",
      `Cannot load ${name}: expected it to be installed with a binary for ${process.platform}/${process.arch}, got "${reason}"`,
      { cause },
    );
  }
}

/** A tensor that stays with the thread and is changed in place. */
export interface Variable {
  readonly data: Float32Array;
  readonly tensor: OrtTensor;
}

/** A variable that runs can read and overwrite: the numbers of the tensor themselves. */
export async function createVariable(
  { shape, data }: Tensor,
  { build }: SessionOptions,
): Promise<Variable> {
  const ort = await loadOrt(build);
  return { data, tensor: new ort.Tensor("float32", data, shape) };
}

/** A session that takes and gives this library's tensors. */
export class OrtSession {
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #outputs: OnnxBundle["outputs"];
  /** Whether outputs may be written where the caller says; the WebAssembly build gives such a buffer back unchanged. */
  readonly #fillsBuffers: boolean;

  private constructor(
    ort: Ort,
    session: InferenceSession,
    outputs: OnnxBundle["outputs"],
    build: OrtBuild,
  ) {
    this.#ort = ort;
    this.#session = session;
    this.#outputs = outputs;
    this.#fillsBuffers = build === "native";
  }

  /** Creates a session; ONNX Runtime copies what it needs of the bundle. */
  static async create(bundle: OnnxBundle, options: SessionOptions): Promise<OrtSession> {
    const ort = await loadOrt(options.build);
    const { threads } = options;
    if (options.build === "wasm" && threads !== undefined) ort.env.wasm.numThreads = threads;
    const session = await ort.InferenceSession.create(bundle.model, {
      executionProviders: [options.build === "native" ? "cpu" : "wasm"],
      graphOptimizationLevel: options.optimize === false ? "disabled" : "all",
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      logSeverityLevel: 3,
      ...(options.memoryPattern === false && { enableMemPattern: false }),
      externalData: [...bundle.externalData],
    });
    return new OrtSession(ort, session, bundle.outputs, options.build);
  }

  /** Runs the session; output names are those of the graph. */
  async run(inputs: Tensors, outputs: readonly string[]): Promise<Map<string, Tensor>> {
    const feeds = Object.fromEntries(
      [...inputs].map(([name, { shape, data }]) => [name, this.#feed(data, shape)]),
    );
    const inModel = (name: string) => this.#outputs.get(name) ?? name;
    const found = await this.#session.run(feeds, [...new Set(outputs.map(inModel))]);
    return new Map(
      outputs.map((name) => {
        const { dims, data } = found[inModel(name)] as OrtTensor;
        return [name, tensor(dims, data as Float32Array)];
      }),
    );
  }

  /**
   * Runs the session on variables: those in `feeds` are read where they are, those in `into` are
   * overwritten where they are, by output name; gives the other outputs of the graph.
   */
  async runInto(
    inputs: Tensors,
    feeds: ReadonlyMap<string, Variable>,
    into: ReadonlyMap<string, Variable>,
  ): Promise<Map<string, Tensor>> {
    const given: Record<string, OrtTensor> = {};
    for (const [name, { shape, data }] of inputs) given[name] = this.#feed(data, shape);
    for (const [name, variable] of feeds) given[name] = variable.tensor;
    const fetches: Record<string, OrtTensor | null> = {};
    for (const [output, name] of this.#outputs) {
      fetches[name] = (this.#fillsBuffers ? into.get(output)?.tensor : undefined) ?? null;
    }
    const found = await this.#session.run(given, fetches);
    const rest = new Map<string, Tensor>();
    for (const [output, name] of this.#outputs) {
      const { dims, data } = found[name] as OrtTensor & { readonly data: Float32Array };
      const variable = into.get(output);
      if (!variable) rest.set(output, tensor(dims, data));
      // One value may be several outputs, of which one alone is filled.
      else if (data !== variable.data) variable.data.set(data);
    }
    return rest;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #feed(data: Float32Array, shape: readonly number[]): OrtTensor {
    return new this.#ort.Tensor("float32", data.subarray(0, sizeOf(shape)), shape);
  }
}
