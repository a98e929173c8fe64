/**
 * @file From a graph to a program of primitives: what each lowering sees and may do.
 *
 * A value has a preferred layout, in which primitives pass it on: blocks of 16 channels where there are
 * that many, else the channels last; features, statistics and scalars in plain order. Where a primitive
 * needs another layout, `request` copies the value once. Activations have the number type of the
 * program; statistics, losses and weights between steps are float32.
 *
 * Lowerings may do the nodes that follow along with their own (`follow`, `skip`): a ReLU after a
 * convolution costs nothing there and a pass over memory alone.
 */
import { GraphError } from "@inception-resnet-v2/core/internal/errors.js";
import type { AnyNode, Graph, Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { OpName } from "@inception-resnet-v2/core/internal/graph/ops.js";
import { Uses } from "@inception-resnet-v2/core/internal/graph/uses.js";
import { type Layout, type NumberType, propagation } from "../api/api.js";
import { block, planRows, type Siblings, SideBySide } from "../memory/side-by-side.js";
import type { Copy, Store, View } from "../memory/store.js";
import { Primitives } from "../primitives.js";
import type { Recorder } from "../recorder.js";
import type { Place, Placed } from "../runtime.js";

/** Writes a node into a program. */
export type Lowering<K extends OpName> = (site: Site, node: Node<K>) => void;

/** As few channels as still make a block, the rest zeros. */
const blockedFrom = 8;

/** A graph on its way into a program. */
export class Site extends Primitives {
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
  /** Number of values that share a place: two views of one tensor count as two. */
  readonly #aliasCounts = new Map<Place, number>();
  readonly #targets: ReadonlyMap<Value, Placed>;
  readonly #beside: SideBySide;
  readonly #parameters: ReadonlySet<Value>;

  constructor(
    recorder: Recorder,
    store: Store,
    graph: Graph,
    activations: NumberType,
    targets?: ReadonlyMap<Value, Placed>,
  ) {
    super(recorder);
    this.store = store;
    this.activations = activations;
    this.trains = targets !== undefined;
    this.#graph = graph;
    this.#parameters = new Set(graph.parameters);
    this.#targets = targets ?? new Map();
    this.#uses = new Uses(graph);
    this.#beside = new SideBySide(
      this.trains ? [] : planRows(graph, this.#uses),
      (value) => this.preferredLayout(value),
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

  /** The layout in which a value is passed on. */
  preferredLayout({ shape }: Pick<Value, "shape">): Layout {
    if (shape.length !== 4) return this.layout(shape, "f32");
    return this.layout(shape, this.activations, preferredOrder(shape));
  }

  /** The layout that a convolution is offered for a value: the preferred one, or any if it fills no block. */
  offer({ shape }: Pick<Value, "shape">): Layout {
    return this.layout(shape, this.activations, (shape[1] ?? 0) < block ? "any" : "blocked");
  }

  /** A value in a layout; copies it once if it does not exist in that layout yet. */
  request(value: Value, layout: Layout): Placed {
    if (this.#parameters.has(value)) return this.weight(value, layout);
    const places = this.#places(value);
    const known = places.find((one) => this.recorder.same(one.layout, layout));
    if (known) return known;
    const to = this.recorder.slot(layout);
    this.copy(places[0] as Placed, to);
    places.push(to);
    return to;
  }

  /** A value in its preferred layout. */
  get(value: Value): Placed {
    return this.request(value, this.preferredLayout(value));
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

  /** Records where a value is stored. */
  bind(value: Value, placed: Placed): void {
    const target = this.target(value);
    if (target && target.place !== placed.place) this.copy(placed, target);
    this.#placed.set(value, [placed]);
    this.#aliasCounts.set(placed.place, (this.#aliasCounts.get(placed.place) ?? 0) + 1);
  }

  /** Where a value must end up, if it overwrites a variable or has a place beside others. */
  target(value: Value | undefined): Placed | undefined {
    return value && (this.#targets.get(value) ?? this.#beside.place(value));
  }

  /** Memory for a value: where it must end up, if the layout there is right; else in the arena. */
  allocate(value: Value | undefined, layout: Layout): Placed {
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
   * The memory of a value that this node is the last to read, for the node's result to overwrite;
   * undefined if something else still reads it.
   */
  reuse(value: Value, node: AnyNode, layout: Layout): Placed | undefined {
    if (this.#uses.isOutput(value) || this.#parameters.has(value)) return undefined;
    if (!this.#uses.readers(value).every((one) => one === node || this.#done.has(one)))
      return undefined;
    const placed = this.request(value, layout);
    const aliases = this.#aliasCounts.get(placed.place) ?? 0;
    if (aliases > 1) return undefined;
    this.#aliasCounts.set(placed.place, aliases - 1);
    return placed;
  }

  /** Whether a value is read after all, or is an output. */
  isUsed(value: Value | undefined): boolean {
    if (!value) return false;
    return this.#uses.isUsed(value);
  }

  #places(value: Value): Placed[] {
    const found = this.#placed.get(value);
    if (found) return found;
    throw new GraphError(
      "GRAPH_INVALID",
      `Cannot run: "${value.name}" is read before it is computed`,
    );
  }
}

/** Blocks of 16 channels, or the channels last. */
function preferredOrder(shape: readonly number[]): "blocked" | "channelsLast" {
  return (shape[1] ?? 0) >= blockedFrom ? "blocked" : "channelsLast";
}

/** Forward primitives keep nothing where no gradient follows. */
export const { inference, training } = propagation;
