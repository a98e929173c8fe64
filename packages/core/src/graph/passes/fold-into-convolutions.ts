/**
 * @file Batch norm with fixed statistics is one multiplication and one addition per channel, and the scale
 * of a residual branch is one multiplication; both fold into the convolution before them:
 *
 *   gamma * (W x + b - mean) / sqrt(variance + epsilon) + beta  =  (W f) x + (b - mean) f + beta
 *   factor * (W x + b)                                          =  (W factor) x + b factor
 *
 * with f = gamma / sqrt(variance + epsilon), computed in double precision and rounded once.
 *
 * A weight or bias is changed only where the convolution alone reads it: another convolution that
 * shares it, or a gradient of the same graph, would silently compute with the folded one.
 */
import { GraphError } from "../../errors.js";
import { scaleRows } from "../../tensor/scale-rows.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { AnyNode, Graph, Node, Parameter, Value } from "../ir.js";
import { Uses } from "../uses.js";
import type { Model } from "./rewrite.js";

/** How to fold. */
export interface FoldOptions {
  /**
   * Overwrites the weights given instead of copying them.
   * @defaultValue false
   */
  readonly inPlace?: boolean | undefined;
}

/**
 * Folds each batch norm and each scale into the convolution that alone feeds it, where nothing but
 * this convolution reads its weight and bias, and where both and the statistics are parameters.
 */
export function foldIntoConvolutions(
  { graph, parameters }: Model,
  { inPlace = false }: FoldOptions = {},
): Model {
  const uses = new Uses(graph);
  const values = new Map(parameters);
  const added: Parameter[] = [];
  const constants = new Set<Value>(graph.parameters);
  const newName = namesBeside(graph);
  const convolutions = new Map<Value, Node<"conv2d">>();
  const read = (value: Value | undefined): Tensor => {
    const found = value && values.get(value.name);
    if (!found)
      throw new GraphError("TENSOR_MISSING", `Cannot fold "${value?.name}": it has no value`);
    return found;
  };
  const isOurs = (value: Value) => constants.has(value) && uses.onlyReader(value) !== undefined;

  const fold = (
    node: AnyNode,
    gain: (channel: number) => number,
    shift: (channel: number) => number,
  ) => {
    const convolution = convolutions.get(node.inputs[0] as Value);
    const [y] = node.outputs;
    if (!convolution || !y || !uses.onlyReader(convolution.outputs[0] as Value)) return undefined;
    const [x, weight, bias] = convolution.inputs as [Value, Value, Value | undefined];
    const isFolded = bias !== undefined && added.includes(bias as Parameter);
    if (!isOurs(weight) || (bias && !isFolded && !isOurs(bias))) return undefined;
    const channels = weight.shape[0] ?? 0;
    values.set(weight.name, scaleRows(read(weight), gain, { inPlace }));
    const old = bias ? read(bias).data : new Float32Array(channels);
    const name = bias?.name ?? newName(weight.name.replace(/weight$/, "bias"));
    const parameter: Parameter = (bias as Parameter) ?? { name, shape: [channels], role: "bias" };
    if (!bias) added.push(parameter);
    const moved = Float32Array.from(old, (b, k) => b * gain(k) + shift(k));
    values.set(name, tensor([channels], moved));
    const folded = { ...convolution, inputs: [x, weight, parameter], outputs: [y] };
    convolutions.set(y, folded);
    return folded;
  };

  const nodes: AnyNode[] = [];
  const place = new Map<Value, number>();
  for (const node of graph.nodes) {
    let folded: Node<"conv2d"> | undefined;
    if (node.op === "batch_norm" && node.inputs.slice(1).every((one) => constants.has(one))) {
      const [, beta, mean, variance, gamma] = node.inputs;
      const [b, m, v] = [read(beta).data, read(mean).data, read(variance).data];
      const g = gamma && read(gamma).data;
      const gain = Float64Array.from(
        v,
        (one, k) => (g?.[k] ?? 1) / Math.sqrt(one + node.attributes.epsilon),
      );
      const gainOf = (k: number) => gain[k] ?? 0;
      folded = fold(node, gainOf, (k) => (b[k] ?? 0) - (m[k] ?? 0) * gainOf(k));
    } else if (node.op === "scale") {
      folded = fold(
        node,
        () => node.attributes.factor,
        () => 0,
      );
    }
    const at = folded && place.get(node.inputs[0] as Value);
    if (folded && at !== undefined) {
      nodes[at] = folded;
      place.set(folded.outputs[0] as Value, at);
      continue;
    }
    if (node.op === "conv2d") {
      convolutions.set(node.outputs[0] as Value, node);
      place.set(node.outputs[0] as Value, nodes.length);
    }
    nodes.push(node);
  }
  return {
    graph: { ...graph, nodes, parameters: [...graph.parameters, ...added] },
    parameters: values,
  };
}

/** Gives names that no value of the graph has, as near as can be to the one asked for. */
function namesBeside({ inputs, parameters, nodes }: Graph): (name: string) => string {
  const results = nodes.flatMap(({ outputs }) => outputs);
  const taken = new Set([...inputs, ...parameters, ...results].map(({ name }) => name));
  return (name) => {
    let free = name;
    while (taken.has(free)) free += "/folded";
    taken.add(free);
    return free;
  };
}
