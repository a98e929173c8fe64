/**
 * @file What a phase runs on: its part of the network, compiled, and its photos or features.
 */
import { availableParallelism, freemem } from "node:os";
import { orAborted } from "@inception-resnet-v2/core/internal/abort.js";
import type { Executor } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { cutGraph } from "@inception-resnet-v2/core/internal/graph/passes/cut-graph.js";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { divide, stageRates } from "@inception-resnet-v2/core/internal/training/freeze.js";
import type { StepOptions } from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { type Part, Trainer } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Dataset, Sample } from "../data/dataset.js";
import { cacheFolder } from "../image/decode-cache.js";
import { ImageLoader } from "../image/loader.js";
import { type LoadSample, stepsOf, trainingBatches, validationBatches } from "./batches.js";
import type { PrepareEvent, WarningEvent } from "./events.js";
import { headFeatures, loadRows } from "./head-features.js";
import { pickVariables, trainingNetwork } from "./network.js";
import type { Phase, Settings } from "./settings.js";

/** What a phase is opened from. */
export interface PhaseOptions {
  readonly settings: Settings;
  readonly dataset: Dataset;
  readonly phase: Phase;
  readonly executor: Executor;
  /** A value for each parameter of the network. */
  readonly parameters: Tensors;
  /** The optimiser's variables, from a checkpoint; by default they start anew. */
  readonly state?: Tensors | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether features of a frozen body are kept on disk; true. */
  readonly keepFeatures?: boolean;
  /**
   * Photos whose features are computed where the body is frozen, for measuring: those of the first
   * stand for all others. All photos by default.
   */
  readonly featuresOf?: readonly Sample[];
}

/** An open phase; dispose of it when done. */
export interface OpenPhase extends AsyncDisposable {
  readonly trainer: Trainer;
  /** Steps of an epoch. */
  readonly steps: number;
  /** The batches of an epoch from a step on, each as its parts. */
  batches(epoch: number, from?: number): AsyncGenerator<readonly Part[]>;
  /** Photos to validate, or some of them, in their order and in parts of a step. */
  validation(samples: readonly Sample[]): AsyncGenerator<Tensor>;
  /** Names of the parameters that the trainer holds. */
  readonly held: ReadonlySet<string>;
}

/**
 * Compiles a phase, and computes the features of a frozen body before, which takes a while and says
 * so. Throws `ResourceError` when memory runs out, `UsageError` on an unknown block, and the reason
 * of the signal when that stops it.
 */
export async function* openPhase(
  options: PhaseOptions,
): AsyncGenerator<PrepareEvent | WarningEvent, OpenPhase> {
  const { settings, dataset, phase, executor, parameters, state, signal } = options;
  const loader = openLoader(settings);
  try {
    const whole = trainingNetwork(settings, {
      classes: dataset.classes.length,
      batch: phase.batch / phase.parts,
      given: parameters.keys(),
    });
    const isHead = phase.freeze === "body";
    const photos: LoadSample = (sample, stream) =>
      loader.load(sample.file, {
        stream: stream === "" ? undefined : stream,
        sha256: sample.sha256,
      });
    const load = isHead ? yield* loadFeatures(options, whole, photos) : photos;
    const network = isHead ? headOf(whole) : whole;
    const creating = Trainer.create({
      executor,
      network,
      step: stepOptions(settings, phase, whole),
      parameters: pickVariables(parameters, network.parameters, "the weights"),
      seed: settings.seed,
      ...(settings.memory !== null && { memoryBudget: settings.memory }),
      memoryLimit: settings.memory ?? availableBytes(),
      ...(state && { state }),
      ...(settings.ema !== null && { averageDecay: settings.ema }),
    });
    const trainer = await orAborted(creating, signal, (late) => void late.dispose());
    const source = { settings, phase, dataset, load };
    return {
      trainer,
      steps: stepsOf(dataset.train.length, phase.batch),
      batches: (epoch, from) => trainingBatches(source, epoch, from),
      validation: (samples) => validationBatches(samples, phase.batch / phase.parts, load),
      held: new Set(network.parameters.map(({ name }) => name)),
      async [Symbol.asyncDispose]() {
        await Promise.all([trainer.dispose(), loader.dispose()]);
      },
    };
  } catch (error) {
    await loader.dispose();
    throw error;
  }
}

/** The classifier alone: its input is the body's features. */
function headOf(network: Graph): Graph {
  return cutGraph(network, network.outputs.get("features") as Value, "features");
}

async function* loadFeatures(
  {
    settings,
    dataset,
    executor,
    parameters,
    signal,
    keepFeatures = true,
    featuresOf,
  }: PhaseOptions,
  network: Graph,
  load: LoadSample,
): AsyncGenerator<PrepareEvent | WarningEvent, LoadSample> {
  const all: readonly Sample[] = [...dataset.train, ...dataset.validation];
  const samples = featuresOf ?? all;
  const { preprocessing } = settings;
  const features = yield* headFeatures({
    executor,
    network,
    parameters,
    preprocessing,
    samples,
    load,
    signal,
    keep: keepFeatures,
  });
  const rows = loadRows(samples, features);
  if (!featuresOf) return rows;
  const computed = new Set(featuresOf);
  const [first] = featuresOf;
  return (sample, stream) => rows(computed.has(sample) || !first ? sample : first, stream);
}

function stepOptions(settings: Settings, phase: Phase, whole: Graph): StepOptions {
  const { optimizer, weightDecay, clipNorm, statisticsDecay, auxiliaryWeight } = settings;
  const division = divide(whole, phase.freeze, settings.freezeNorms);
  const frozen = new Set(
    whole.parameters.flatMap((one) => (division.isFrozen(one) ? [one.name] : [])),
  );
  return {
    optimizer,
    weightDecay,
    statisticsDecay,
    auxiliaryWeight,
    parts: phase.parts,
    averages: settings.ema !== null,
    trains: ({ name }) => !frozen.has(name),
    frozenNorms: division.isFrozenNorm,
    rateFactor: stageRates(whole, settings.stageRate),
    ...(clipNorm !== null && { clipNorm }),
  };
}

/** Memory that this process has or could have, on the machine or in a container of it. */
function availableBytes(): number {
  const free = freemem() + process.memoryUsage.rss();
  const limit = process.constrainedMemory(); // 0 or huge where there is none
  return limit > 0 ? Math.min(free, limit) : free;
}

/** Decoded photos that each loader thread keeps. */
const memoryCacheBytes = 2 ** 30;

function openLoader(settings: Settings): ImageLoader {
  const { preprocessing, inputSize, augmentation, seed, cache } = settings;
  const [height, width] = inputSize;
  const shortSide = Math.ceil(Math.max(height, width) / preprocessing.cropFraction);
  return new ImageLoader({
    preprocessing,
    height,
    width,
    augmentation,
    seed,
    workers: Math.min(2, availableParallelism()),
    ...(cache === "memory" && { cache: { kind: "memory", bytes: memoryCacheBytes, shortSide } }),
    ...(cache === "disk" && { cache: { kind: "disk", folder: cacheFolder("pixels"), shortSide } }),
  });
}
