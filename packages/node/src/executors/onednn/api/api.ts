/**
 * @file What this executor asks of oneDNN, in words that both of its interfaces understand.
 *
 * A layout is where the numbers of a tensor lie; a descriptor is a primitive that could be made, with
 * the layouts that the library chose for it.
 */
import type { Handles } from "./handles.js";
import type { Library, Native } from "./library.js";

/** Number types, by oneDNN's `dnnl_data_type_t`. */
export const types = { bf16: 2, f32: 3 } as const;

/** A number type that tensors are kept in. */
export type NumberType = keyof typeof types;

/** Bytes of a number. */
export const bytesOf: Readonly<Record<NumberType, number>> = { bf16: 2, f32: 4 };

/**
 * An order of the axes: `plain` as in NCHW and OIHW, `channelsLast` as in NHWC, `blocked` with 16
 * channels side by side, `any` for the library to choose.
 */
export type Order = "any" | "plain" | "channelsLast" | "blocked";

/** A memory descriptor. */
export interface Layout {
  readonly pointer: Native;
  readonly dims: readonly number[];
  readonly type: NumberType;
  /** Bytes from the first number to the last, with padding. */
  readonly bytes: number;
  /** Whether it holds weights transformed for Winograd's algorithm, which nothing else can read. */
  readonly transformed: boolean;
}

/** Kinds of propagation, by oneDNN's `dnnl_prop_kind_t`. */
export const propagation = { training: 64, inference: 96, backward: 128 } as const;

/** What happens to a result before it is written. */
export type PostOp =
  | { readonly kind: "relu" }
  | { readonly kind: "sqrt" }
  | { readonly kind: "linear"; readonly alpha: number; readonly beta: number }
  /** Adds what the destination held, times a factor. */
  | { readonly kind: "sum"; readonly factor: number }
  | { readonly kind: "binary"; readonly of: BinaryName; readonly with: Layout };

/** Names of two-operand functions and their `dnnl_alg_kind_t`. */
export const binaries = {
  add: 0x1fff0,
  mul: 0x1fff1,
  div: 0x1fff4,
  sub: 0x1fff5,
  eq: 0x1fffa,
} as const;

/** A two-operand function. */
export type BinaryName = keyof typeof binaries;

/** Functions of one operand. */
export type EltwiseName = "relu" | "linear" | "sqrt";

/** Ways to pool, with their `dnnl_alg_kind_t`; padding does not count in an average. */
export const poolings = { max: 0x1ff, avg: 0x3ff } as const;

/** Sums along axes: `dnnl_reduction_sum`, alike in both interfaces. */
export const reductionSum = 196596;

/** Ways to convolve, with their `dnnl_alg_kind_t`, alike in both interfaces. */
const algorithms = { direct: 1, winograd: 2 } as const;

/** What a convolution is asked with; the layouts may be `any`. */
export interface Convolution {
  /** If none is named, `direct` or what is faster. */
  readonly algorithm?: keyof typeof algorithms;
  readonly src: Layout;
  readonly weights: Layout;
  readonly bias?: Layout | undefined;
  readonly dst: Layout;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** What a pooling is asked with. */
export interface Pooling {
  readonly kind: keyof typeof poolings;
  readonly src: Layout;
  readonly dst: Layout;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** What a batch norm is asked with. */
export interface BatchNorm {
  readonly src: Layout;
  readonly epsilon: number;
  readonly scale: boolean;
  readonly shift: boolean;
  /** Statistics are given rather than taken from the batch. */
  readonly fixed: boolean;
  readonly relu: boolean;
}

/** The library behind one interface or the other. Layouts that it makes live as long as `handles`. */
export interface Api {
  readonly library: Library;
  layout(dims: readonly number[], type: NumberType, order: Order): Layout;
  strided(dims: readonly number[], type: NumberType, strides: readonly number[]): Layout;
  /** The part of a tensor that begins at these offsets, where it lies. */
  part(of: Layout, dims: readonly number[], offsets: readonly number[]): Layout;
  /** The same numbers with the axes in another order: axis `i` becomes axis `axes[i]`. */
  permuted(of: Layout, axes: readonly number[]): Layout;
  /** A layout of another side that is to live as long as the handles of this one. */
  keep(of: Layout): Layout;
  /** A copy of a descriptor's memory descriptor at an address. */
  copyLayout(pointer: bigint, dims: readonly number[], type: NumberType): Layout;

