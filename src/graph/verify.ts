/**
 * @file Is a graph legal? Run between passes in tests, and by whoever builds graphs by hand.
 */
import { GraphError } from "../errors.js";
import { formatShape, sameShape } from "../tensor/tensor.js";
import { inferShapes } from "./builder.js";
import type { Graph, Value } from "./ir.js";
import type { OpAttributes, OpName } from "./ops.js";

/**
 * Checks that names are unique, that each node comes after what it reads, that shapes are what the
 * op table says, and that parameters are used and outputs and blocks exist. Throws `GraphError`.
 */
export function verifyGraph(graph: Graph): void {
  const fail = (subject: string, problem: string): never => {
    throw new GraphError(
      "ILLEGAL_GRAPH",
      `Illegal graph "${graph.name}" at "${subject}": ${problem}`,
    );
  };
  const names = new Set<string>();
  const known = new Set<Value>();
  const define = (value: Value) => {
    if (names.has(value.name)) fail(value.name, "expected a name of its own, got one used already");
    names.add(value.name);
    known.add(value);
  };
  [...graph.inputs, ...graph.parameters].forEach(define);
  const used = new Set<Value>();
  for (const { op, name, inputs, attributes, outputs } of graph.nodes) {
    for (const input of inputs) {
      if (!known.has(input))
        fail(name, `expected its input before it, got "${input.name}" from nowhere`);
      used.add(input);
    }
    const shapes = inferShapes(op, name, inputs, attributes as OpAttributes[OpName]);
    outputs.forEach((output, index) => {
      const expected = shapes[index] ?? [];
      if (!sameShape(output.shape, expected)) {
        fail(name, `expected output ${formatShape(expected)}, got ${formatShape(output.shape)}`);
      }
      define(output);
    });
  }
  for (const parameter of graph.parameters) {
    if (!used.has(parameter)) fail(parameter.name, "expected a node that reads it, got none");
  }
  for (const [name, value] of [...graph.outputs, ...graph.blocks]) {
    if (!known.has(value)) fail(name, `expected a value of the graph, got "${value.name}"`);
  }
}
