/**
 * @file From a weight file to a network with all its parameters, or to one sentence that says why not.
 *
 * The file decides: its tensors tell the number of classes and whether there is a top, an auxiliary
 * classifier and a learned scale in batch norm; its metadata, where it is ours, tells the rest.
 */
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { ModelError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import type { Preprocessing } from "../image/presets.js";
import { formatShape, sameShape, type Tensor, type Tensors, tensor } from "../tensor/tensor.js";
import { floatsOf, readSafetensors, type Safetensors } from "./formats/safetensors.js";
import { decodeMetadata, type NetworkShape } from "./metadata.js";
import { readWeightBytes, sourceName, type WeightSource } from "./read-file.js";
import { isTimmCounter, modernTimmName, timmNames } from "./sources/timm.js";
import { looksLike } from "./strangers.js";

export type { WeightSource } from "./read-file.js";

/** How to load. */
export interface LoadWeightsOptions {
  /** Files of 1001 classes: leave out class 0, slim's background; false. */
  readonly dropBackground?: boolean | undefined;
}

/** A network with its parameters, as a file gives them. */
export interface LoadedWeights {
  readonly graph: Graph;
  /** A value for each parameter of the graph, by canonical name. */
  readonly parameters: Tensors;
  /** Whose names the file uses. */
  readonly naming: "canonical" | "timm";
  /** What the file says of the network; as released where it says nothing. */
  readonly network: NetworkShape;
  readonly labels?: readonly string[];
  readonly preprocessing?: Preprocessing;
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/**
 * Loads a safetensors file with our names or timm's. Throws `ModelError` when it is damaged, holds
 * another network, lacks a tensor, has one too many or of another shape, or one that is not finite.
 */
export async function loadWeights(
  source: WeightSource,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  const name = sourceName(source);
  const file = readSafetensors(await readWeightBytes(source), name);
  const metadata = decodeMetadata(file.metadata, name);
  const { naming, found } = nameTensors(file, name);
  const { graph, dropped } = buildGraph(file, found, metadata.network, options, name);
  const parameters = matchParameters(file, graph, found, dropped, name);
  const labels = dropped ? metadata.labels?.slice(1) : metadata.labels;
  return {
    graph,
    parameters,
    naming,
    network: metadata.network ?? releasedNetwork,
    ...(labels && { labels }),
    ...(metadata.preprocessing && { preprocessing: metadata.preprocessing }),
    ...(metadata.provenance && { provenance: metadata.provenance }),
  };
}

const releasedNetwork: NetworkShape = {
  width: 1,
  inputSize: [299, 299],
  pooling: "avg",
  dropout: 0.2,
};

/** For each canonical name, the name in the file. */
type Found = ReadonlyMap<string, string>;

/** A network with everything: names that a file may have are looked up in it. */
const everything = (): Graph =>
  lower(configureNetwork({ auxiliary: true }), { batchNormScale: true });

function nameTensors(
  file: Safetensors,
  name: string,
): { naming: LoadedWeights["naming"]; found: Found } {
  const canonical = everything().parameters.map((parameter) => parameter.name);
  const inFile = [...file.entries.keys()].filter((one) => !isTimmCounter(one));
  const byModernName = new Map(inFile.map((one) => [modernTimmName(one), one]));
  const read = (names: ReadonlyMap<string, string>) =>
    new Map(
      [...names].flatMap(([ours, theirs]) => {
        const there = byModernName.get(theirs);
        return there === undefined ? [] : [[ours, there] as const];
      }),
    );
  const asOurs = read(new Map(canonical.map((one) => [one, one])));
  const asTimm = read(timmNames(canonical));
  const [naming, found] =
    asOurs.size >= asTimm.size ? (["canonical", asOurs] as const) : (["timm", asTimm] as const);
  if (found.size === 0) {
    throw new ModelError(
      "WEIGHTS_NETWORK",
      `Cannot use weights "${name}": expected tensors of Inception-ResNet-v2, got ${looksLike(inFile)}`,
    );
  }
  const known = new Set(found.values());
  const extra = inFile.filter((one) => !known.has(one));
  if (extra.length > 0) {
    throw new ModelError(
      "WEIGHTS_EXTRA",
      `Cannot use weights "${name}": expected only tensors of Inception-ResNet-v2, got ${listed(extra)} too`,
    );
  }
  return { naming, found };
}

function buildGraph(
  file: Safetensors,
  found: Found,
  network: ReturnType<typeof decodeMetadata>["network"],
  { dropBackground = false }: LoadWeightsOptions,
  name: string,
): { graph: Graph; dropped: boolean } {
  const shapeOf = (parameter: string) => file.entries.get(found.get(parameter) ?? "")?.shape;
  const stored = shapeOf("logits/weight")?.[0];
  if (stored === 1001 && !dropBackground) {
    throw new ModelError(
      "WEIGHTS_BACKGROUND",
      `Cannot use weights "${name}": expected 1000 classes, got 1001, whose class 0 is slim's "background" that no photo belongs to; --drop-background leaves it out`,
    );
  }
  const dropped = dropBackground && stored === 1001;
  const classes = dropped ? stored - 1 : stored;
  const batchNormScale = [...found.keys()].some(
    (one) => one.endsWith("/gamma") && !floatsOf(file, found.get(one) ?? "").every((g) => g === 1),
  );
  const configured = configureNetwork({
    classes,
    top: classes !== undefined,
    auxiliary: found.has("aux_logits/weight"),
    ...network,
  });
  return { graph: lower(configured, { batchNormScale }), dropped };
}

function matchParameters(
  file: Safetensors,
  graph: Graph,
  found: Found,
  dropped: boolean,
  name: string,
): Tensors {
  const missing = graph.parameters.filter((parameter) => !found.has(parameter.name));
  if (missing.length > 0) {
    throw new ModelError(
      "WEIGHTS_INCOMPLETE",
      `Cannot use weights "${name}": expected ${graph.parameters.length} tensors, got no ${listed(missing.map((one) => one.name))}`,
    );
  }
  return new Map(
    graph.parameters.map((parameter): [string, Tensor] => {
      const theirs = found.get(parameter.name) ?? "";
      const entry = file.entries.get(theirs);
      const [classes = 0, ...rest] = entry?.shape ?? [];
      const cut = dropped && /^(aux_)?logits\//.test(parameter.name);
      const shape = cut ? [classes - 1, ...rest] : (entry?.shape ?? []);
      const from = theirs === parameter.name ? "" : ` from timm "${theirs}"`;
      if (!sameShape(shape, parameter.shape)) {
        throw new ModelError(
          "WEIGHTS_SHAPE",
          `Cannot load "${parameter.name}": expected ${formatShape(parameter.shape)}, got ${formatShape(shape)}${from}`,
        );
      }
      if (entry?.dtype === "I64") {
        throw new ModelError(
          "WEIGHTS_DTYPE",
          `Cannot load "${parameter.name}": expected floats, got I64${from}`,
        );
      }
      const all = floatsOf(file, theirs);
      const data = cut ? all.subarray(all.length / classes) : all;
      const at = firstNotFinite(data);
      if (at >= 0) {
        throw new ModelError(
          "WEIGHTS_NOT_FINITE",
          `Cannot load "${parameter.name}": expected finite numbers, got ${data[at]} at index ${at}${from}`,
        );
      }
      return [parameter.name, tensor(shape, data)];
    }),
  );
}

/** Index of the first NaN or infinity, or -1: those have all exponent bits set. */
function firstNotFinite(data: Float32Array): number {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at < bits.length; at++) {
    if (((bits[at] as number) & 0x7f800000) === 0x7f800000) return at;
  }
  return -1;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((one) => `"${one}"`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
