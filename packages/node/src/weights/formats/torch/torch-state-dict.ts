/**
 * @file Which dictionary of an object that PyTorch saved holds the weights.
 */

import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { describeValue } from "./pickle-machine.js";
import { TorchTensor } from "./torch-tensor.js";

/** Tensors by name, and the texts found beside them and on the way to them. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Where a checkpoint may have its dictionary of tensors, the first that is there counts. Averages
 * (`state_dict_ema`) come after the weights that they are of.
 */
const stateDictKeys = [
  "state_dict",
  "model",
  "model_state_dict",
  "net",
  "module",
  "weights",
  "params",
  "state_dict_ema",
  "model_ema",
] as const;
/** Deepest place of that dictionary. */
const depthLimit = 4;

/** The weights of an object: itself, or where checkpoints have them. Throws what `failure` makes. */
export function readStateDict(object: unknown, failure: Failure): StateDict {
  const texts = new Map<string, string>();
  const stateDict = findStateDict(object, texts, failure);
  keepTexts(stateDict, texts);
  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of stateDict) {
    if (!(value instanceof TorchTensor)) continue; // what else is there is no weight
    if (typeof key !== "string") {
      throw failure(
        "WEIGHTS_FORMAT",
        `expected texts as names of tensors, got ${describeValue(key)}`,
      );
    }
    tensors.set(key, value);
  }
  return { tensors, texts };
}

/** The dictionary of tensors in an object; texts on the way to it are kept. */
function findStateDict(
  object: unknown,
  texts: Map<string, string>,
  failure: Failure,
): ReadonlyMap<unknown, unknown> {
  let found: unknown = object;
  for (let depth = 0; depth < depthLimit && found instanceof Map; depth++) {
    const place: ReadonlyMap<unknown, unknown> = found;
    const key = stateDictKeys.find((one) => place.get(one) instanceof Map);
    if (key === undefined) break;
    keepTexts(place, texts);
    found = place.get(key);
  }
  if (!(found instanceof Map)) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a dictionary of tensors, got ${found instanceof TorchTensor ? "one tensor" : describeValue(found)}`,
    );
  }
  const hasTensors = [...found.values()].some((value) => value instanceof TorchTensor);
  if (!hasTensors && found.size > 0) {
    const keys = [...found.keys()].filter((key) => typeof key === "string");
    throw failure(
      "WEIGHTS_FORMAT",
      `expected tensors in the dictionary or in "state_dict" or "model" of it, got ${quoteSome(keys) || "none"}`,
    );
  }
  return found;
}

function keepTexts(place: ReadonlyMap<unknown, unknown>, texts: Map<string, string>): void {
  for (const [key, value] of place) {
    if (typeof key === "string" && typeof value === "string") texts.set(key, value);
  }
}
