/**
 * @file What our own weight files say about themselves, in safetensors' `__metadata__`.
 *
 * The map holds texts only, so the parts are JSON: a version, the shape of the network, the names
 * of the classes, the preprocessing, and where the weights come from.
 */
import {
  type ArchitectureName,
  architectureNames,
  defaultArchitecture,
  findArchitecture,
  isArchitectureName,
  publishedShape,
} from "../architecture/architecture.js";
import { ModelError } from "../errors.js";
import { type Preprocessing, parsePreprocessing } from "../image/presets.js";
import { type Activation, activations } from "../predictions/predictions.js";
import { quote } from "./quote.js";

/** What a file says; a file of another program says nothing of it. */
export interface WeightMetadata {
  /** What the tensors alone do not tell of the network. */
  readonly network?: NetworkShape;
  /** Names of the classes by index. */
  readonly labels?: readonly string[];
  /** How photos become the tensors that these weights expect. */
  readonly preprocessing?: Preprocessing;
  /** What logits are divided by before the softmax, so that scores can be believed; 1. */
  readonly temperature?: number;
  /** What turns logits into scores; softmax, and sigmoid of one class. */
  readonly activation?: Activation;
  /** Free-form record of the weights' origin. */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** What the tensors alone do not tell of the network. */
export interface NetworkShape {
  /** Which network it is; files from before there were several do not say it, and are of the first. */
  readonly arch: ArchitectureName;
  /** Factor of the channels of every convolution, above 0 and at most 8. */
  readonly width: number;
  /** Input height and width in pixels. */
  readonly inputSize: readonly [height: number, width: number];
  /** How the last grid becomes one vector; `none` keeps the grid. */
  readonly pooling: "avg" | "max" | "none";
  /** Fraction of the features dropped in training, from 0 and below 1. */
  readonly dropout: number;
}

/** A network of which a file says no more than its tensors do. */
export function publishedNetwork(arch: ArchitectureName, width: number): NetworkShape {
  return { arch, width, pooling: "avg", ...publishedShape(findArchitecture(arch)) };
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
      throw unfit(file, key, "JSON", text);
    }
  };
  const network = read("network");
  const labels = read("labels");
  const preprocessing = read("preprocessing");
  const temperature = read("temperature");
  const activation = read("activation");
  const provenance = read("provenance");
  return {
    ...(network !== undefined && { network: parseNetwork(network, file) }),
    ...(labels !== undefined && { labels: parseLabels(labels, file) }),
    ...(preprocessing !== undefined && { preprocessing: parsePreprocessing(preprocessing) }),
    ...(temperature !== undefined && { temperature: parseTemperature(temperature, file) }),
    ...(activation !== undefined && { activation: parseActivation(activation, file) }),
    ...(provenance !== undefined && { provenance: parseProvenance(provenance, file) }),
  };
}

/** Ranges are the network's to check: `configureNetwork`. */
function parseNetwork(value: unknown, file: string): NetworkShape {
  const shape = (value ?? {}) as Partial<NetworkShape>;
  const { arch = defaultArchitecture, width, inputSize, pooling, dropout } = shape;
  if (!isArchitectureName(arch)) {
    throw unfit(file, "network", `an arch of ${architectureNames.join(", ")}`, arch);
  }
  if (
    typeof width !== "number" ||
    typeof dropout !== "number" ||
    !isSize(inputSize) ||
    (pooling !== "avg" && pooling !== "max" && pooling !== "none")
  ) {
    throw unfit(file, "network", "width, inputSize, pooling and dropout", value);
  }
  return { arch, width, inputSize, pooling, dropout };
}

function isSize(value: unknown): value is readonly [height: number, width: number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

function parseLabels(value: unknown, file: string): readonly string[] {
  if (Array.isArray(value) && value.every((label) => typeof label === "string")) return value;
  throw unfit(file, "labels", "a list of texts", value);
}

function parseTemperature(value: unknown, file: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw unfit(file, "temperature", "a number above 0", value);
}

function parseActivation(value: unknown, file: string): Activation {
  const found = activations.find((one) => one === value);
  if (found === undefined) throw unfit(file, "activation", activations.join(" or "), value);
  return found;
}

function parseProvenance(value: unknown, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw unfit(file, "provenance", "a record", value);
}

/** The error of metadata that is not what it should be; `value` is what the file has. */
export function unfit(file: string, key: string, expected: string, value: unknown): ModelError {
  return new ModelError(
    "WEIGHTS_METADATA",
    `Cannot read weights "${file}": expected ${expected} in metadata "${key}", got ${quote(value)}`,
  );
}
