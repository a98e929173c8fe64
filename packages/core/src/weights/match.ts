/**
 * @file Which tensor of a file is which parameter, one to one, and whether each can be used.
 *
 * Messages about a parameter give its canonical name, and the file's own where that is another.
 */
import {
  type ArchitectureName,
  architectureNames,
  defaultArchitecture,
  findArchitecture,
} from "../architecture/architecture.js";
import { isClassifier } from "../architecture/heads.js";
import { type ErrorCode, ModelError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import {
  formatShape,
  sameShape,
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "../tensor/tensor.js";
import { canonicalNames } from "./canonical.js";
import type { TensorFile } from "./formats/tensor-file.js";
import type { OpenedWeights } from "./opened.js";
import { quote, quoteSome } from "./quote.js";
import { fromHwio, shapeFromHwio } from "./sources/hwio.js";
import { kerasNames } from "./sources/keras.js";
import { slimName, slimVariables } from "./sources/slim.js";
import { isTimmCounter, modernTimmName, timmNames } from "./sources/timm.js";
import { wrapperPrefix } from "./sources/torch-wrappers.js";
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
}

/** A file whose parameters have been found. */
type Named = Exclude<OpenedWeights, { format: "onnx" }>;

/**
 * Finds parameters, of the network that the file is stated to hold or else of the one that its names
 * tell. Throws `ModelError` when the file holds another network or a tensor that is none of these.
 */
export function nameTensors(opened: Named, name: string, stated?: ArchitectureName): Naming {
  const { format, file } = opened;
  if (format === "keras" || format === "tfjs") {
    const arch = stated ?? defaultArchitecture;
    const found = kerasNames(opened.file, canonicalNames(arch), name, arch);
    const known = new Set(found.values());
    const ignored = [...file.entries.keys()].filter((one) => !known.has(one));
    return { arch, scheme: "keras", found, ignored, isHwio: true };
  }
  const naming = format === "tensorflow" ? nameSlim(file) : nameModules(file, stated);
  const ignored = new Set(naming.ignored);
  const inFile = [...file.entries.keys()].filter((one) => !ignored.has(one));
  const prefix = wrapperPrefix(inFile);
  const bare = inFile.map((one) => one.slice(prefix.length));
  // A classifier proves nothing: many networks have one of the same name.
  const body = [...naming.found.keys()].filter((one) => !isClassifier(one));
  const { title } = findArchitecture(naming.arch);
  const stranger = naming.scheme === "slim" ? undefined : knownStranger(bare);
  if (body.length === 0 || (stranger !== undefined && stranger !== title)) {
    throw new ModelError(
      "WEIGHTS_NETWORK",
      `Cannot use weights "${name}": expected tensors of ${title}, got ${looksLike(bare)}`,
    );
  }
  const known = new Set(naming.found.values());
  const extra = inFile.filter((one) => !known.has(one));
  if (extra.length > 0) {
    throw new ModelError(
      "WEIGHTS_EXTRA",
      `Cannot use weights "${name}": expected only tensors of ${title}, got ${quoteSome(extra)} too`,
    );
  }
  return naming;
}

/** Our own names, or those of timm and its ancestor, which a wrapper may have put a prefix before. */
function nameModules(file: TensorFile, stated?: ArchitectureName): Naming {
  const ignored = [...file.entries.keys()].filter(isTimmCounter);
  const inFile = [...file.entries.keys()].filter((one) => !isTimmCounter(one));
  const prefix = wrapperPrefix(inFile);
  const namings = (stated ? [stated] : architectureNames).flatMap((arch): Naming[] => {
    const canonical = canonicalNames(arch);
    const byModernName = new Map(
      inFile.map((one) => [modernTimmName(one.slice(prefix.length), arch), one]),
    );
    const find = (scheme: Naming["scheme"], names: ReadonlyMap<string, string>): Naming => {
      return { arch, scheme, found: findAll(names, byModernName), ignored, isHwio: false };
    };
    const ours = find("canonical", new Map(canonical.map((one) => [one, one])));
    const hasTimm = findArchitecture(arch).schemes.includes("timm");
    return hasTimm ? [ours, find("timm", timmNames(canonical, arch))] : [ours];
  });
  return mostFound(namings);
}

/** TF-Slim's names, of the network that has most of them. */
function nameSlim(file: TensorFile): Naming {
  const variables = slimVariables(file.entries.keys());
  const read = new Set(variables.values());
  const ignored = [...file.entries.keys()].filter((one) => !read.has(one));
  const archs = architectureNames.filter((arch) => findArchitecture(arch).schemes.includes("slim"));
  const namings = archs.map((arch): Naming => {
    const names = new Map(canonicalNames(arch).map((one) => [one, slimName(one, arch)]));
    return { arch, scheme: "slim", found: findAll(names, variables), ignored, isHwio: true };
  });
  return mostFound(namings);
}

/** The first of those that found most. */
function mostFound(namings: readonly Naming[]): Naming {
  return namings.reduce((best, one) => (one.found.size > best.found.size ? one : best));
}

/** For each of our names, what the file has under theirs. */
function findAll(
  names: ReadonlyMap<string, string>,
  inFile: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map(
    [...names].flatMap(([ours, theirs]) => {
      const there = inFile.get(theirs);
      return there === undefined ? [] : [[ours, there] as const];
    }),
  );
}

/**
 * A value for each parameter of the graph; of classifiers, without the first `skipClasses` classes.
 * Throws `ModelError` when one is missing, of another shape or type, or not finite.
 */
export function matchParameters(
  file: TensorFile,
  graph: Graph,
  naming: Naming,
  { skipClasses, name }: { readonly skipClasses: number; readonly name: string },
): Tensors {
  const { arch, scheme, found } = naming;
  const names = graph.parameters.map((parameter) => parameter.name);
  const missing = names.filter((one) => !found.has(one));
  if (missing.length > 0) {
    const asInFile = theirNames(scheme, names, arch);
    const listed = quoteSome(missing.map((one) => asInFile?.get(one) ?? one));
    const [, part, parts] = /-(\d{5})-of-(\d{5})\.\w+$/.exec(name) ?? [];
    const found = part ? `file ${Number(part)} of ${Number(parts)}, without` : "no";
    throw new ModelError(
      "WEIGHTS_INCOMPLETE",
      `Cannot use weights "${name}": expected ${names.length} tensors, got ${found} ${listed}`,
    );
  }
  return new Map(
    graph.parameters.map((parameter): [string, Tensor] => {
      const skip = isClassifier(parameter.name) ? skipClasses : 0;
      return [parameter.name, takeTensor(file, naming, parameter, skip)];
    }),
  );
}

/** What the file's program calls parameters, where that is a rule. */
function theirNames(
  scheme: Naming["scheme"],
  names: readonly string[],
  arch: ArchitectureName,
): ReadonlyMap<string, string> | undefined {
  if (scheme === "timm") return timmNames(names, arch);
  return scheme === "slim" ? new Map(names.map((one) => [one, slimName(one, arch)])) : undefined;
}

function takeTensor(
  file: TensorFile,
  { scheme, found, isHwio }: Naming,
  { name, shape }: Graph["parameters"][number],
  skip: number,
): Tensor {
  const theirs = found.get(name) ?? "";
  const from = theirs === name ? "" : ` from ${scheme} ${quote(theirs)}`;
  const failure = (code: ErrorCode, problem: string) =>
    new ModelError(code, `Cannot load "${name}": ${problem}${from}`);
  const { dtype = "", shape: stored = [] } = file.entries.get(theirs) ?? {};
  const [first = 0, ...rest] = shape;
  const expected = skip > 0 ? [first + skip, ...rest] : shape;
  const got = isHwio ? shapeFromHwio(stored) : stored;
  if (!sameShape(got, expected)) {
    throw failure("WEIGHTS_SHAPE", `expected ${formatShape(expected)}, got ${formatShape(got)}`);
  }
  if (/^(i|u?int)\d+$/i.test(dtype)) {
    throw failure("WEIGHTS_DTYPE", `expected floats, got ${dtype}`);
  }
  const floats = file.floats(theirs);
  const { data: all } = isHwio ? fromHwio(tensor(stored, floats)) : { data: floats };
  const data = all.subarray(skip * sizeOf(rest));
  const at = firstNotFinite(data);
  if (at >= 0) {
    throw failure("WEIGHTS_NOT_FINITE", `expected finite numbers, got ${data[at]} at index ${at}`);
  }
  return tensor(shape, data);
}

/** Index of the first NaN or infinity, or -1: those have all exponent bits set. */
function firstNotFinite(data: Float32Array): number {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  for (let at = 0; at < bits.length; at++) {
    if (((bits[at] as number) & 0x7f800000) === 0x7f800000) return at;
  }
  return -1;
}
