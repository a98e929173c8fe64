/**
 * @file The model as a whole: photo in, named classes out.
 *
 * Reading weights, decoding, resizing and computing never run on the caller's event loop: see `open.ts`
 * and `runner.ts`. Every call that takes time takes a signal.
 */
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import {
  type Activation,
  type Prediction,
  topK,
} from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import {
  type Summary,
  type SummaryDepth,
  summarize,
} from "@inception-resnet-v2/core/internal/summary/summary.js";
import {
  formatShape,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import type { WeightSource } from "../weights/place.js";
import { type OpenModel, openFile, openLoaded, openNew } from "./open.js";
import {
  type CallOptions,
  type ClassifyOptions,
  type CreateOptions,
  checkCallOptions,
  type ImageError,
  type LoadOptions,
  type ModelOptions,
  type StreamOptions,
} from "./options.js";
import { type Images, Runner } from "./runner.js";

/**
 * Inception-ResNet-v2 with weights, ready to use. Dispose of it when done: `await using`, or
 * `dispose()`.
 *
 * ```ts
 * await using model = await InceptionResNetV2.load("model.safetensors");
 * const [best] = await model.classify("photo.jpg");
 * console.log(best?.label, best?.score);
 * ```
 */
export class InceptionResNetV2 {
  /** The graph that runs: look into it with `summary` or `printGraph`. */
  readonly graph: Graph;
  /** How photos become tensors. */
  readonly preprocessing: Preprocessing;
  /** Names of the classes by index; empty when unknown. */
  readonly labels: readonly string[];
  /** What logits are divided by before the softmax that gives scores: the weights' calibration; 1. */
  readonly temperature: number;
  /** What turns logits into scores: the weights', or that of the options. */
  readonly activation: Activation;
  /** Input height and width in pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /** The engine that computes, in a few words. */
  readonly engine: string;

  readonly #runner: Runner;

  private constructor(model: OpenModel) {
    const [, , height = 0, width = 0] = model.graph.inputs[0]?.shape ?? [];
    this.graph = model.graph;
    this.preprocessing = model.use.preprocessing;
    this.labels = model.use.labels;
    this.temperature = model.use.temperature;
    this.activation = model.use.activation;
    this.inputSize = [height, width];
    this.engine = model.executor.description;
    this.#runner = new Runner(model);
  }

  /**
   * Makes an untrained model: same seed, same weights. Throws `UsageError` on an option out of
   * range, `ResourceError` when the engine is missing, and the reason of the signal.
   */
  static async create(options: CreateOptions = {}): Promise<InceptionResNetV2> {
    return new InceptionResNetV2(await openNew(options));
  }

  /**
   * Loads weights of any format that `loadWeights` reads, by path, name, URL or content; what must be
   * downloaded is. Classes, width, input size and preprocessing come from the file. Throws `ModelError`
   * when the file is not such a file, or not whole, and the reason of the signal.
   */
  static async load(source: WeightSource, options: LoadOptions = {}): Promise<InceptionResNetV2> {
    return new InceptionResNetV2(await openFile(source, options));
  }

  /** A model of weights that were loaded before, which stay as they are. Throws as `load` does. */
  static async fromWeights(
    weights: LoadedWeights,
    options: ModelOptions & CallOptions = {},
  ): Promise<InceptionResNetV2> {
    return new InceptionResNetV2(await openLoaded(weights, options, options.signal));
  }

  /**
   * The likeliest classes of an image, best first; of several images, one list each. Throws
   * `InputError` when an image cannot be read.
   */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  classify(images: readonly ImageSource[], options?: ClassifyOptions): Promise<Prediction[][]>;
  async classify(
    images: ImageSource | readonly ImageSource[],
    options: ClassifyOptions = {},
  ): Promise<Prediction[] | Prediction[][]> {
    checkCallOptions(options);
    if (!Array.isArray(images)) {
      const logits = await this.#runner.one(images as ImageSource, "logits", options.signal);
      return this.#predictions(logits, options);
    }
    return collect(this.classifyAll(images, options), ({ predictions }) => predictions);
  }

  /**
   * Classifies any number of images in order, in bounded memory, decoding the next ones while
   * these are computed. An image that cannot be read gives its error in its place.
   */
  async *classifyAll(
    images: Images,
    options: ClassifyOptions & StreamOptions = {},
  ): AsyncGenerator<{ source: ImageSource; predictions: Prediction[] } | ImageError> {
    checkCallOptions(options);
    for await (const result of this.#runner.stream(images, "logits", options)) {
      if ("error" in result) yield result;
      else yield { source: result.source, predictions: this.#predictions(result.output, options) };
    }
  }

  /**
   * The features of an image: the 1536 numbers (at width 1) that the classifier sees. Of several
   * images, one array each. Throws `InputError` when an image cannot be read.
   */
  embed(image: ImageSource, options?: CallOptions): Promise<Float32Array>;
  embed(images: readonly ImageSource[], options?: CallOptions): Promise<Float32Array[]>;
  async embed(
    images: ImageSource | readonly ImageSource[],
    options: CallOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    if (!Array.isArray(images)) {
      return (await this.#runner.one(images as ImageSource, "features", options.signal)).data;
    }
    return collect(this.embedAll(images, options), ({ features }) => features);
  }

  /** Embeds any number of images, as `classifyAll` classifies them. */
  async *embedAll(
    images: Images,
    options: StreamOptions = {},
  ): AsyncGenerator<{ source: ImageSource; features: Float32Array } | ImageError> {
    checkCallOptions(options);
    for await (const result of this.#runner.stream(images, "features", options)) {
      if ("error" in result) yield result;
      else yield { source: result.source, features: result.output.data.slice() };
    }
  }

  /**
   * The logits [classes] of any number of images, as `classifyAll` goes through them: what metrics
   * are computed from.
   */
  async *logitsAll(
    images: Images,
    options: StreamOptions = {},
  ): AsyncGenerator<{ source: ImageSource; logits: Float32Array } | ImageError> {
    for await (const result of this.#runner.stream(images, "logits", options)) {
      if ("error" in result) yield result;
      else yield { source: result.source, logits: result.output.data };
    }
  }

  /**
   * The activations of an image at the end of named blocks, for example `mixed_6a` [1,1088,17,17]
   * or `block8_10` [1,2080,8,8]; the names are the keys of `graph.blocks`. The first call for a set
   * of blocks compiles them. Throws `UsageError` on an unknown name.
   */
  async features(
    image: ImageSource,
    blocks: readonly string[],
    options: CallOptions = {},
  ): Promise<Tensors> {
    return this.#runner.features(image, blocks, options.signal);
  }

  /**
   * The logits [n,classes] of a tensor of images [n,3,height,width], NCHW, RGB, preprocessed.
   * Throws `InputError` when the shape is another.
   */
  async predict(images: Tensor, options: CallOptions = {}): Promise<Tensor> {
    const [, ...expected] = this.graph.inputs[0]?.shape ?? [];
    const [batch, ...given] = images.shape;
    if (batch === undefined || batch < 1 || formatShape(given) !== formatShape(expected)) {
      throw new InputError(
        "TENSOR_SHAPE",
        `Cannot predict: expected a tensor ${formatShape(["n", ...expected] as never)}, got ${formatShape(images.shape)}`,
      );
    }
    return this.#runner.run(images, "logits", false, options.signal);
  }

  /** The network as rows of shapes, parameters and costs. */
  summary(options: { readonly depth?: SummaryDepth } = {}): Summary {
    return summarize(this.graph, { depth: options.depth ?? "stage" });
  }

  /** Ends the threads and frees the weights; the model cannot be used afterwards. */
  async dispose(): Promise<void> {
    await this.#runner.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #predictions(logits: Tensor, { topK: count = 5 }: ClassifyOptions): Prediction[] {
    return topK(logits.data, count, this.labels, this.temperature, this.activation);
  }
}

async function collect<R extends object, T>(
  results: AsyncIterable<R | ImageError>,
  pick: (result: R) => T,
): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) {
    if ("error" in result) throw result.error;
    all.push(pick(result));
  }
  return all;
}
