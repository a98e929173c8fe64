/**
 * @file The checks that the shape rules of the op table are written with; they throw `GraphError`.
 */
import { GraphError } from "../errors.js";
import { formatShape, type Shape, sameShape } from "../tensor/tensor.js";
import type { Pair, Window } from "./ops.js";

/** The sizes of a shape of so many axes; throws `GraphError` naming the input when it has others. */
export function rank(shape: Shape | undefined, axes: 2, name: string): [number, number];
export function rank(
  shape: Shape | undefined,
  axes: 4,
  name: string,
): [number, number, number, number];
export function rank(shape: Shape | undefined, axes: number, name: string): number[] {
  expect(shape?.length === axes, `${name} with ${axes} axes`, formatShape(shape ?? []));
  return [...(shape ?? [])];
}

/** Throws `GraphError` unless a condition holds. */
export function expect(holds: boolean, expected: string, actual: string): asserts holds {
  if (!holds) throw new GraphError("GRAPH_SHAPE", `expected ${expected}, got ${actual}`);
}

/** Throws `GraphError` unless the input of this name has this shape. */
export function expectShape(actual: Shape | undefined, expected: Shape, name: string): void {
  const fits = actual !== undefined && sameShape(actual, expected);
  expect(fits, `${name} ${formatShape(expected)}`, formatShape(actual ?? []));
}

/** Throws `GraphError` unless every input has one number for each of `c` channels. */
export function expectChannels(inputs: readonly Shape[], c: number): void {
  for (const one of inputs) expect(sameShape(one, [c]), `${c} channels`, formatShape(one));
}

/** Output height and width of a sliding window: floor((size + 2 padding - kernel) / stride) + 1. */
export function slide(size: Pair, { kernel, stride, padding }: Window): Pair {
  const along = (axis: 0 | 1) =>
    Math.floor((size[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
  const out: Pair = [along(0), along(1)];
  expect(out[0] > 0 && out[1] > 0, `a grid of at least ${kernel.join("x")}`, formatShape(size));
  return out;
}
