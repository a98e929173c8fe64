/**
 * @file Who makes and who reads each value of a graph.
 */
import type { AnyNode, Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";

/** Makers and readers of the values of a graph. */
export class Uses {
  readonly #makers = new Map<Value, AnyNode>();
  readonly #readers = new Map<Value, AnyNode[]>();
  readonly #outputs: ReadonlySet<Value>;

  constructor({ nodes, outputs }: Graph) {
    this.#outputs = new Set(outputs.values());
    for (const node of nodes) {
      for (const output of node.outputs) this.#makers.set(output, node);
      for (const input of node.inputs) this.#readers.set(input, [...this.readers(input), node]);
    }
  }

  /** The node that makes a value; inputs and parameters have none. */
  maker(value: Value): AnyNode | undefined {
    return this.#makers.get(value);
  }

  /** The nodes that read a value, in the graph's order. */
  readers(value: Value): readonly AnyNode[] {
    return this.#readers.get(value) ?? [];
  }

  /** The only node that reads a value; undefined if the value is an output besides. */
  onlyReader(value: Value): AnyNode | undefined {
    const [only, ...others] = this.readers(value);
    return others.length === 0 && !this.isOutput(value) ? only : undefined;
  }

  isOutput(value: Value): boolean {
    return this.#outputs.has(value);
  }
}
