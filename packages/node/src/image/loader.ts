/**
 * @file Images to tensors off the caller's event loop: a few threads, each with one image at a time.
 *
 * Threads start when there is work for them; the first one at once, so that it is ready when the
 * first image comes. They do not keep the process alive while idle. What comes out does not depend
 * on how many there are: the same image gives the same bytes, in the order of the sources.
 */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import {
  type PackedError,
  ResourceError,
  unpackError,
} from "@inception-resnet-v2/core/internal/errors.js";
import type { Augmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import { channelsOf, type RawPixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  checkSource,
  type ImageSource,
  isEncodedBytes,
  viewOf,
} from "@inception-resnet-v2/core/internal/image/source.js";
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { threadFile } from "../files/own-file.js";
import type { CacheOptions, CachePlace } from "./decode-cache.js";
import type { DecodeOptions } from "./decode-node.js";

/** What every image becomes. */
export interface LoaderOptions extends DecodeOptions {
  readonly preprocessing: Preprocessing;
  /** Size of the tensors in pixels. */
  readonly height: number;
  readonly width: number;
  /** What training does to images that are loaded with a stream's name; nothing by default. */
  readonly augmentation?: Augmentation;
  /** Seed of those streams; 0. */
  readonly seed?: number;
  /** Where decoded files are kept that a stream augments; nowhere by default. */
  readonly cache?: CachePlace & CacheOptions;
}

/** An image that was loaded, or the reason why not. */
export type LoadedImage =
  | { readonly source: ImageSource; readonly tensor: Tensor }
  | { readonly source: ImageSource; readonly error: Error };

/** An image on its way to a thread. */
export type PackedSource =
  | { readonly url: string }
  | { readonly source: string | Uint8Array | Blob | RawPixels };

/** What a thread is asked: an image, and the stream of random numbers that augments it. */
export interface LoadRequest {
  readonly packed: PackedSource;
  /** SHA-256 that the bytes of a file must have, in hex. */
  readonly sha256?: string | undefined;
  readonly stream?: string | undefined;
}

/** What a thread answers. */
export type Reply = { readonly tensor: Tensor } | { readonly error: PackedError };

/** How to load one image. */
export interface LoadImageOptions {
  /** Name of the stream of random numbers that augments it; by default it stays as it is. */
  readonly stream?: string | undefined;
  /** SHA-256 of the bytes of a file, in hex: others are refused, and decoded pixels cached by it. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Job extends LoadRequest {
  readonly signal?: AbortSignal | undefined;
  readonly buffers: ArrayBuffer[];
  readonly resolve: (tensor: Tensor) => void;
  readonly reject: (error: Error) => void;
}

/** Loads images for one model; dispose of it when done. */
export class ImageLoader {
  readonly #options: LoaderOptions;
  readonly #maxThreads: number;
  readonly #threads = new Map<Worker, Job | undefined>();
  readonly #queue: Job[] = [];
  #isDisposed = false;

  /** `workers` is the most threads to use; by default two, or one on a machine of one core. */
  constructor({ workers, ...options }: LoaderOptions & { readonly workers?: number }) {
    this.#options = options;
    this.#maxThreads = workers ?? Math.min(2, availableParallelism());
    this.#start();
  }

  /**
   * The tensor [3,height,width] of an image; augmented if a stream is named, and the same for one
   * name each time. Throws `InputError` when it cannot be read, and the reason of the signal at once: an
   * image that waits is then not loaded.
   */
  async load(
    source: ImageSource,
    { stream, sha256, signal }: LoadImageOptions = {},
  ): Promise<Tensor> {
    signal?.throwIfAborted();
    if (this.#isDisposed) throw stopped("the loader has been disposed");
    const loading = new Promise<Tensor>((resolve, reject) => {
      this.#queue.push({ ...pack(source), stream, sha256, signal, resolve, reject });
      this.#dispatch();
    });
    return orAborted(loading, signal);
  }

  /**
   * Loads any number of images in order, in bounded memory: at most `ahead` (4) are loaded or being
   * loaded before the caller asks for them. An image that cannot be read gives its error in its
   * place, and the others still come. Throws the reason of the signal.
   */
  async *stream(
    sources: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    {
      ahead = 4,
      signal,
    }: { readonly ahead?: number; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<LoadedImage> {
    const iterator =
      Symbol.asyncIterator in sources
        ? sources[Symbol.asyncIterator]()
        : sources[Symbol.iterator]();
    const next = () => {
      const result = this.#loadNext(iterator, signal);
      result.catch(() => {}); // an error of the iterator comes out where the result is awaited
      return result;
    };
    const waiting = Array.from({ length: Math.max(1, ahead) }, next);
    try {
      for (;;) {
        const result = await orAborted(waiting.shift() ?? next(), signal);
        signal?.throwIfAborted();
        if (!result) return;
        waiting.push(next());
        yield result;
      }
    } finally {
      const end = Promise.resolve(iterator.return?.());
      if (signal?.aborted)
        end.catch(() => {}); // it may wait for something that never comes
      else await end;
    }
  }

  /** Ends the threads; images still being loaded fail. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    for (const { reject } of this.#queue.splice(0)) reject(stopped("the loader has been disposed"));
    await Promise.all([...this.#threads.keys()].map((thread) => thread.terminate()));
  }

  async #loadNext(
    iterator: Iterator<ImageSource> | AsyncIterator<ImageSource>,
    signal: AbortSignal | undefined,
  ): Promise<LoadedImage | undefined> {
    const { done, value: source } = await iterator.next();
    if (done) return undefined;
    return this.load(source, { signal }).then(
      (tensor) => ({ source, tensor }),
      (error: Error) => ({ source, error }),
    );
  }

  #dispatch(): void {
    for (let job = this.#queue[0]; job; job = this.#queue[0]) {
      if (job.signal?.aborted) {
        this.#queue.shift();
        continue;
      }
      const thread = this.#idleThread();
      if (!thread) return;
      this.#queue.shift();
      this.#threads.set(thread, job);
      thread.ref();
      const { packed, stream, sha256 } = job;
      const request: LoadRequest = { packed, stream, sha256 };
      thread.postMessage(request, job.buffers);
    }
  }

  #idleThread(): Worker | undefined {
    for (const [thread, job] of this.#threads) if (!job) return thread;
    return this.#threads.size < this.#maxThreads ? this.#start() : undefined;
  }

  #start(): Worker {
    const url = new URL("./image-worker.js", import.meta.url);
    // Flags of the caller such as --input-type do not fit a thread with a file of its own.
    const thread = new Worker(threadFile(url), { workerData: this.#options, execArgv: [] });
    thread.unref();
    this.#threads.set(thread, undefined);
    thread.on("message", (reply: Reply) => this.#settle(thread, reply));
    thread.on("error", (error) => this.#remove(thread, error.message));
    thread.on("exit", () => this.#remove(thread, "its thread has ended"));
    return thread;
  }

  #settle(thread: Worker, reply: Reply): void {
    const job = this.#threads.get(thread);
    this.#threads.set(thread, undefined);
    thread.unref();
    if ("tensor" in reply) job?.resolve(reply.tensor);
    else job?.reject(unpackError(reply.error));
    this.#dispatch();
  }

  #remove(thread: Worker, reason: string): void {
    this.#threads
      .get(thread)
      ?.reject(stopped(this.#isDisposed ? "the loader has been disposed" : reason));
    this.#threads.delete(thread);
    if (!this.#isDisposed) this.#dispatch();
  }
}

/** Bytes are copied, so that the caller's stay the caller's, and the copy is handed over. */
function pack(source: unknown): Pick<Job, "packed" | "buffers"> {
  checkSource(source);
  if (typeof source === "string") return { packed: { source }, buffers: [] };
  if (source instanceof URL) return { packed: { url: source.href }, buffers: [] };
  if (source instanceof Blob) return { packed: { source }, buffers: [] };
  if (isEncodedBytes(source)) {
    const bytes = new Uint8Array(viewOf(source));
    return { packed: { source: bytes }, buffers: [bytes.buffer] };
  }
  const channels = channelsOf(source);
  const data = new Uint8Array(source.data);
  const { width, height } = source;
  return { packed: { source: { width, height, data, channels } }, buffers: [data.buffer] };
}

function stopped(reason: string): ResourceError {
  return new ResourceError("LOADER_STOPPED", `Cannot load an image: ${reason}`);
}
