/**
 * @file The model as a whole: photo in, named classes out.
 *
 * It ties the parts together and owns what has a lifetime: the executor with its thread, and the
 * image loader with its own. Decoding, resizing and computing never run on the caller's event loop.
 */
import { lower } from "../architecture/lower.js";
import { configureNetwork, type NetworkOptions } from "../architecture/transforms.js";
import { InputError, UsageError } from "../errors.js";
import type { Executor, Precision, Program } from "../executors/executor.js";
import { createExecutor, type EngineName } from "../executors/index.js";
import type { Graph } from "../graph/ir.js";
import { selectOutputs } from "../graph/passes/rewrite.js";
import { ImageLoader } from "../image/loader.js";
import { type Preprocessing, type PresetName, presets } from "../image/presets.js";
import type { ImageSource } from "../image/source.js";
import { imagenetLabels } from "../predictions/imagenet-1k.js";
import { type Prediction, topK } from "../predictions/predictions.js";
import { type Summary, type SummaryDepth, summarize } from "../summary/summary.js";
import { formatShape, item, stack, type Tensor, type Tensors, tensor } from "../tensor/tensor.js";
import { type Initializer, initializeParameters } from "../weights/initialize.js";
import {
  type LoadedWeights,
  type LoadWeightsOptions,
  loadWeights,
  type WeightSource,
} from "../weights/load.js";
import { batches } from "./batches.js";

/** How to run a model, whatever its weights. */
export interface ModelOptions {
  /** Where to compute; `auto` takes the fastest that works here. */
  readonly engine?: EngineName | undefined;
  /** Threads to compute with; by default one a core. */
  readonly threads?: number | undefined;
  /** Number type of products and activations; fp32. bf16 is computed by the engine onednn alone. */
  readonly precision?: Precision | undefined;
  /** How photos become tensors; by default what the weights say, and `timm` if they say nothing. */
  readonly preprocessing?: PresetName | Preprocessing | undefined;
  /** Names of the classes; by default what the weights say, and ImageNet's for 1000 classes. */
  readonly labels?: readonly string[] | undefined;
  /** Largest image to decode, in pixels; 100 million. */
  readonly maxPixels?: number | undefined;
  /** Color put behind transparent images, 0 to 255; by default the hidden color shows. */
  readonly background?: readonly [red: number, green: number, blue: number] | undefined;
}

/** How to make an untrained model. */
export interface CreateOptions extends ModelOptions, NetworkOptions {
  /** Whose rule draws the weights; `slim`. */
  readonly initializer?: Initializer | undefined;
  /** Two models of one seed have equal weights; 0. */
  readonly seed?: number | undefined;
}

/** How to load weights. */
export interface LoadOptions extends ModelOptions, LoadWeightsOptions {}

/** How to go through many images. */
export interface StreamOptions {
  /** Images computed at once; 1. */
  readonly batch?: number;
}

/** How to classify. */
export interface ClassifyOptions {
  /** How many classes to give, the likeliest first; 5. */
  readonly topK?: number;
}

/** An image that could not be read, in the place of its result. */
export interface ImageError {
  readonly source: ImageSource;
  readonly error: Error;
}

type Images = Iterable<ImageSource> | AsyncIterable<ImageSource>;

/** Everything a model is made of, before it runs. */
interface Parts {
  readonly graph: Graph;
  /** Gives the parameters anew each time: compiling takes them away. */
  readonly parameters: () => Promise<Tensors>;
  readonly preprocessing: Preprocessing;
  readonly labels: readonly string[];
  readonly temperature: number;
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
    this.preprocessing = parts.preprocessing;
    this.labels = parts.labels;
    this.temperature = parts.temperature;
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
   * Loads weights: a safetensors file of this project or of timm, by path, URL or content. Classes,
   * width, input size and preprocessing come from the file. Throws `ModelError` when the file is
   * not such a file, or not whole.
   */
  static async load(source: WeightSource, options: LoadOptions = {}): Promise<InceptionResNetV2> {
    const { dropBackground, inputSize } = options;
    const asked = { dropBackground, inputSize };
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
      const { graph } = model;
      const named = { ...model, ...readOptions(model, options) };
      const program = await executor.compile(graph, await model.parameters(), { consume: true });
      return new InceptionResNetV2({ ...named, executor, program, options });
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
    const { maxPixels, background } = this.#parts.options;
    const [height, width] = this.inputSize;
    this.#loader ??= new ImageLoader({
      preprocessing: this.preprocessing,
      height,
      width,
      ...(maxPixels !== undefined && { maxPixels }),
      ...(background !== undefined && { background }),
    });
    return this.#loader;
  }

  #output(name: string): string {
    if (this.graph.outputs.has(name)) return name;
    throw new UsageError(
      "NO_OUTPUT",
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
          "UNKNOWN_BLOCK",
          `Unknown block "${name}": expected one of ${known.join(", ")}`,
        );
      }),
    );
    const { executor, parameters } = this.#parts;
    const graph = selectOutputs(this.graph, outputs);
    return executor.compile(graph, await parameters(), { consume: true });
  }
}

/** What weights may say of how to use them. */
type Described = Pick<LoadedWeights, "labels" | "preprocessing" | "temperature">;

/** What the options and the weights say of preprocessing and class names, the options first. */
function readOptions(
  model: Pick<Parts, "graph"> & Described,
  options: ModelOptions,
): Pick<Parts, "labels" | "preprocessing" | "temperature"> {
  const chosen = options.preprocessing ?? model.preprocessing ?? "timm";
  const preprocessing = typeof chosen === "string" ? presets[chosen] : chosen;
  const classes = model.graph.outputs.get("logits")?.shape[1] ?? 0;
  const known = classes === imagenetLabels.length ? imagenetLabels : [];
  const labels = options.labels ?? model.labels ?? known;
  const { temperature = 1 } = model;
  if (labels.length === 0 || labels.length === classes) {
    return { preprocessing, labels, temperature };
  }
  throw new UsageError(
    "LABEL_COUNT",
    `Cannot name the classes: expected ${classes} labels, got ${labels.length}`,
  );
}
