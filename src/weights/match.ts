/**
 * @file Which tensor of a file is which parameter, one to one, and whether each can be used.
 *
 * Messages about a parameter give its canonical name, and the file's own where that is another.
 */
import { ModelError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import {
  formatShape,
  sameShape,
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "../tensor/tensor.js";
import { floatsOf, type Safetensors } from "./formats/safetensors.js";
import { quote, quoteSome } from "./quote.js";
import { isTimmCounter, modernTimmName, timmNames } from "./sources/timm.js";
import { knownStranger, looksLike } from "./strangers.js";

/** Whose names a file uses, and where the parameters are in it. */
export interface Naming {
  readonly scheme: "canonical" | "timm";
  /** For each canonical name, the name in the file. */
  readonly found: ReadonlyMap<string, string>;
}

/**
 * Finds parameters, given all canonical names that a file may have. Throws `ModelError` when the
 * file holds another network or a tensor that is none of these.
 */
export function nameTensors(file: Safetensors, canonical: readonly string[], name: string): Naming {
  const inFile = [...file.entries.keys()].filter((one) => !isTimmCounter(one));
  const byModernName = new Map(inFile.map((one) => [modernTimmName(one), one]));
  const find = (scheme: Naming["scheme"], names: ReadonlyMap<string, string>): Naming => ({
    scheme,
    found: new Map(
      [...names].flatMap(([ours, theirs]) => {
        const there = byModernName.get(theirs);
        return there === undefined ? [] : [[ours, there] as const];
      }),
    ),
  });
  const ours = find("canonical", new Map(canonical.map((one) => [one, one])));
  const timms = find("timm", timmNames(canonical));
  const naming = ours.found.size >= timms.found.size ? ours : timms;
  // A classifier proves nothing: many networks have one of the same name.
  const body = [...naming.found.keys()].filter((one) => !one.startsWith("logits/"));
  if (body.length === 0 || knownStranger(inFile)) {
    throw new ModelError(
      "WEIGHTS_NETWORK",
      `Cannot use weights "${name}": expected tensors of Inception-ResNet-v2, got ${looksLike(inFile)}`,
    );
  }
  const known = new Set(naming.found.values());
  const extra = inFile.filter((one) => !known.has(one));
  if (extra.length > 0) {
    throw new ModelError(
      "WEIGHTS_EXTRA",
      `Cannot use weights "${name}": expected only tensors of Inception-ResNet-v2, got ${quoteSome(extra)} too`,
    );
  }
  return naming;
}

/**
 * A value for each parameter of the graph; of classifiers, without the first `skipClasses` classes.
 * Throws `ModelError` when one is missing, of another shape or type, or not finite.
 */
export function matchParameters(
  file: Safetensors,
  graph: Graph,
  { scheme, found }: Naming,
  { skipClasses, name }: { readonly skipClasses: number; readonly name: string },
): Tensors {
  const names = graph.parameters.map((parameter) => parameter.name);
  const missing = names.filter((one) => !found.has(one));
  if (missing.length > 0) {
    const asInFile = scheme === "timm" ? timmNames(names) : undefined;
    const listed = quoteSome(missing.map((one) => asInFile?.get(one) ?? one));
    throw new ModelError(
      "WEIGHTS_INCOMPLETE",
      `Cannot use weights "${name}": expected ${names.length} tensors, got no ${listed}`,
    );
  }
  return new Map(
    graph.parameters.map((parameter): [string, Tensor] => {
      const skip = /^(aux_)?logits\//.test(parameter.name) ? skipClasses : 0;
      const theirs = found.get(parameter.name) ?? "";
      return [parameter.name, takeTensor(file, theirs, parameter, skip)];
    }),
  );
}

function takeTensor(
  file: Safetensors,
  theirs: string,
  { name, shape }: Graph["parameters"][number],
  skip: number,
): Tensor {
  const from = theirs === name ? "" : ` from timm ${quote(theirs)}`;
  const failure = (code: string, problem: string) =>
    new ModelError(code, `Cannot load "${name}": ${problem}${from}`);
  const entry = file.entries.get(theirs);
  const [first = 0, ...rest] = shape;
  const expected = skip > 0 ? [first + skip, ...rest] : shape;
  const got = entry?.shape ?? [];
  if (!sameShape(got, expected)) {
    throw failure("WEIGHTS_SHAPE", `expected ${formatShape(expected)}, got ${formatShape(got)}`);
  }
  if (entry?.dtype === "I64") throw failure("WEIGHTS_DTYPE", "expected floats, got I64");
  const data = floatsOf(file, theirs).subarray(skip * sizeOf(rest));
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
