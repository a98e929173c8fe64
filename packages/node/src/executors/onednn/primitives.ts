/**
 * @file Primitives on tensors at their places, whatever values of a graph these are.
 */
import { sameShape } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { BinaryName, Layout, NumberType, Order, PostOp } from "./api/api.js";
import type { Descriptor } from "./api/descriptor.js";
import type { Recorded } from "./recorded.js";
import type { Prepared, Recorder } from "./recorder.js";
import { args, type Placed } from "./runtime.js";

/** A primitive's arguments. */
export type Arguments = readonly (readonly [number, Placed])[];

/** A post-op, with its second operand where it has one. */
export type Finish =
  | Exclude<PostOp, { kind: "binary" }>
  | { readonly kind: "binary"; readonly of: BinaryName; readonly with: Placed };

/** Operands of a function of two, and what follows it. */
export type BinaryOperands = readonly [a: Placed, b: Placed, dst: Placed, then?: readonly Finish[]];

/** Adds primitives to a program. */
export class Primitives {
  readonly recorder: Recorder;
  #one: Placed | undefined;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  /** A layout of a value's dimensions; a scalar has one dimension here. */
  layout(dims: readonly number[], type: NumberType, order: Order = "plain"): Layout {
    return this.recorder.api.layout(dims.length === 0 ? [1] : dims, type, order);
  }

  /** Copies a tensor into another layout. */
  copy(from: Placed, to: Placed): void {
    const { api } = this.recorder;
    const reorder = api.reorder(from.layout, to.layout, this.recorder.attributes());
    this.run("reorder", this.recorder.describe(reorder), [
      [args.src, from],
      [args.dst, to],
    ]);
  }

  /** Adds a primitive. */
  run(name: string, descriptor: Descriptor, given: Arguments): void {
    this.recorder.add(name, this.recorder.prepare(descriptor), given);
  }

  /** Attributes with post-ops. */
  attributes(finishes: readonly Finish[]): bigint {
    return this.recorder.attributes(
      finishes.map((one) => (one.kind === "binary" ? { ...one, with: one.with.layout } : one)),
    );
  }

  /** The operands of post-ops. */
  operands(finishes: readonly Finish[]): Arguments {
    return finishes.flatMap((one, index) =>
      one.kind === "binary" ? [[this.recorder.api.postOpArgument(index), one.with] as const] : [],
    );
  }

  /** dst = a of b, element by element; an operand may have size 1 along an axis. */
  binary(of: BinaryName, ...operands: BinaryOperands): void {
    this.recorder.add(of, this.preparedBinary(of, operands), this.binaryArguments(operands));
  }

  /** The primitive of `binary` alone. */
  preparedBinary(of: BinaryName, [a, b, dst, then = []]: BinaryOperands): Prepared {
    const { api } = this.recorder;
    const descriptor = api.binary(of, a.layout, b.layout, dst.layout, this.attributes(then));
    return this.recorder.prepare(this.recorder.describe(descriptor));
  }

  /** What it is given. */
  binaryArguments([a, b, dst, then = []]: BinaryOperands): Arguments {
    return [[args.src, a], [args.src1, b], [args.dst, dst], ...this.operands(then)];
  }

  /** dst = alpha src + beta, element by element. */
  linear(
    src: Placed,
    dst: Placed,
    { alpha = 1, beta = 0 }: { alpha?: number; beta?: number },
  ): void {
    const asked = { src: src.layout, dst: dst.layout, alpha, beta };
    const descriptor = this.recorder.api.eltwise("linear", asked, this.recorder.attributes());
    this.run("linear", this.recorder.describe(descriptor), [
      [args.src, src],
      [args.dst, dst],
    ]);
  }

  /** dst = the sum of src along the axes that dst has no extent in. */
  sum(src: Placed, dst: Placed, finishes: readonly Finish[] = []): void {
    if (sameShape(src.layout.dims, dst.layout.dims)) {
      const single = src.layout.dims.map(() => 1);
      this.binary("mul", src, this.reshaped(this.one(), single), dst, finishes); // nothing to add up
      return;
    }
    const descriptor = this.recorder.api.sum(src.layout, dst.layout, this.attributes(finishes));
    const given = [[args.src, src], [args.dst, dst], ...this.operands(finishes)] as const;
    this.run("sum", this.recorder.describe(descriptor), given);
  }

  /** The same numbers seen in other dimensions: both layouts must be plain. */
  reshaped(placed: Placed, dims: readonly number[]): Placed {
    return { layout: this.layout(dims, placed.layout.type), place: placed.place };
  }

  /** The number 1, where a primitive needs a tensor. */
  one(): Placed {
    if (this.#one) return this.#one;
    const placed = this.recorder.slot(this.layout([], "f32"));
    this.host([placed], ([numbers]) => numbers?.fill(1));
    this.recorder.touch(placed, Number.POSITIVE_INFINITY);
    this.#one = placed;
    return placed;
  }

  /** A step in JavaScript over tensors in plain order. */
  host(touched: readonly Placed[], run: (numbers: Float32Array[]) => void): void {
    this.recorder.host(touched, (program: Recorded) => {
      run(touched.map((one) => program.floats(one)));
    });
  }
}
