/**
 * @file What a file of modules holds beside a network's body: a classifier of another name, numbers that
 * its input is normalised with, and what a training leaves behind.
 *
 * Whatever is none of these could change what the network computes, so that it is not passed over.
 */
import { type Shape, sizeOf } from "../../tensor/tensor.js";
import type { TensorFile } from "../formats/tensor-file.js";
import { withoutWrappers } from "./torch-wrappers.js";

/** What the names are that a network's own are not. */
export interface Extras {
  /** Weight and, where it has one, bias of each linear layer. */
  readonly linear: readonly { readonly weight: string; readonly bias?: string }[];
  /** Subtracted from red, green, blue, and what divides them, of white 1. */
  readonly normalization?: Normalization;
  /** Names that mean nothing to a network that is used. */
  readonly harmless: readonly string[];
  /** The others. */
  readonly unknown: readonly string[];
}

/** What a network does to the pixels before its first layer. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** The names that say so. */
  readonly from: readonly [mean: string, std: string];
}

/** Segments of what losses, metrics, queues and optimizers keep. */
const leftBehind =
  /(^|\.)(n_averaged|criteri(on|a)|\w*loss(_?fn|es)?|class_weights?|(train|val|valid|test)_\w+|\w*(acc|accuracy|metrics?|f1|auroc|confmat|precision|recall)|optim\w*|queue(_ptr)?|rng\w*|best_\w+)(\.|$)/i;

/** Linear layers whose rows and inputs are scaled before they meet: no classifier as others are. */
const angular = /(arc|cos|sphere|margin|am_?soft|proto|metric_fc)/i;

/** Types of counters, flags and states of random numbers. */
const counts = /^(int(32|64)|uint8|bool|I32|I64|U8|BOOL)$/;

/** Sorts names of a file. */
export function sortExtras(names: readonly string[], file: TensorFile): Extras {
  const left = new Set(names);
  const take = (name: string) => left.delete(name);
  const harmless = names.filter((one) => {
    const { dtype = "" } = file.entries.get(one) ?? {};
    return leftBehind.test(withoutWrappers(one)) || counts.test(dtype);
  });
  harmless.forEach(take);
  const normalization = findNormalization([...left], file);
  normalization?.from.forEach(take);
  const linear = [...left].flatMap((weight) => {
    const shape: Shape = file.entries.get(weight)?.shape ?? [];
    if (!/(^|\.)weight$/.test(weight) || shape.length !== 2 || angular.test(weight)) return [];
    const bias = weight.replace(/weight$/, "bias");
    take(weight);
    return [take(bias) ? { weight, bias } : { weight }];
  });
  const unknown = [...left];
  return { linear, ...(normalization && { normalization }), harmless, unknown };
}

/** A mean and a standard deviation of three channels under one name; in units of levels too. */
function findNormalization(names: readonly string[], file: TensorFile): Normalization | undefined {
  const isThree = (name: string) => sizeOf(file.entries.get(name)?.shape ?? []) === 3;
  for (const mean of names) {
    const std = mean.replace(/mean$/, "std");
    if (std === mean || !/(^|[._])mean$/.test(mean) || !names.includes(std)) continue;
    if (!isThree(mean) || !isThree(std)) continue;
    const [center, spread] = [file.floats(mean), file.floats(std)];
    const unit = [...center, ...spread].some((one) => Math.abs(one) > 3) ? 255 : 1;
    const three = (values: Float32Array) =>
      [...values].map((one) => shortest(one) / unit) as unknown as Normalization["mean"];
    return { mean: three(center), std: three(spread), from: [mean, std] };
  }
  return undefined;
}

/** The shortest number that is the same in 32 bits: 0.485 where a file has 0.48500001. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
