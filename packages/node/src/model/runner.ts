/**
 * @file What runs for a model: images in, rows of an output out. It owns what has a lifetime: the
 * executor with its thread, and the image loader with its own.
 */
import { orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Program } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { selectOutputs } from "@inception-resnet-v2/core/internal/graph/passes/select-outputs.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import {
  item,
  stack,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { ImageLoader } from "../image/loader.js";
import { batches } from "./batches.js";
import type { OpenModel } from "./open.js";
import { type ImageError, openLoader, type StreamOptions } from "./options.js";

/** Any number of images, in order. */
export type Images = Iterable<ImageSource> | AsyncIterable<ImageSource>;

type Signal = AbortSignal | undefined;

/** Runs the network of an open model, and parts of it. */
export class Runner {
  readonly #model: OpenModel;
  /** Programs for sets of blocks, by their names. */
  readonly #features = new Map<string, Promise<Program>>();
  #loader: ImageLoader | undefined;

  constructor(model: OpenModel) {
    this.#model = model;
  }

  /** An output of a batch [n,...]; `transfer` lets the batch be taken away. */
  async run(images: Tensor, output: string, transfer: boolean, signal: Signal): Promise<Tensor> {
    const inputs = new Map([["image", images]]);
    const options = { outputs: [this.#known(output)], transfer, signal };
    return (await this.#model.program.run(inputs, options)).get(output) as Tensor;
  }

  /** An output of one image. */
  async one(image: ImageSource, output: string, signal: Signal): Promise<Tensor> {
    this.#known(output);
    const tensor = await this.#images().load(image, { signal });
    return item(await this.run(stack([tensor]), output, true, signal), 0);
  }

  /** An output of each image, or its error in its place. */
  async *stream(
    images: Images,
    output: string,
    { batch = 1, signal }: StreamOptions,
  ): AsyncGenerator<{ source: ImageSource; output: Tensor } | ImageError> {
    this.#known(output);
    signal?.throwIfAborted();
    const loaded = this.#images().stream(images, { ahead: 2 * batch + 1, signal });
    yield* batches(loaded, batch, (tensor) => this.run(tensor, output, true, signal));
  }

  /** The activations at the end of named blocks. */
  async features(image: ImageSource, blocks: readonly string[], signal: Signal): Promise<Tensors> {
    signal?.throwIfAborted();
    // Other calls may wait for the same program, so that it is made whoever gives up.
    const program = orAborted(this.#programFor(blocks), signal);
    const [ready, tensor] = await Promise.all([program, this.#images().load(image, { signal })]);
    return ready.run(new Map([["image", stack([tensor])]]), { transfer: true, signal });
  }

  /** Ends the threads and frees the weights. */
  async dispose(): Promise<void> {
    await Promise.all([this.#model.executor.dispose(), this.#loader?.dispose()]);
  }

  #images(): ImageLoader {
    const { graph, use, options } = this.#model;
    const [, , height = 0, width = 0] = graph.inputs[0]?.shape ?? [];
    this.#loader ??= openLoader(use.preprocessing, [height, width], options);
    return this.#loader;
  }

  #known(output: string): string {
    if (this.#model.graph.outputs.has(output)) return output;
    throw new UsageError(
      "CLASSIFIER_MISSING",
      `Cannot compute ${output}: expected a model with a classifier, got one without top`,
    );
  }

  #programFor(blocks: readonly string[]): Promise<Program> {
    const key = [...blocks].sort().join("\n");
    const known = this.#features.get(key);
    if (known) return known;
    const program = this.#compile(blocks);
    this.#features.set(key, program);
    program.catch(() => this.#features.delete(key)); // the next call tries again
    return program;
  }

  async #compile(blocks: readonly string[]): Promise<Program> {
    const { executor, graph, parameters } = this.#model;
    const outputs = new Map(
      blocks.map((name) => {
        const value = graph.blocks.get(name);
        if (value) return [name, value];
        throw new UsageError(
          "BLOCK_UNKNOWN",
          `Unknown block "${name}": expected one of ${[...graph.blocks.keys()].join(", ")}`,
        );
      }),
    );
    return executor.compile(selectOutputs(graph, outputs), await parameters(), { consume: true });
  }
}
