/**
 * @file Builds graphs node by node, applying the shape rules of `ops.ts` as it goes.
 */
import { GraphError } from "../errors.js";
import { formatShape, type Shape } from "../tensor/tensor.js";
import type { AnyNode, Graph, Parameter, ParameterRole, Stage, Value } from "./ir.js";
import { type OpAttributes, type OpName, ops, takesInputs } from "./ops.js";

/** A graph under construction. Every method returns the value that it adds. */
export class GraphBuilder {
  readonly #names = new Set<string>();
  readonly #inputs: Value[] = [];
  readonly #parameters: Parameter[] = [];
  readonly #nodes: AnyNode[] = [];

  /** A builder that goes on where a graph ends; its values stay the same. */
  static from(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder();
    builder.#inputs.push(...graph.inputs);
    builder.#parameters.push(...graph.parameters);
    builder.#nodes.push(...graph.nodes);
    const results = graph.nodes.flatMap((node) => node.outputs);
    for (const { name } of [...graph.inputs, ...graph.parameters, ...results])
      builder.#unique(name);
    return builder;
  }

  /** A value that a caller gives at every run. */
  input(name: string, shape: Shape): Value {
    const value = { name: this.#unique(name), shape };
    this.#inputs.push(value);
    return value;
  }

  /** A value that is loaded once. */
  parameter(name: string, shape: Shape, role: ParameterRole): Parameter {
    const value = { name: this.#unique(name), shape, role };
    this.#parameters.push(value);
    return value;
  }

  /**
   * Applies an op and returns its first output; `nodes` of several outputs use `apply`.
   * Throws `GraphError` naming the node when the shapes or the number of inputs do not fit.
   */
  add<K extends OpName>(
    op: K,
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[K],
  ): Value {
    const [first] = this.apply(op, name, inputs, attributes);
    if (!first)
      throw new GraphError("GRAPH_OUTPUTS", `Cannot build "${name}": op ${op} has no output`);
    return first;
  }

  /** Applies an op and returns all its outputs. */
  apply<K extends OpName>(
    op: K,
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: OpAttributes[K],
  ): readonly Value[] {
    const given = inputs.filter((input) => input !== undefined);
    if (!takesInputs(op, inputs)) {
      const got = inputs.map((input) => (input ? `"${input.name}"` : "nothing")).join(", ");
      throw new GraphError(
        "GRAPH_INPUTS",
        `Cannot build "${name}": op ${op} expects the inputs ${ops[op].inputs.join(", ")}, got ${got || "none"}`,
      );
    }
    const shapes = inferShapes(op, name, given, attributes);
    const outputs = shapes.map((shape, index) => ({
      name: this.#unique(index === 0 ? name : `${name}:${index}`),
      shape,
    }));
    this.#nodes.push({ op, name, inputs: given, attributes, outputs } as unknown as AnyNode);
    return outputs;
  }

  /** The finished graph. */
  finish(
    name: string,
    outputs: ReadonlyMap<string, Value>,
    blocks: ReadonlyMap<string, Value> = new Map(),
    stages: readonly Stage[] = [],
  ): Graph {
    return {
      name,
      inputs: this.#inputs,
      parameters: this.#parameters,
      nodes: this.#nodes,
      outputs,
      blocks,
      stages,
    };
  }

  #unique(name: string): string {
    if (this.#names.has(name)) {
      throw new GraphError(
        "GRAPH_NAME_TAKEN",
        `Cannot build "${name}": the name is already in use`,
      );
    }
    this.#names.add(name);
    return name;
  }
}

/** The output shapes of a node, or a `GraphError` that names it and its inputs. */
export function inferShapes<K extends OpName>(
  op: K,
  name: string,
  inputs: readonly Value[],
  attributes: OpAttributes[K],
): readonly Shape[] {
  try {
    return ops[op].shape(
      inputs.map((input) => input.shape),
      attributes,
    );
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const from = inputs.map((input) => `"${input.name}" ${formatShape(input.shape)}`).join(", ");
    throw new GraphError(error.code, `Cannot build "${name}" from ${from}: ${error.message}`);
  }
}
