/**
 * @file The thread in which weights are read, checked and converted, or drawn.
 */
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  type Initializer,
  initializeParameters,
} from "@inception-resnet-v2/core/internal/weights/initialize.js";
import {
  type LoadWeightsOptions,
  takeWeights,
} from "@inception-resnet-v2/core/internal/weights/take.js";
import { buffersOf, packTensors } from "../thread/buffers.js";
import { type Call, serveCall } from "../thread/serve.js";
import { openWeights } from "./open.js";
import type { WeightPlace } from "./place.js";

/** What the thread is asked. */
export type WeightRequest =
  | { readonly kind: "load"; readonly place: WeightPlace; readonly options: LoadWeightsOptions }
  | {
      readonly kind: "draw";
      readonly graph: Graph;
      readonly options: { readonly initializer: Initializer; readonly seed: number };
    };

serveCall(async (request: WeightRequest, call: Call) => {
  if (request.kind === "draw") {
    const result = initializeParameters(request.graph, request.options);
    return { result, transfer: buffersOf(result) };
  }
  const { place, options } = request;
  const opened = await openWeights(place, options.format, { onProgress: call.report });
  const taken = takeWeights(opened, place.name, options);
  const parameters = packTensors(taken.parameters);
  return { result: { ...taken, parameters }, transfer: buffersOf(parameters) };
});
