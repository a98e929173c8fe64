/**
 * @file Which tensor of a file is which parameter, one to one, under whatever names the file has.
 */
import {
  type ArchitectureName,
  architectureNames,
  defaultArchitecture,
  findArchitecture,
} from "../architecture/architecture.js";
import { isClassifier, mainHead } from "../architecture/heads.js";
import { type ErrorCode, ModelError } from "../errors.js";
import { canonicalNames } from "./canonical.js";
import type { TensorFile } from "./formats/tensor-file.js";
import type { OpenedWeights } from "./opened.js";
import { quoteSome } from "./quote.js";
import { type Normalization, sortExtras } from "./sources/extras.js";
import { kerasNames } from "./sources/keras.js";
import { bodySize, chooseNetwork, findCandidates } from "./sources/modules.js";
import { slimName, slimVariables } from "./sources/slim.js";
import { isTimmCounter } from "./sources/timm.js";
import { withoutWrappers } from "./sources/torch-wrappers.js";
import { knownStranger, looksLike } from "./strangers.js";

/** Whose names a file uses, and where the parameters are in it. */
export interface Naming {
  /** Which network's they are. */
  readonly arch: ArchitectureName;
  readonly scheme: "canonical" | "timm" | "keras" | "slim";
  /** For each canonical name, the name in the file. */
  readonly found: ReadonlyMap<string, string>;
  /** Names of the file that mean nothing here: counters, what an optimizer kept. */
  readonly ignored: readonly string[];
  /** Whether kernels are HWIO and dense weights [in, out], as TensorFlow has them. */
  readonly isHwio: boolean;
  /** What the file's network does to pixels before its first layer. */
  readonly normalization?: Normalization;
  /** What was decided where the file leaves it open, in sentences. */
  readonly notes: readonly string[];
}

/** What callers say of a file beside its content. */
export interface NamingOptions {
  /** How messages call the file. */
  readonly name: string;
  /** The network that the file is stated to hold. */
  readonly stated?: ArchitectureName | undefined;
  /** Of weights and their averages, whether the averages are taken. */
  readonly ema?: boolean | undefined;
}

/** A file whose parameters have been found. */
type Named = Exclude<OpenedWeights, { format: "onnx" }>;

/**
 * Finds parameters, of the network that the file is stated to hold or else of the one that its names
 * tell. Throws `ModelError` when the file holds another network or a tensor that is none of these.
 */
export function nameTensors(opened: Named, options: NamingOptions): Naming {
  switch (opened.format) {
    case "keras":
    case "tfjs": {
      const { file } = opened;
      const arch = options.stated ?? defaultArchitecture;
      const found = kerasNames(file, canonicalNames(arch), options.name, arch);
      const known = new Set(found.values());
      const ignored = [...file.entries.keys()].filter((one) => !known.has(one));
      return { arch, scheme: "keras", found, ignored, isHwio: true, notes: [] };
    }
    case "tensorflow":
      return nameSlim(opened.file, options.name);
    default:
      return nameModules(opened.file, options);
  }
}

/** Our own names, or those of timm and its ancestor, behind whatever prefix. */
function nameModules(file: TensorFile, { name, stated, ema }: NamingOptions): Naming {
  const failure = (code: ErrorCode, expected: string, got: string) =>
    new ModelError(code, `Cannot use weights "${name}": expected ${expected}, got ${got}`);
  const counters = [...file.entries.keys()].filter(isTimmCounter);
  const names = [...file.entries.keys()].filter((one) => !isTimmCounter(one));
  const candidates = findCandidates(names, stated);
  const { chosen, rest, notes } = chooseNetwork(candidates, names, { name, ema });
  const { arch, scheme, prefix, found } = chosen;
  const { title } = findArchitecture(arch);
  const inside = names.map(withoutWrappers).filter((one) => one.startsWith(prefix));
  const bare = inside.map((one) => one.slice(prefix.length));
  const stranger = knownStranger(bare);
  if (bodySize(chosen) === 0 || (stranger !== undefined && stranger !== title)) {
    throw failure("WEIGHTS_NETWORK", `tensors of ${title}`, looksLike(bare));
  }
  const { linear, normalization, harmless, unknown } = sortExtras(rest, file);
  const [head, ...more] = linear;
  const isHeadless = ![...found.keys()].some((one) => one.startsWith(`${mainHead}/`));
  if (more.length > 0) {
    const layers = linear.map(({ weight }) => weight.replace(/\.?weight$/, ""));
    throw failure("WEIGHTS_HEAD", "one linear layer as the classifier", quoteSome(layers));
  }
  const extra = [...(head && !isHeadless ? [head.weight] : []), ...unknown];
  if (extra.length > 0) {
    throw failure("WEIGHTS_EXTRA", `only tensors of ${title}`, `${quoteSome(extra)} too`);
  }
  if (head) {
    found.set(`${mainHead}/weight`, head.weight);
    if (head.bias !== undefined) found.set(`${mainHead}/bias`, head.bias);
  }
  const ignored = [...harmless, ...counters];
  if (harmless.length > 0) {
    notes.push(`Left out what is no part of the network in "${name}": ${quoteSome(harmless)}.`);
  }
  if (normalization) {
    const { mean, std, from } = normalization;
    notes.push(
      `Normalizes with mean ${mean.join(", ")} and deviation ${std.join(", ")}, as ${quoteSome(from)} of "${name}" say.`,
    );
  }
  const common = { arch, scheme, found, ignored, isHwio: false, notes };
  return normalization ? { ...common, normalization } : common;
}

/** TF-Slim's names, of the network that has most of them. */
function nameSlim(file: TensorFile, name: string): Naming {
  const variables = slimVariables(file.entries.keys());
  const archs = architectureNames.filter((arch) => findArchitecture(arch).schemes.includes("slim"));
  const namings = archs.map((arch) => {
    const pairs = canonicalNames(arch).flatMap((ours) => {
      const theirs = variables.get(slimName(ours, arch));
      return theirs === undefined ? [] : [[ours, theirs] as const];
    });
    return { arch, found: new Map(pairs) };
  });
  const best = namings.reduce((a, b) => (b.found.size > a.found.size ? b : a));
  const { arch, found } = best;
  const read = new Set(variables.values());
  const ignored = [...file.entries.keys()].filter((one) => !read.has(one));
  const { title } = findArchitecture(arch);
  if ([...found.keys()].every(isClassifier)) {
    throw new ModelError(
      "WEIGHTS_NETWORK",
      `Cannot use weights "${name}": expected tensors of ${title}, got ${looksLike([...read])}`,
    );
  }
  const known = new Set(found.values());
  const extra = [...read].filter((one) => !known.has(one));
  if (extra.length > 0) {
    throw new ModelError(
      "WEIGHTS_EXTRA",
      `Cannot use weights "${name}": expected only tensors of ${title}, got ${quoteSome(extra)} too`,
    );
  }
  return { arch, scheme: "slim", found, ignored, isHwio: true, notes: [] };
}
