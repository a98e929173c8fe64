/**
 * @file From a graph to a program of primitives: what each lowering sees and may do.
 *
 * A value has a home layout, in which primitives hand it on: blocks of 16 channels where there are so
 * many, else the channels last; features, statistics and scalars in plain order. Where a primitive
 * wants another layout, `want` copies the value once. Activations have the number type of the
 * program; statistics, losses and weights between steps are float32.
 *
 * Lowerings may do the nodes that follow along with their own (`follow`, `skip`): a ReLU after a
 * convolution costs nothing there and a pass over memory alone.
 */
import { GraphError } from "../../errors.js";
import type { AnyNode, Graph, Node, Value } from "../../graph/ir.js";
import type { OpName } from "../../graph/ops.js";
import { sameShape } from "../../tensor/tensor.js";
import {
  type BinaryName,
  type Layout,
  type NumberType,
  type Order,
  type PostOp,
  propagation,
} from "./api.js";
import type { Descriptor } from "./descriptor.js";
import type { Recorded } from "./recorded.js";
import type { Recorder } from "./recorder.js";
import { args, type Place, type Placed } from "./runtime.js";
import { block, planRows, type Siblings, SideBySide } from "./side-by-side.js";
import type { Copy, Store, View } from "./store.js";
import { Uses } from "./uses.js";

/** Writes a node into a program. */
export type Lowering<K extends OpName> = (site: Site, node: Node<K>) => void;

/** A primitive's arguments. */
export type Arguments = readonly (readonly [number, Placed])[];

/** A post-op, with its second operand where it has one. */
export type Finish =
  | Exclude<PostOp, { kind: "binary" }>
  | { readonly kind: "binary"; readonly of: BinaryName; readonly with: Placed };

/** As few channels as still make a block, the rest zeros. */
const blockedFrom = 8;

/** A graph on its way into a program. */
export class Site {
  readonly recorder: Recorder;
  readonly store: Store;
  readonly activations: NumberType;
  /** Whether the graph is a step of a training. */
  readonly trains: boolean;
  /** Copies of weights that the program reads. */
  readonly copies = new Set<Copy>();
  /** Where ReLUs that were taken along were above zero, by their results. */
  readonly masks = new Map<Value, Placed>();
  /** Which cells max pools took, by what was pooled. */
  readonly choices = new Map<Value, Placed>();
  readonly #graph: Graph;
  readonly #placed = new Map<Value, Placed[]>();
  readonly #uses: Uses;
  readonly #done = new Set<AnyNode>();
  /** How many values lie at a place: two views of one tensor are two. */
  readonly #tenants = new Map<Place, number>();
  readonly #targets: ReadonlyMap<Value, Placed>;
  readonly #beside: SideBySide;
  readonly #parameters: ReadonlySet<Value>;
  #one: Placed | undefined;

  constructor(
    recorder: Recorder,
    store: Store,
    graph: Graph,
    activations: NumberType,
    targets?: ReadonlyMap<Value, Placed>,
  ) {
    this.recorder = recorder;
    this.store = store;
    this.activations = activations;
    this.trains = targets !== undefined;
    this.#graph = graph;
    this.#parameters = new Set(graph.parameters);
    this.#targets = targets ?? new Map();
    this.#uses = new Uses(graph);
    this.#beside = new SideBySide(
      this.trains ? [] : planRows(graph, this.#uses),
      (value) => this.home(value),
      (layout) => recorder.slot(layout),
    );
  }

