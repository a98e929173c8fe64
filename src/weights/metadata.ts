/**
 * @file What our own weight files say about themselves, in safetensors' `__metadata__`.
 *
 * The map holds texts only, so the parts are JSON: a version, the shape of the network, the names
 * of the classes, the preprocessing, and where the weights come from.
 */
import { ModelError } from "../errors.js";
import { type Preprocessing, parsePreprocessing } from "../image/presets.js";

/** What a file says; a file of another program says nothing of it. */
export interface WeightMetadata {
  readonly network?: NetworkShape;
  readonly labels?: readonly string[];
  readonly preprocessing?: Preprocessing;
  /** Free-form record of the weights' origin. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** What the tensors alone do not tell of the network. */
export interface NetworkShape {
  readonly width: number;
  readonly inputSize: readonly [height: number, width: number];
  readonly pooling: "avg" | "max" | "none";
  readonly dropout: number;
}

/** Version of this layout; a reader refuses a later one. */
const formatVersion = 1;
const formatName = "inception-resnet-v2";

/** Metadata as texts. */
export function encodeMetadata(metadata: WeightMetadata): Record<string, string> {
  const parts = Object.entries(metadata).filter(([, value]) => value !== undefined);
  const texts = parts.map(([key, value]) => [key, JSON.stringify(value)]);
  return { format: formatName, version: String(formatVersion), ...Object.fromEntries(texts) };
}

/** Reads metadata; empty for files of other programs. Throws `ModelError` naming what does not fit. */
export function decodeMetadata(texts: ReadonlyMap<string, string>, file: string): WeightMetadata {
  if (texts.get("format") !== formatName) return {};
  const version = texts.get("version");
  if (version !== String(formatVersion)) {
    throw new ModelError(
      "WEIGHTS_VERSION",
      `Cannot read weights "${file}": expected format version ${formatVersion}, got ${version ?? "none"}`,
    );
  }
  const read = (key: string): unknown => {
    const text = texts.get(key);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw invalid(file, key, "JSON", text);
    }
  };
  const network = read("network");
  const labels = read("labels");
  const preprocessing = read("preprocessing");
  const provenance = read("provenance");
  return {
    ...(network !== undefined && { network: parseNetwork(network, file) }),
    ...(labels !== undefined && { labels: parseLabels(labels, file) }),
    ...(preprocessing !== undefined && { preprocessing: parsePreprocessing(preprocessing) }),
    ...(provenance !== undefined && { provenance: provenance as Record<string, unknown> }),
  };
}

function parseNetwork(value: unknown, file: string): NetworkShape {
  const { width, inputSize, pooling, dropout } = (value ?? {}) as Partial<NetworkShape>;
  const sides = Array.isArray(inputSize) ? inputSize.length : 0;
  if (
    typeof width !== "number" ||
    typeof dropout !== "number" ||
    sides !== 2 ||
    !["avg", "max", "none"].includes(pooling ?? "")
  ) {
    throw invalid(file, "network", "width, inputSize, pooling and dropout", JSON.stringify(value));
  }
  return value as NetworkShape;
}

function parseLabels(value: unknown, file: string): readonly string[] {
  if (Array.isArray(value) && value.every((label) => typeof label === "string")) return value;
  throw invalid(file, "labels", "a list of texts", JSON.stringify(value));
}

function invalid(file: string, key: string, expected: string, got: string): ModelError {
  const shown = got.length > 60 ? `${got.slice(0, 60)}...` : got;
  return new ModelError(
    "WEIGHTS_METADATA",
    `Cannot read weights "${file}": expected ${expected} in metadata "${key}", got ${shown}`,
  );
}