  appendPostOp(ops: bigint, op: PostOp): void;
  /** The argument by which the second operand of a `binary` post-op is given. */
  postOpArgument(index: number): number;

  reorder(src: Layout, dst: Layout, attributes: Native): bigint;
  concat(parts: readonly Layout[], dst: Layout, axis: number, attributes: Native): bigint;
  binary(of: BinaryName, a: Layout, b: Layout, dst: Layout, attributes: Native): bigint;
  eltwise(of: EltwiseName, of2: EltwiseArguments, attributes: Native): bigint;
  /** The gradient of ReLU, from its result. */
  reluBackward(layout: Layout, hint: bigint, attributes: Native): bigint;
  /** ReLU in the form that `reluBackward` wants as its hint. */
  reluForward(layout: Layout, attributes: Native): bigint;
  convolution(kind: number, of: Convolution, attributes: Native): bigint;
  convolutionData(of: Convolution, hint: bigint, attributes: Native): bigint;
  convolutionWeights(of: Convolution, hint: bigint, attributes: Native): bigint;
  pooling(kind: number, of: Pooling, attributes: Native): bigint;
  poolingBackward(of: Pooling, hint: bigint, attributes: Native): bigint;
  batchNorm(kind: number, of: BatchNorm, attributes: Native): bigint;
  /** Whether the gradient of a batch norm is to be given the offset. */
  readonly gradientTakesShift: boolean;
  batchNormBackward(of: BatchNorm, hint: bigint, attributes: Native): bigint;
  matmul(of: MatMul, attributes: Native): bigint;
  softmax(
    of: { readonly src: Layout; readonly dst: Layout; readonly log: boolean },
    attributes: Native,
  ): bigint;
  sum(src: Layout, dst: Layout, attributes: Native): bigint;
}

/** What a function of one operand is asked with: `alpha x + beta` for `linear`. */
export interface EltwiseArguments {
  readonly src: Layout;
  readonly dst: Layout;
  readonly alpha: number;
  readonly beta: number;
}

/** dst [m,n] = a [m,k] b [k,n] + bias [1,n]. */
export interface MatMul {
  readonly a: Layout;
  readonly b: Layout;
  readonly bias?: Layout | undefined;
  readonly dst: Layout;
}

/** Makes the side of an interface that belongs to an engine. */
export type CreateApi = (library: Library, engine: bigint, handles: Handles) => Api;

/** What functions of the library are given: layouts by their memory descriptors. */
export function natives(given: readonly unknown[]): unknown[] {
  return given.map((one) => {
    if (one === undefined) return null;
    return isLayout(one) ? one.pointer : one;
  });
}

function isLayout(value: unknown): value is Layout {
  return typeof value === "object" && value !== null && "pointer" in value;
}

/** The number of the algorithm that a convolution asks for. */
export function algorithmOf({ algorithm = "direct" }: Convolution): number {
  return algorithms[algorithm];
}

/** The sum of the flags that a batch norm sets. */
export function flagsOf(
  of: BatchNorm,
  flags: Readonly<Record<"fixed" | "scale" | "shift" | "relu", number>>,
): number {
  const names = ["fixed", "scale", "shift", "relu"] as const;
  return names.reduce((sum, name) => sum + (of[name] ? flags[name] : 0), 0);
}

/** The dimensions of a tensor once axis `i` is axis `axes[i]`. */
export function permutedDims(dims: readonly number[], axes: readonly number[]): number[] {
  const permuted = [...dims];
  axes.forEach((to, from) => {
    permuted[to] = dims[from] ?? 1;
  });
  return permuted;
}

/** Sizes as the library takes them. */
export function dimsOf(sizes: readonly number[]): BigInt64Array {
  const padded = new BigInt64Array(12); // DNNL_MAX_NDIMS
  sizes.forEach((size, axis) => {
    padded[axis] = BigInt(size);
  });
  return padded;
}

/** Strides of the axes of an order that has strides alone, in numbers. */
export function stridesOf(dims: readonly number[], order: "plain" | "channelsLast"): number[] {
  const axes = dims.map((_, axis) => axis);
  if (order === "channelsLast") axes.push(...axes.splice(1, 1));
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (const axis of axes.reverse()) {
    strides[axis] = stride;
    stride *= dims[axis] ?? 1;
  }
  return strides;
}
