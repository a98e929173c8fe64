/**
 * @file From a weight file, wherever it is, to a network with all its parameters.
 *
 * Reading, checking and converting happen in a thread of their own, which gives the parameters away.
 */
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Initializer } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import type {
  LoadedWeights,
  LoadWeightsOptions,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { copyInPieces } from "../thread/buffers.js";
import { callThread } from "../thread/call.js";
import { resolveWeights, type WeightPlace, type WeightSource } from "./place.js";
import type { PullOptions } from "./pull.js";
import { allocate } from "./read-file.js";
import type { WeightRequest } from "./worker.js";

/** The thread's file. */
const module = new URL("./worker.js", import.meta.url);

/** How to load, and whom to tell. */
export interface LoadingOptions extends LoadWeightsOptions, PullOptions {
  /**
   * Told in a sentence what was decided where a file leaves it open.
   * @defaultValue none
   */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** Of options that say more, those that say what to take from a file, as plain data. */
export function loadingOf(options: LoadWeightsOptions): LoadWeightsOptions {
  const { arch, dropBackground, ema, format, inputSize } = options;
  return { arch, dropBackground, ema, format, inputSize };
}

/**
 * Loads a weight file of this project, timm, PyTorch, Keras, TF-Slim, TensorFlow.js or ONNX; its content
 * says which. Throws `ModelError` when it is damaged, holds another network, lacks a tensor, has one
 * too many or of another shape, or one that is not finite; the reason of the signal when that comes
 * first; and what `resolveWeights` throws.
 */
export async function loadWeights(
  source: WeightSource,
  { signal, onProgress, onNote, ...options }: LoadingOptions = {},
): Promise<LoadedWeights> {
  const { place, transfer } = await sendable(await resolveWeights(source, { signal, onProgress }));
  signal?.throwIfAborted();
  const request: WeightRequest = { kind: "load", place, options };
  const loaded = await callThread<LoadedWeights>(module, request, {
    transfer,
    signal,
    onReport: (progress) => onProgress?.(progress as never),
  });
  for (const note of loaded.notes) onNote?.(note);
  return loaded;
}

/** Whether weights were loaded before, rather than where they are. */
export function isLoaded(weights: WeightSource | LoadedWeights): weights is LoadedWeights {
  return typeof weights === "object" && "parameters" in weights;
}

/** Values for all parameters of a graph, as `initializeParameters` of the core draws them. */
export async function drawParameters(
  graph: Graph,
  options: { readonly initializer: Initializer; readonly seed: number },
  signal?: AbortSignal,
): Promise<Tensors> {
  const request: WeightRequest = { kind: "draw", graph, options };
  return callThread<Tensors>(module, request, { signal });
}

/** A place that may go to a thread, with the buffers that go along: bytes are copied, and stay. */
export async function sendable(place: WeightPlace): Promise<{
  readonly place: WeightPlace;
  readonly transfer: readonly ArrayBuffer[];
}> {
  if (place.kind !== "bytes") return { place, transfer: [] };
  const bytes = allocate(place.bytes.length, place.name);
  await copyInPieces(place.bytes, bytes);
  return { place: { ...place, bytes }, transfer: [bytes.buffer as ArrayBuffer] };
}
