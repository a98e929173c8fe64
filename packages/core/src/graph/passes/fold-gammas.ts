/**
 * @file Batch norm's learned scales folded into the convolution before them, for networks without a
 * place for them: gamma (W x + b - mean) / deviation = (gamma W x + gamma b - gamma mean) / deviation.
 *
 * A parameter is changed only where one node alone reads it; other norms keep their scale.
 */
import { scaleRows } from "../../tensor/scale-rows.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { AnyNode, Graph, Value } from "../ir.js";
import { Uses } from "../uses.js";
import { type Model, rewriteNodes } from "./rewrite.js";

/** Multiplies kernels, biases and moving means by the scales, which are then left out. */
export function foldGammas({ graph, parameters }: Model): Model {
  const uses = new Uses(graph);
  const values = new Map(parameters);
  const dropped = new Set<Value>();
  const folded = rewriteNodes(graph, (node) => {
    if (node.op !== "batch_norm") return [node];
    const [x, beta, mean, variance, gamma] = node.inputs as [Value, Value, Value, Value, Value?];
    const factors = gamma && values.get(gamma.name)?.data;
    const convolution = uses.maker(x);
    if (!gamma || !factors || convolution?.op !== "conv2d" || !uses.onlyReader(x)) return [node];
    const changed = [...convolution.inputs.slice(1), mean];
    if (!changed.every((one) => values.has(one.name) && uses.onlyReader(one))) return [node];
    for (const { name } of changed) {
      const scaled = scaleRows(values.get(name) as Tensor, (row) => factors[row] as number);
      values.set(name, scaled);
    }
    dropped.add(gamma);
    return [{ ...node, inputs: [x, beta, mean, variance] } as AnyNode];
  });
  return withoutParameters({ graph: folded, parameters: values }, dropped);
}

/** Leaves out parameters that nothing reads any more. */
function withoutParameters({ graph, parameters }: Model, dropped: ReadonlySet<Value>): Model {
  const uses = new Uses(graph);
  const gone = new Set([...dropped].flatMap((one) => (uses.isUsed(one) ? [] : [one.name])));
  const kept: Graph["parameters"] = graph.parameters.filter(({ name }) => !gone.has(name));
  return {
    graph: { ...graph, parameters: kept },
    parameters: new Map([...parameters].filter(([name]) => !gone.has(name))),
  };
}
