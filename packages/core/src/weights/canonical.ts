/**
 * @file The canonical names of parameters, network by network, and which network a set of names is of.
 */
import {
  type ArchitectureName,
  architectureNames,
  defaultArchitecture,
  findArchitecture,
} from "../architecture/architecture.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";

const known = new Map<ArchitectureName, readonly string[]>();

/** All names that a file of a network may have: those of every head, and batch norm's scales. */
export function canonicalNames(arch: ArchitectureName): readonly string[] {
  const names = known.get(arch) ?? listNames(arch);
  known.set(arch, names);
  return names;
}

function listNames(arch: ArchitectureName): readonly string[] {
  const auxiliary = findArchitecture(arch).auxiliary !== undefined;
  const everything = lower(configureNetwork({ arch, auxiliary }), { batchNormScale: true });
  return everything.parameters.map(({ name }) => name);
}

/** The network that most of these canonical names belong to; the first of several. */
export function architectureOfNames(names: Iterable<string>): ArchitectureName {
  const given = new Set(names);
  const found = (arch: ArchitectureName) =>
    canonicalNames(arch).filter((name) => given.has(name)).length;
  return architectureNames.reduce(
    (best, arch) => (found(arch) > found(best) ? arch : best),
    defaultArchitecture,
  );
}
