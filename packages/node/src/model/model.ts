/**
 * @file The model as a whole: photo in, named classes out.
 *
 * It ties the parts together and owns what has a lifetime: the executor with its thread, and the
 * image loader with its own. Decoding, resizing and computing never run on the caller's event loop.
 */
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Executor, Program } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { selectOutputs } from "@inception-resnet-v2/core/internal/graph/passes/rewrite.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import {
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
  item,
  stack,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { createExecutor } from "../executors/index.js";
import type { ImageLoader } from "../image/loader.js";
import { loadWeights, type WeightSource } from "../weights/load.js";
import { batches } from "./batches.js";
import {
  type ClassifyOptions,
  type CreateOptions,
  type Described,
  type ImageError,
  type LoadOptions,
  type ModelOptions,
  openLoader,
  readOptions,
  type StreamOptions,
  type Use,
} from "./options.js";

type Images = Iterable<ImageSource> | AsyncIterable<ImageSource>;

/** Everything a model is made of, before it runs. */
interface Parts {
  readonly graph: Graph;
  /** Gives the parameters anew each time: compiling takes them away. */
  readonly parameters: () => Promise<Tensors>;
  readonly use: Use;
  readonly executor: Executor;
  readonly program: Program;
  readonly options: ModelOptions;
}

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
  /** Names of the classes by index; empty when nobody knows them. */
  readonly labels: readonly string[];
  /** What logits are divided by before the softmax that gives scores: the weights' calibration; 1. */
  readonly temperature: number;
  /** Input height and width in pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /** The engine that computes, in a few words. */
  readonly engine: string;

  readonly #parts: Parts;
  readonly #features = new Map<string, Promise<Program>>();
  #loader: ImageLoader | undefined;

  private constructor(parts: Parts) {
    const [, , height = 0, width = 0] = parts.graph.inputs[0]?.shape ?? [];
    this.graph = parts.graph;
    this.preprocessing = parts.use.preprocessing;
    this.labels = parts.use.labels;
    this.temperature = parts.use.temperature;
    this.inputSize = [height, width];
    this.engine = parts.executor.description;
    this.#parts = parts;
  }

  /**
   * Makes an untrained model: same seed, same weights. Throws `UsageError` on an option out of
   * range and `ResourceError` when the engine is missing.
   */
  static async create(options: CreateOptions = {}): Promise<InceptionResNetV2> {
    const graph = lower(configureNetwork(options));
    const { initializer = "slim", seed = 0 } = options;
    const parameters = async () => initializeParameters(graph, { initializer, seed });
    return InceptionResNetV2.#open({ graph, parameters }, options);
  }

  /**
   * Loads weights of any format that `loadWeights` reads, by path, URL or content. Classes, width,
   * input size and preprocessing come from the file. Throws `ModelError` when the file is not such a
   * file, or not whole.
   */
  static async load(source: WeightSource, options: LoadOptions = {}): Promise<InceptionResNetV2> {
    const { arch, dropBackground, inputSize } = options;
    const asked = { arch, dropBackground, inputSize };
    const starting = createExecutor(options.engine, options);
    starting.catch(() => {});
    const first = await loadWeights(source, asked).catch(async (error) => {
      await (await starting).dispose();
      throw error;
    });
    let fresh: Tensors | undefined = first.parameters;
    const parameters = async () => {
      const now = fresh ?? (await loadWeights(source, asked)).parameters;
      fresh = undefined;
      return now;
    };
    return InceptionResNetV2.#open({ ...first, parameters }, options, starting);
  }

  /** A model of weights that were loaded before, which stay as they are. Throws as `load` does. */
  static async of(loaded: LoadedWeights, options: ModelOptions = {}): Promise<InceptionResNetV2> {
    const parameters = async () =>
      new Map(
        [...loaded.parameters].map(([name, { shape, data }]) => [
          name,
          tensor(shape, data.slice()),
        ]),
      );
    return InceptionResNetV2.#open({ ...loaded, parameters }, options);
  }

  static async #open(
    model: Pick<Parts, "graph" | "parameters"> & Described,
    options: ModelOptions,
    starting = createExecutor(options.engine, options),
  ): Promise<InceptionResNetV2> {
    const executor = await starting;
    try {
      const { graph, parameters } = model;
      const use = readOptions(model, options);
      const program = await executor.compile(graph, await parameters(), { consume: true });
      return new InceptionResNetV2({ graph, parameters, use, executor, program, options });
    } catch (error) {
      await executor.dispose();
      throw error;
    }
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
    if (!Array.isArray(images)) {
      return this.#predictions(await this.#one(images as ImageSource, "logits"), options);
    }
    return this.#all(
      images,
      (one) => this.classifyAll(one, options),
      ({ predictions }) => predictions,
    );
  }

  /**
   * Classifies any number of images in order, in bounded memory, decoding the next ones while
   * these are computed. An image that cannot be read gives its error in its place.
   */
  async *classifyAll(
    images: Images,
    options: ClassifyOptions & StreamOptions = {},
  ): AsyncGenerator<{ source: ImageSource; predictions: Prediction[] } | ImageError> {
    for await (const result of this.#stream(images, "logits", options)) {
      if ("error" in result) yield result;
      else yield { source: result.source, predictions: this.#predictions(result.output, options) };
    }
  }

  /**
   * The features of an image: the 1536 numbers (at width 1) that the classifier sees. Of several
   * images, one array each. Throws `InputError` when an image cannot be read.
   */
  embed(image: ImageSource): Promise<Float32Array>;
  embed(images: readonly ImageSource[]): Promise<Float32Array[]>;
  async embed(
    images: ImageSource | readonly ImageSource[],
  ): Promise<Float32Array | Float32Array[]> {
    if (!Array.isArray(images)) return (await this.#one(images as ImageSource, "features")).data;
    return this.#all(
      images,
      (one) => this.embedAll(one),
      ({ features }) => features,
    );
  }

  /** Embeds any number of images, as `classifyAll` classifies them. */
  async *embedAll(
    images: Images,
    options: StreamOptions = {},
  ): AsyncGenerator<{ source: ImageSource; features: Float32Array } | ImageError> {
    for await (const result of this.#stream(images, "features", options)) {
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
    for await (const result of this.#stream(images, "logits", options)) {
      if ("error" in result) yield result;
      else yield { source: result.source, logits: result.output.data };
    }
  }

  /**
   * The activations of an image at the end of named blocks, for example `mixed_6a` [1,1088,17,17]
   * or `block8_10` [1,2080,8,8]; the names are the keys of `graph.blocks`. The first call for a set
   * of blocks compiles them. Throws `UsageError` on an unknown name.
   */
  async features(image: ImageSource, blocks: readonly string[]): Promise<Tensors> {
    const key = [...blocks].sort().join("\n");
    const program = this.#features.get(key) ?? this.#compileFeatures(blocks);
    this.#features.set(key, program);
    const [ready, tensor] = await Promise.all([program, this.#images().load(image)]);
    return ready.run(new Map([["image", stack([tensor])]]), { transfer: true });
  }

  /**
   * The logits [n,classes] of a tensor of images [n,3,height,width], NCHW, RGB, preprocessed.
   * Throws `InputError` when the shape is another.
   */
  async predict(images: Tensor): Promise<Tensor> {
    const [, ...expected] = this.graph.inputs[0]?.shape ?? [];
    const [batch, ...given] = images.shape;
    if (batch === undefined || batch < 1 || formatShape(given) !== formatShape(expected)) {
      throw new InputError(
        "TENSOR_SHAPE",
        `Cannot predict: expected a tensor ${formatShape(["n", ...expected] as never)}, got ${formatShape(images.shape)}`,
      );
    }
    return this.#run(images, this.#output("logits"), false);
  }

  /** The network as rows of shapes, parameters and costs. */
  summary(options: { readonly depth?: SummaryDepth } = {}): Summary {
    return summarize(this.graph, { depth: options.depth ?? "stage" });
  }

  /** Ends the threads and frees the weights; the model cannot be used afterwards. */
  async dispose(): Promise<void> {
    await Promise.all([this.#parts.executor.dispose(), this.#loader?.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  [Symbol.dispose](): void {
    void this.dispose();
  }

  async #one(image: ImageSource, output: string): Promise<Tensor> {
    const name = this.#output(output);
    const tensor = await this.#images().load(image);
    return item(await this.#run(stack([tensor]), name, true), 0);
  }

  async #all<R extends object, T>(
    images: readonly ImageSource[],
    stream: (images: readonly ImageSource[]) => AsyncIterable<R | ImageError>,
    pick: (result: R) => T,
  ): Promise<T[]> {
    const results: T[] = [];
    for await (const result of stream(images)) {
      if ("error" in result) throw result.error;
      results.push(pick(result));
    }
    return results;
  }

  async *#stream(
    images: Images,
    output: string,
    { batch = 1 }: StreamOptions,
  ): AsyncGenerator<{ source: ImageSource; output: Tensor } | ImageError> {
    const name = this.#output(output);
    const loaded = this.#images().stream(images, { ahead: 2 * batch + 1 });
    yield* batches(loaded, batch, (tensor) => this.#run(tensor, name, true));
  }

  async #run(images: Tensor, output: string, transfer: boolean): Promise<Tensor> {
    const inputs = new Map([["image", images]]);
    const outputs = await this.#parts.program.run(inputs, { outputs: [output], transfer });
    return outputs.get(output) as Tensor;
  }

  #images(): ImageLoader {
    this.#loader ??= openLoader(this.preprocessing, this.inputSize, this.#parts.options);
    return this.#loader;
  }

  #output(name: string): string {
    if (this.graph.outputs.has(name)) return name;
    throw new UsageError(
      "CLASSIFIER_MISSING",
      `Cannot give ${name}: expected a model with a classifier, got one without top`,
    );
  }

  #predictions(logits: Tensor, { topK: count = 5 }: ClassifyOptions): Prediction[] {
    return topK(logits.data, count, this.labels, this.temperature);
  }

  async #compileFeatures(blocks: readonly string[]): Promise<Program> {
    const outputs = new Map(
      blocks.map((name) => {
        const value = this.graph.blocks.get(name);
        if (value) return [name, value];
        const known = [...this.graph.blocks.keys()];
        throw new UsageError(
          "BLOCK_UNKNOWN",
          `Unknown block "${name}": expected one of ${known.join(", ")}`,
        );
      }),
    );
    const { executor, parameters } = this.#parts;
    const graph = selectOutputs(this.graph, outputs);
    return executor.compile(graph, await parameters(), { consume: true });
  }
}
