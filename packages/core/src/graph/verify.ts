/**
 * @file Checks that a graph is valid: between passes in tests, and for graphs built by hand.
 */
import { GraphError } from "../errors.js";
import { formatShape, type Shape, sameShape } from "../tensor/tensor.js";
import { inferShapes } from "./builder.js";
import type { AnyNode, Graph, Value } from "./ir.js";
import { type OpAttributes, type OpName, ops, takesInputs } from "./ops.js";
import { Uses } from "./uses.js";

/**
 * Checks that names are unique, that each node comes after what it reads and has as many inputs and
 * the shapes that the op table says, that parameters are read, that something of each node is read or
 * is an output or block, and that outputs, blocks and the blocks of stages exist. Throws `GraphError`
 * naming the node or value. One output of several may go unread: a batch norm in training has more
 * than everybody wants.
 */
export function verifyGraph(graph: Graph): void {
  const fail: Fail = (subject, problem) => {
    throw new GraphError(
      "GRAPH_INVALID",
      `Invalid graph "${graph.name}" at "${subject}": ${problem}`,
    );
  };
  const known = checkOrder(graph, fail);
  for (const node of graph.nodes) checkNode(node, fail);
  for (const [name, value] of [...graph.outputs, ...graph.blocks]) {
    if (!known.has(value)) fail(name, `expected a value of the graph, got "${value.name}"`);
  }
  const uses = new Uses(graph);
  for (const parameter of graph.parameters) {
    if (!uses.lastReader(parameter))
      fail(parameter.name, "expected a node that reads it, got none");
  }
  const ends = new Set(graph.blocks.values());
  for (const { name, outputs } of graph.nodes) {
    if (!outputs.some((one) => uses.isUsed(one) || ends.has(one))) {
      fail(name, "expected a result that is read or is an output, got an unused one");
    }
  }
  for (const { title, blocks } of graph.stages) {
    const unknown = blocks.find((block) => !graph.blocks.has(block));
    if (unknown !== undefined) fail(title, `expected a block of the graph, got "${unknown}"`);
  }
}

type Fail = (subject: string, problem: string) => never;

/** Every value is named and defined once, before it is read. */
function checkOrder(graph: Graph, fail: Fail): ReadonlySet<Value> {
  const names = new Set<string>();
  const known = new Set<Value>();
  const define = (value: Value) => {
    if (names.has(value.name)) fail(value.name, "expected a unique name, got one already in use");
    names.add(value.name);
    known.add(value);
  };
  [...graph.inputs, ...graph.parameters].forEach(define);
  for (const { name, inputs, outputs } of graph.nodes) {
    const unknown = inputs.find((input) => !known.has(input));
    if (unknown)
      fail(name, `expected its input before it, got "${unknown.name}" from outside the graph`);
    outputs.forEach(define);
  }
  return known;
}

/** A node has the inputs of its row in the op table, and the outputs of its shape rule. */
function checkNode({ op, name, inputs, attributes, outputs }: AnyNode, fail: Fail): void {
  if (!takesInputs(op, inputs)) {
    fail(name, `expected the inputs ${ops[op].inputs.join(", ")}, got ${inputs.length}`);
  }
  const list = (shapes: readonly Shape[]) => shapes.map(formatShape).join(", ");
  const shapes = inferShapes(op, name, inputs, attributes as OpAttributes[OpName]);
  const given = outputs.map(({ shape }) => shape);
  const fits =
    shapes.length === given.length && shapes.every((x, at) => sameShape(x, given[at] ?? []));
  if (!fits) fail(name, `expected output ${list(shapes)}, got ${list(given) || "none"}`);
}
