/**
 * @file The values of a network's parameters from the tensors of a file, each checked.
 *
 * Messages about a parameter give its canonical name, and the file's own where that is another.
 */
import type { ArchitectureName } from "../architecture/architecture.js";
import { isClassifier, mainHead } from "../architecture/heads.js";
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
import type { TensorFile } from "./formats/tensor-file.js";
import type { Naming } from "./naming.js";
import { quote, quoteSome } from "./quote.js";
import { fromHwio, shapeFromHwio } from "./sources/hwio.js";
import { slimName } from "./sources/slim.js";
import { timmNames } from "./sources/timm.js";

/**
 * A value for each parameter of the graph; of classifiers, without the first `skipClasses` classes. One
 * without a bias gets zeros.
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
  const isBiasless = (one: string) => one === `${mainHead}/bias` && found.has(`${mainHead}/weight`);
  const missing = names.filter((one) => !found.has(one) && !isBiasless(one));
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
      if (!found.has(parameter.name)) return [parameter.name, tensor(parameter.shape)];
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
  { name, shape, role }: Graph["parameters"][number],
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
  if (/^(u?int8|[iu]8|bool)$/i.test(dtype)) {
    throw failure("WEIGHTS_DTYPE", `expected floats, got ${dtype}`); // quantized, by some factor
  }
  const floats = file.floats(theirs);
  const { data: all } = isHwio ? fromHwio(tensor(stored, floats)) : { data: floats };
  const data = all.subarray(skip * sizeOf(rest));
  const at = firstNotFinite(data);
  if (at >= 0) {
    throw failure("WEIGHTS_NOT_FINITE", `expected finite numbers, got ${data[at]} at index ${at}`);
  }
  const negative = role === "moving_variance" ? data.findIndex((value) => value < 0) : -1;
  if (negative >= 0) {
    const problem = `expected variances from 0, got ${data[negative]} at index ${negative}`;
    throw failure("WEIGHTS_NEGATIVE_VARIANCE", problem);
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
