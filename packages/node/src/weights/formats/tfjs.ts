/**
 * @file TensorFlow.js layers models: `model.json` and the shards of weights beside it.
 *
 *   weightsManifest: [{ paths: ["group1-shard1of2.bin", ...], weights: [{ name, shape, dtype }] }]
 *
 * The bytes of a group's shards are one row, in which its weights follow each other. Converters may
 * have quantised weights to uint8 or uint16 (value * scale + min) or float16. Names are
 * `<layer>/<variable>`, as Keras has them.
 */
import { type Shape, sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  type Failure,
  readingFailure,
} from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { decodeFloats } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type {
  KerasFile,
  KerasLayer,
} from "@inception-resnet-v2/core/internal/weights/formats/keras-file.js";
import type { TensorEntry } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote, quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";

interface Spec {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: string;
  readonly quantization?: Quantization;
}

interface Quantization {
  readonly dtype: string;
  readonly scale: number;
  readonly min: number;
}

/** A weight and where its bytes are. */
interface Placed {
  readonly spec: Spec;
  readonly bytes: Uint8Array;
}

const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
};

/** Whether bytes begin as `model.json` does. */
export function isTfjs(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64));
  return /^\s*\{\s*"/.test(start);
}

/**
 * Reads `model.json`; `load` gives the bytes of a shard by its path, or undefined where there is no
 * such file. Throws `ModelError` when shards are missing or of another size.
 */
export async function readTfjs(
  json: Uint8Array,
  load: (path: string) => Promise<Uint8Array | undefined>,
  name: string,
): Promise<KerasFile> {
  const failure = readingFailure(name);
  const model = parseModel(json, failure);
  if (model.format === "graph-model") {
    throw failure("WEIGHTS_FORMAT", "expected a layers model of TensorFlow.js, got a graph model");
  }
  const placed = new Map<string, Placed>();
  for (const group of model.weightsManifest) {
    const { paths, weights } = checkGroup(group, failure);
    const shards = await Promise.all(paths.map((path) => load(path)));
    const missing = paths.filter((_, at) => shards[at] === undefined);
    if (missing.length > 0) {
      throw failure(
        "WEIGHTS_MISSING",
        `expected the shards ${missing.map(quote).join(", ")}, got none`,
      );
    }
    const bytes = Buffer.concat(shards.map((one) => one ?? new Uint8Array()));
    let at = 0;
    for (const spec of weights) {
      const size = sizeOf(spec.shape) * (elementBytes[storedType(spec)] ?? 0);
      placed.set(spec.name, { spec, bytes: bytes.subarray(at, at + size) });
      at += size;
    }
    if (at !== bytes.length) {
      throw failure(
        "WEIGHTS_TRUNCATED",
        `expected ${at} bytes in the shards of a group, got ${bytes.length}`,
      );
    }
  }
  const layers = new Map<string, Map<string, string>>();
  const entries = new Map<string, TensorEntry>();
  for (const [key, { spec }] of placed) {
    entries.set(key, { dtype: spec.dtype, shape: spec.shape });
    const cut = key.lastIndexOf("/");
    const layer = key.slice(0, Math.max(0, cut)).split("/").at(-1) ?? "";
    layers.set(
      layer,
      (layers.get(layer) ?? new Map()).set(key.slice(cut + 1).replace(/:0$/, ""), key),
    );
  }
  return {
    entries,
    metadata: new Map([
      ...Object.entries(model.userDefinedMetadata ?? {}).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
      [
        "model_config",
        JSON.stringify(model.modelTopology?.model_config ?? model.modelTopology ?? null),
      ],
    ]),
    layers: [...layers].map(([layer, variables]): KerasLayer => ({ name: layer, variables })),
    floats: (key) => floatsOf(placed.get(key) as Placed),
  };
}

interface ModelJson {
  readonly format?: unknown;
  readonly weightsManifest: readonly unknown[];
  readonly userDefinedMetadata?: object;
  readonly modelTopology?: { readonly model_config?: unknown } | null;
}

function parseModel(bytes: Uint8Array, failure: Failure): ModelJson {
  const model = parseJson(bytes);
  if (Array.isArray(model?.weightsManifest)) return model as ModelJson;
  const { weight_map: shards } = model ?? {};
  if (typeof shards === "object" && shards !== null) {
    const files = [...new Set(Object.values(shards).map(String))];
    throw failure(
      "WEIGHTS_FORMAT",
      `expected all weights in one file, got an index of ${files.length} files (${quoteSome(files)})`,
    );
  }
  const found = model === undefined ? "a text that is no JSON, or not whole" : "other JSON";
  throw failure(
    "WEIGHTS_FORMAT",
    `expected a model.json of TensorFlow.js with a weightsManifest, got ${found}`,
  );
}

/** JSON in strict UTF-8, or nothing. The hub's index of a model in parts has a `weight_map`. */
function parseJson(bytes: Uint8Array): (Partial<ModelJson> & { weight_map?: unknown }) | undefined {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) ?? {};
  } catch {
    return undefined;
  }
}

function checkGroup(
  group: unknown,
  failure: Failure,
): { paths: readonly string[]; weights: readonly Spec[] } {
  const { paths, weights } = (group ?? {}) as { paths?: unknown; weights?: unknown };
  // TensorFlow.js' own handlers write "./model.weights.bin", its converter names alone.
  const isPath = (path: unknown) =>
    typeof path === "string" && /^(\.\/)?(?!\.{1,2}$)[^/\\]+$/.test(path);
  if (!Array.isArray(paths) || !paths.every(isPath)) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected names of shards beside the model, got ${quote(paths)}`,
    );
  }
  if (!Array.isArray(weights)) {
    throw failure("WEIGHTS_FORMAT", `expected a list of weights, got ${quote(weights)}`);
  }
  for (const one of weights as Spec[]) {
    const { name, shape, quantization } = one ?? {};
    const isShape =
      Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (typeof name !== "string" || !isShape || !Number.isSafeInteger(sizeOf(shape))) {
      throw failure(
        "WEIGHTS_FORMAT",
        `expected a name and a shape of each weight, got ${quote(one)}`,
      );
    }
    if (elementBytes[storedType(one)] === undefined) {
      throw failure(
        "WEIGHTS_DTYPE",
        `expected ${Object.keys(elementBytes).join(", ")} for tensor ${quote(name)}, got ${quote(storedType(one))}`,
      );
    }
    const numbers = [quantization?.scale ?? 1, quantization?.min ?? 0];
    if (!numbers.every(Number.isFinite)) {
      throw failure("WEIGHTS_FORMAT", `expected numbers in the quantization of ${quote(name)}`);
    }
  }
  return { paths, weights: weights as Spec[] };
}

function storedType({ dtype, quantization }: Spec): string {
  return quantization?.dtype ?? dtype;
}

function floatsOf({ spec, bytes }: Placed): Float32Array {
  const type = storedType(spec);
  if (type === "float32") return decodeFloats(bytes, "F32");
  if (type === "float16") return decodeFloats(bytes, "F16");
  const { buffer } = new Uint8Array(bytes); // aligned
  const { scale = 1, min = 0 } = spec.quantization ?? {};
  if (type === "int32") return Float32Array.from(new Int32Array(buffer));
  const levels = type === "uint8" ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return Float32Array.from(levels, (level) => level * scale + min);
}
