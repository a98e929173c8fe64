/**
 * @file From weights, wherever they are, to a compiled model: what runs, on what, and how it is used.
 */
import { freeing, orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import type { Executor, Program } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { createExecutor } from "../executors/index.js";
import { copyTensors } from "../thread/buffers.js";
import { drawParameters, loadingOf, loadWeights } from "../weights/load.js";
import { resolveWeights, type WeightSource } from "../weights/place.js";
import {
  type CreateOptions,
  checkModelOptions,
  type Described,
  type LoadOptions,
  type ModelOptions,
  readOptions,
  type Use,
} from "./options.js";

/** Everything a model is made of, ready to run. */
export interface OpenModel {
  readonly graph: Graph;
  /** Gives the parameters anew each time: compiling takes them away. */
  readonly parameters: () => Promise<Tensors>;
  readonly use: Use;
  readonly executor: Executor;
  readonly program: Program;
  readonly options: ModelOptions;
}

/** A network with its labels and preprocessing. */
interface Found extends Described {
  readonly graph: Graph;
  readonly parameters: () => Promise<Tensors>;
}

type Signal = AbortSignal | undefined;

/** An untrained model. */
export function openNew(options: CreateOptions): Promise<OpenModel> {
  const { initializer = "slim", seed = 0, signal } = options;
  const find = async (): Promise<Found> => {
    const graph = lower(configureNetwork(options));
    const draw = (until: Signal) => drawParameters(graph, { initializer, seed }, until);
    return { graph, parameters: startingWith(await draw(signal), () => draw(undefined)) };
  };
  return open(find, options, signal);
}

/** A model of weights in a file. */
export function openFile(source: WeightSource, options: LoadOptions): Promise<OpenModel> {
  const { signal, onProgress, onNote } = options;
  const find = async (): Promise<Found> => {
    const place = await resolveWeights(source, { signal, onProgress });
    const asked = loadingOf(options);
    const loaded = await loadWeights(place, { ...asked, signal, onProgress, onNote });
    const again = async () => (await loadWeights(place, asked)).parameters;
    return { ...loaded, parameters: startingWith(loaded.parameters, again) };
  };
  return open(find, options, signal);
}

/** A model of weights in memory, which stay as they are. */
export function openLoaded(
  loaded: LoadedWeights,
  options: ModelOptions,
  signal: Signal,
): Promise<OpenModel> {
  const parameters = () => copyTensors(loaded.parameters);
  return open(async () => ({ ...loaded, parameters }), options, signal);
}

/** The parameters that are here, and later, when they were taken away, new ones. */
function startingWith(first: Tensors, again: () => Promise<Tensors>): () => Promise<Tensors> {
  let fresh: Tensors | undefined = first;
  return async () => {
    const now = fresh ?? (await again());
    fresh = undefined;
    return now;
  };
}

/** Starts the engine while the weights are found, then compiles. */
async function open(
  find: () => Promise<Found>,
  options: ModelOptions,
  signal: Signal,
): Promise<OpenModel> {
  checkModelOptions(options);
  signal?.throwIfAborted();
  const starting = createExecutor(options.engine, options);
  starting.catch(() => {}); // comes out where it is awaited
  try {
    const found = await find();
    const { graph, parameters } = found;
    const use = readOptions(found, options);
    const executor = await orAborted(starting, signal);
    const program = await executor.compile(graph, await parameters(), { consume: true, signal });
    return { graph, parameters, use, executor, program, options };
  } catch (error) {
    await using _ = freeing(signal, () =>
      starting.then(
        (executor) => executor.dispose(),
        () => {},
      ),
    );
    throw error;
  }
}
