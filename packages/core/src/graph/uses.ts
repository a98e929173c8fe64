/**
 * @file The producers and consumers of each value: of a graph, or of anything made of nodes with inputs and
 * outputs, such as a file of ONNX whose values are names.
 */
import type { AnyNode } from "./ir.js";

/** A node as far as its values go. */
interface Joint {
  readonly inputs: readonly unknown[];
  readonly outputs: readonly unknown[];
}

type ValueOf<N extends Joint> = N["inputs"][number];

/** Nodes in their order, and what is read of them from outside. */
interface Joints<N extends Joint> {
  readonly nodes: readonly N[];
  readonly outputs?: { values(): Iterable<ValueOf<N>> };
}

/** Makers and readers of values. */
export class Uses<N extends Joint = AnyNode> {
  readonly #makers = new Map<ValueOf<N>, N>();
  readonly #readers = new Map<ValueOf<N>, N[]>();
  readonly #outputs: ReadonlySet<ValueOf<N>>;

  constructor({ nodes, outputs }: Joints<N>) {
    this.#outputs = new Set(outputs?.values());
    for (const node of nodes) {
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const input of node.inputs) {
        const readers = this.#readers.get(input);
        if (readers) readers.push(node);
        else this.#readers.set(input, [node]);
      }
    }
  }

  /** The node that makes a value; inputs and parameters have none. */
  maker(value: ValueOf<N>): N | undefined {
    return this.#makers.get(value);
  }

  /** The nodes that read a value, in their order; one comes twice that reads it twice. */
  readers(value: ValueOf<N>): readonly N[] {
    return this.#readers.get(value) ?? [];
  }

  /** The node after which a value is no longer read by nodes. */
  lastReader(value: ValueOf<N>): N | undefined {
    return this.readers(value).at(-1);
  }

  /** The node that alone reads a value, and once; undefined if the value is an output besides. */
  onlyReader(value: ValueOf<N>): N | undefined {
    const [only, ...others] = this.readers(value);
    return others.length === 0 && !this.isOutput(value) ? only : undefined;
  }

  /** Whether a value is an output of the whole. */
  isOutput(value: ValueOf<N>): boolean {
    return this.#outputs.has(value);
  }

  /** Whether a node reads a value, or it is an output. */
  isUsed(value: ValueOf<N>): boolean {
    return this.isOutput(value) || this.#readers.has(value);
  }
}
