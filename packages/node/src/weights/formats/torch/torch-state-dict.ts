/**
 * @file Which dictionaries of an object that PyTorch saved hold weights.
 *
 * A checkpoint keeps them under a key of its trainer's choice, often beside their averages, and beside
 * what the optimizer keeps. Names of tensors are those of their dictionary; where several have tensors,
 * each name begins with the keys that lead to its dictionary, so that whoever knows names can choose.
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

/** A dictionary of tensors, and the keys that lead to it. */
interface Place {
  readonly path: readonly string[];
  readonly values: Dictionary;
}

type Dictionary = ReadonlyMap<unknown, unknown>;

/** Deepest place of a dictionary. */
const depthLimit = 6;

/** The weights of an object, wherever in it. Throws what `failure` makes. */
export function readStateDict(object: unknown, failure: Failure): StateDict {
  const texts = new Map<string, string>();
  const places = findPlaces(object, texts);
  if (places.length === 0) throw withoutTensors(object, failure);
  const tensors = new Map<string, TorchTensor>();
  for (const { path, values } of places) {
    const before = places.length > 1 ? path.map((key) => `${key}.`).join("") : "";
    for (const [key, value] of values) {
      if (!(value instanceof TorchTensor)) continue; // what else is there is no weight
      if (typeof key !== "string") {
        throw failure(
          "WEIGHTS_FORMAT",
          `expected texts as names of tensors, got ${describeValue(key)}`,
        );
      }
      tensors.set(before + key, value);
    }
  }
  return { tensors, texts };
}

/** The dictionaries of weights; those with other values in the main only where there is nothing else. */
function findPlaces(object: unknown, texts: Map<string, string>): readonly Place[] {
  const all: Place[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) {
      if (path.length === depthLimit) return;
      for (const [at, one] of value.entries()) visit(one, [...path, String(at)]);
      return;
    }
    if (!(value instanceof Map) || isOptimizer(value)) return;
    if (path.length === 0 || tensorsOf(value) > 0) keepTexts(value, texts);
    if (tensorsOf(value) > 0) all.push({ path, values: value });
    if (path.length === depthLimit) return;
    for (const [key, one] of value) if (typeof key !== "object") visit(one, [...path, String(key)]);
  };
  visit(object, []);
  const main = all.filter(({ values }) => 2 * tensorsOf(values) > values.size && !isScalar(values));
  if (main.length > 0) return main;
  return all.length > 0 ? all : isEmpty(object) ? [{ path: [], values: object }] : [];
}

function tensorsOf(values: Dictionary): number {
  let count = 0;
  for (const value of values.values()) if (value instanceof TorchTensor) count++;
  return count;
}

/** Whether there are figures alone, as callbacks and metrics keep them. */
function isScalar(values: Dictionary): boolean {
  return [...values.values()].every(
    (one) => !(one instanceof TorchTensor) || one.shape.length === 0,
  );
}

/** Whether a dictionary is what an optimizer saves. */
function isOptimizer(values: Dictionary): boolean {
  return values.has("state") && values.has("param_groups");
}

function isEmpty(object: unknown): object is Dictionary {
  return object instanceof Map && object.size === 0;
}

function withoutTensors(object: unknown, failure: Failure): Error {
  if (!(object instanceof Map)) {
    const got = object instanceof TorchTensor ? "one tensor" : describeValue(object);
    return failure("WEIGHTS_FORMAT", `expected a dictionary of tensors, got ${got}`);
  }
  const keys = [...object.keys()].filter((key) => typeof key === "string");
  return failure(
    "WEIGHTS_FORMAT",
    `expected tensors in the dictionary or in one inside of it, got ${quoteSome(keys) || "none"}`,
  );
}

function keepTexts(place: Dictionary, texts: Map<string, string>): void {
  for (const [key, value] of place) {
    if (typeof key === "string" && typeof value === "string") texts.set(key, value);
  }
}