  /** Writes all nodes, each by its lowering. */
  lower(table: { readonly [K in OpName]: Lowering<K> }): void {
    for (const node of this.#graph.nodes) {
      if (this.#done.has(node)) continue;
      this.#done.add(node);
      this.recorder.node = node.name;
      (table[node.op] as Lowering<OpName>)(this, node);
    }
  }

  /** A layout of a value's dimensions; a scalar has one dimension here. */
  layout(dims: readonly number[], type: NumberType, order: Order = "plain"): Layout {
    return this.recorder.api.layout(dims.length === 0 ? [1] : dims, type, order);
  }

  /** The layout in which a value is handed on. */
  home({ shape }: Pick<Value, "shape">): Layout {
    if (shape.length !== 4) return this.layout(shape, "f32");
    return this.layout(shape, this.activations, homeOrder(shape));
  }

  /** The layout that a convolution is offered for a value: its home, or any if it fills no block. */
  offer({ shape }: Pick<Value, "shape">): Layout {
    return this.layout(shape, this.activations, (shape[1] ?? 0) < block ? "any" : "blocked");
  }

  /** A value in a layout; copies it once if it is nowhere in that layout yet. */
  want(value: Value, layout: Layout): Placed {
    if (this.#parameters.has(value)) return this.weight(value, layout);
    const places = this.#places(value);
    const known = places.find((one) => this.recorder.same(one.layout, layout));
    if (known) return known;
    const to = this.recorder.slot(layout);
    this.copy(places[0] as Placed, to);
    places.push(to);
    return to;
  }

  /** A value in its home layout. */
  get(value: Value): Placed {
    return this.want(value, this.home(value));
  }

  /** A parameter in a layout. */
  weight(value: Value, layout: Layout, view: View = "same"): Placed {
    const copy = this.store.in(value.name, layout, view);
    this.copies.add(copy);
    return copy.placed;
  }

  /** Parameters one after the other along their first axis, in a layout that can hold them so. */
  weights(values: readonly Value[], layout: Layout): Placed | undefined {
    const names = values.map(({ name }) => name);
    const copy = this.store.joined(names, layout);
    if (copy) this.copies.add(copy);
    return copy?.placed;
  }

  /** Whether a value is there already. */
  isReady(value: Value): boolean {
    return this.#parameters.has(value) || this.#placed.has(value);
  }

  /** Says where a value lies. */
  give(value: Value, placed: Placed): void {
    const target = this.target(value);
    if (target && target.place !== placed.place) this.copy(placed, target);
    this.#placed.set(value, [placed]);
    this.#tenants.set(placed.place, (this.#tenants.get(placed.place) ?? 0) + 1);
  }

  /** Where a value is to end up, if it overwrites a variable or lies beside others. */
  target(value: Value | undefined): Placed | undefined {
    return value && (this.#targets.get(value) ?? this.#beside.place(value));
  }

  /** Room for a value: where it is to end up, if the layout is right there; else in the arena. */
  room(value: Value | undefined, layout: Layout): Placed {
    const target = this.target(value);
    if (target && this.recorder.same(target.layout, layout)) return target;
    return this.recorder.slot(layout);
  }

  /** Where the parts of a concatenation are together already. */
  whole(concatenation: Value): Placed | undefined {
    return this.#beside.whole(concatenation);
  }

  /** The convolutions that are computed along with this one. */
  siblings(node: AnyNode): Siblings | undefined {
    return this.#beside.siblings(node);
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
  binary(
    of: BinaryName,
    a: Placed,
    b: Placed,
    dst: Placed,
    finishes: readonly Finish[] = [],
  ): void {
    const { api } = this.recorder;
    const descriptor = api.binary(of, a.layout, b.layout, dst.layout, this.attributes(finishes));
    const given = [
      [args.src, a],
      [args.src1, b],
      [args.dst, dst],
      ...this.operands(finishes),
    ] as const;
    this.run(of, this.recorder.describe(descriptor), given);
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

  /** The number 1, where a primitive wants a tensor. */
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

  /** The only node that reads a value, if it is of this op and the value is no output. */
  follow<K extends OpName>(value: Value | undefined, op: K): Node<K> | undefined {
    const only = value && this.#uses.onlyReader(value);
    if (only?.op !== op || this.#done.has(only)) return undefined;
    return only as Node<K>;
  }

  /** A node of this op that reads a value and is not written yet. */
  reader<K extends OpName>(value: Value, op: K): Node<K> | undefined {
    const found = this.#uses.readers(value).find((one) => one.op === op && !this.#done.has(one));
    return found as Node<K> | undefined;
  }

  /** The node that makes a value. */
  maker(value: Value): AnyNode | undefined {
    return this.#uses.maker(value);
  }

  /** Says that a node is written along with another. */
  skip(node: AnyNode): void {
    this.#done.add(node);
  }

  /**
   * A value at home for the last time, to be written over by the result of this node; undefined if
   * something else still reads it.
   */
  takeOver(value: Value, node: AnyNode, layout: Layout): Placed | undefined {
    if (this.#uses.isOutput(value) || this.#parameters.has(value)) return undefined;
    if (!this.#uses.readers(value).every((one) => one === node || this.#done.has(one)))
      return undefined;
    const placed = this.want(value, layout);
    const tenants = this.#tenants.get(placed.place) ?? 0;
    if (tenants > 1) return undefined;
    this.#tenants.set(placed.place, tenants - 1);
    return placed;
  }

  /** Whether a value is read after all, or is an output. */
  isUsed(value: Value | undefined): boolean {
    if (!value) return false;
    return this.#uses.isOutput(value) || this.#uses.readers(value).length > 0;
  }

  #places(value: Value): Placed[] {
    const found = this.#placed.get(value);
    if (found) return found;
    throw new GraphError("NO_VALUE", `Cannot run: "${value.name}" is read before it is made`);
  }
}

/** Blocks of 16 channels, or the channels last. */
function homeOrder(shape: readonly number[]): "blocked" | "channelsLast" {
  return (shape[1] ?? 0) >= blockedFrom ? "blocked" : "channelsLast";
}

/** Forward primitives keep nothing where no gradient follows. */
export const { inference, training } = propagation;
