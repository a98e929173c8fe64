/**
 * @file Parameters as the bytes of a weight file: ours, which says everything of itself, or timm's.
 */
import {
  type Architecture,
  type ArchitectureName,
  architectures,
  type ForeignScheme,
  findArchitecture,
} from "../architecture/architecture.js";
import { UsageError } from "../errors.js";
import { type Tensor, type Tensors, tensor } from "../tensor/tensor.js";
import { architectureOfNames } from "./canonical.js";
import type { FloatType } from "./formats/floats.js";
import { safetensorsParts } from "./formats/safetensors.js";
import { encodeMetadata, type WeightMetadata } from "./metadata.js";
import { timmCounters, timmNames } from "./sources/timm.js";

/** How to save. */
export interface SaveWeightsOptions {
  /**
   * Whose names the file uses. timm's files say nothing of classes or preprocessing.
   * @defaultValue canonical
   */
  readonly naming?: "canonical" | "timm";
  /**
   * What the file says of itself, with our names.
   * @defaultValue nothing
   */
  readonly metadata?: WeightMetadata;
  /**
   * Type of the numbers.
   * @defaultValue F32
   */
  readonly dtype?: FloatType;
}

/**
 * A network's parameters as safetensors, in parts. With timm's names, batch norm gets the scale of
 * ones that timm's modules have, and its counters.
 */
export function weightParts(
  parameters: Tensors,
  { naming = "canonical", metadata = {}, dtype = "F32" }: SaveWeightsOptions = {},
): Iterable<Uint8Array> {
  if (naming === "canonical") {
    return safetensorsParts(parameters, { metadata: encodeMetadata(metadata), dtype });
  }
  const { tensors, counters } = timmTensors(parameters, metadata.network?.arch);
  return safetensorsParts(tensors, { metadata: { format: "pt" }, counters, dtype });
}

/**
 * The parameters under timm's names, with the scales of ones and the counters of its modules; whose
 * they are tell their names where `arch` does not. Throws `UsageError` where timm has no such network.
 */
export function timmTensors(
  parameters: Tensors,
  arch: ArchitectureName = architectureOfNames(parameters.keys()),
): {
  readonly tensors: Tensors;
  readonly counters: ReadonlyMap<string, bigint>;
} {
  requireScheme(arch, "timm");
  const scaled = withScales(parameters);
  const names = timmNames(scaled.keys(), arch);
  const tensors = new Map(
    [...scaled].map(([name, value]): [string, Tensor] => [names.get(name) ?? name, value]),
  );
  return {
    tensors,
    counters: new Map(timmCounters(scaled.keys(), arch).map((name) => [name, 0n])),
  };
}

/** The parameters with a gamma for each beta that lacks one. */
function withScales(parameters: Tensors): Tensors {
  const added = new Map(parameters);
  for (const [name, { shape }] of parameters) {
    const gamma = name.replace(/\/beta$/, "/gamma");
    if (gamma === name || parameters.has(gamma)) continue;
    const ones = tensor(shape);
    ones.data.fill(1);
    added.set(gamma, ones);
  }
  return added;
}

/** Throws `UsageError` where a program has no such network, and so no names for its parameters. */
export function requireScheme(arch: ArchitectureName, scheme: ForeignScheme): void {
  const { title, schemes } = findArchitecture(arch);
  if (schemes.includes(scheme)) return;
  const all: readonly Architecture[] = Object.values(architectures);
  const having = all.filter((one) => one.schemes.includes(scheme)).map((one) => one.title);
  throw new UsageError(
    "EXPORT_ARCHITECTURE",
    `Cannot write weights for ${scheme}: expected ${having.join(" or ")}, got ${title}, which it does not have`,
  );
}
