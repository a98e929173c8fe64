/**
 * @file Tensors that lie side by side in memory, so that nothing is copied to bring them together: the
 * parts of a concatenation, and the results of sibling 1x1 convolutions, which one primitive computes.
 *
 * In blocks, the channels of one photo follow each other; those of several photos do not, and
 * primitives that read or write with gaps are slow ones. So this is for one photo alone.
 */
import type { AnyNode, Graph, Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Uses } from "@inception-resnet-v2/core/internal/graph/uses.js";
import type { Layout } from "../api/api.js";
import type { Placed } from "../runtime.js";
import type { Slot } from "./arena.js";

/** A block of channels. */
export const block = 16;

/** Values whose channels follow each other, in this order. */
export interface Row {
  readonly values: readonly Value[];
  /** What makes the first of them. */
  readonly siblings: readonly Sibling[];
  /** What the last of them are the parts of. */
  readonly concatenation: Node<"concat"> | undefined;
}

/** A 1x1 convolution with a bias and the ReLU that follows it. */
export interface Sibling {
  readonly convolution: Node<"conv2d">;
  readonly relu: Node<"relu">;
}

/**
 * The rows of a graph. A value is in one at most; where one of the siblings is the first part of a
 * concatenation, it comes last among them, and the other parts follow.
 */
export function planRows({ nodes }: Graph, uses: Uses): Row[] {
  const parts = new Set<Value>();
  const heads = new Map<Value, Node<"concat">>();
  const isPart = (value: Value) =>
    isBlocked(value) && uses.maker(value) !== undefined && uses.onlyReader(value) !== undefined;
  for (const node of nodes) {
    if (node.op !== "concat" || !node.inputs.every(isPart)) continue;
    for (const one of node.inputs) parts.add(one);
    heads.set(node.inputs[0] as Value, node);
  }
  const rows: Row[] = [];
  for (const input of new Set(nodes.flatMap(({ inputs }) => inputs))) {
    const all = uses.readers(input).flatMap((node) => siblingOf(node, input, uses) ?? []);
    const outside = all.filter((one) => !parts.has(resultOf(one)));
    const head = all.find((one) => heads.has(resultOf(one)));
    const siblings = head ? [...outside, head] : outside;
    if (siblings.length < 2) continue;
    const concatenation = head && heads.get(resultOf(head));
    if (head) heads.delete(resultOf(head));
    const values = [...outside.map(resultOf), ...(concatenation?.inputs ?? [])];
    rows.push({ values, siblings, concatenation });
  }
  for (const concatenation of heads.values()) {
    rows.push({ values: concatenation.inputs, siblings: [], concatenation });
  }
  return rows;
}

/** A node as a sibling on an input; convolutions that share weights alone are none. */
function siblingOf(node: AnyNode, input: Value, uses: Uses): Sibling | undefined {
  if (node.op !== "conv2d" || node.inputs.length !== 3) return undefined;
  const [x, weight] = node.inputs as [Value, Value];
  if (x !== input) return undefined;
  const [y] = node.outputs as [Value];
  const { stride, padding } = node.attributes;
  const isPointwise = weight.shape[2] === 1 && weight.shape[3] === 1;
  if (!isPointwise || stride[0] + stride[1] > 2 || padding[0] + padding[1] > 0) return undefined;
  const relu = uses.onlyReader(y);
  if (relu?.op !== "relu" || !isBlocked(x) || !isBlocked(y)) return undefined;
  return { convolution: node, relu };
}

/** What a sibling makes in the end. */
export function resultOf({ relu }: Sibling): Value {
  return relu.outputs[0] as Value;
}

/** Whether a value is of one photo, in whole blocks of channels. */
function isBlocked({ shape }: Value): boolean {
  return shape.length === 4 && shape[0] === 1 && (shape[1] ?? 0) % block === 0;
}

/** Convolutions that one primitive computes, and where their results lie together. */
export interface Siblings {
  readonly of: readonly Sibling[];
  readonly together: Placed;
}

/** Where values lie that have a place in a row. */
export class SideBySide {
  readonly #preferredLayout: (value: Pick<Value, "shape">) => Layout;
  readonly #places = new Map<Value, Placed>();
  readonly #wholes = new Map<Value, Placed>();
  readonly #siblings = new Map<AnyNode, Siblings>();

  constructor(
    rows: readonly Row[],
    preferredLayout: (value: Pick<Value, "shape">) => Layout,
    slot: (layout: Layout) => Placed & { readonly place: Slot },
  ) {
    this.#preferredLayout = preferredLayout;
    for (const row of rows) this.#lay(row, slot(this.#over(row.values)).place);
  }

  /** The place of a value in its row. */
  place(value: Value): Placed | undefined {
    return this.#places.get(value);
  }

  /** Where the parts of a concatenation are together. */
  whole(concatenation: Value): Placed | undefined {
    return this.#wholes.get(concatenation);
  }

  /** The convolutions that are computed along with this one. */
  siblings(node: AnyNode): Siblings | undefined {
    return this.#siblings.get(node);
  }

  #lay({ values, siblings, concatenation }: Row, within: Slot): void {
    let from = 0;
    for (const value of values) {
      const layout = this.#preferredLayout(value);
      this.#places.set(value, { layout, place: { within, from } });
      if (value === concatenation?.inputs[0]) {
        const [result] = concatenation.outputs as readonly [Value];
        this.#wholes.set(result, {
          layout: this.#preferredLayout(result),
          place: { within, from },
        });
      }
      from += layout.bytes;
    }
    if (siblings.length === 0) return;
    const results = this.#over(values.slice(0, siblings.length));
    const together = { layout: results, place: { within, from: 0 } };
    for (const { convolution } of siblings) {
      this.#siblings.set(convolution, { of: siblings, together });
    }
  }

  /** The layout of all these values as one. */
  #over(values: readonly Value[]): Layout {
    const [, , height = 1, width = 1] = values[0]?.shape ?? [];
    const channels = values.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
    return this.#preferredLayout({ shape: [1, channels, height, width] });
  }
}
