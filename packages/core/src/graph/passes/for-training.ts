/**
 * @file The network as training runs it forward: dropout multiplies by a mask that is given at every
 * step, and batch norm takes the statistics of the batch.
 */
import { type Shape, sizeOf } from "../../tensor/tensor.js";
import type { AnyNode, Graph, Parameter, Value } from "../ir.js";

/** A mask that a dropout became: an input of the graph. */
export interface DropoutMask {
  readonly name: string;
  readonly shape: Shape;
  /** Share that is dropped. */
  readonly rate: number;
}

/** Statistics of the batch, which a running one is to follow. */
export interface BatchStatistic {
  /** The running statistic. */
  readonly parameter: Parameter;
  readonly value: Value;
  /** What the value is multiplied by before it counts. */
  readonly gain: number;
}

/** The graph with what its runs are given and give besides. */
export interface TrainingForm {
  readonly graph: Graph;
  readonly masks: readonly DropoutMask[];
  readonly statistics: readonly BatchStatistic[];
}

/** Changes dropout and every batch norm that is not frozen, which is asked by the name of its node. */
export function forTraining(
  graph: Graph,
  isFrozenNorm: (node: string) => boolean = () => false,
): TrainingForm {
  const inputs = [...graph.inputs];
  const masks: DropoutMask[] = [];
  const statistics: BatchStatistic[] = [];
  const nodes = graph.nodes.map((node): AnyNode => {
    if (node.op === "dropout" && node.attributes.rate > 0) {
      const mask = { name: `${node.name}/mask`, shape: node.outputs[0]?.shape ?? [] };
      inputs.push(mask);
      masks.push({ ...mask, rate: node.attributes.rate });
      return { ...node, op: "multiply", inputs: [...node.inputs, mask], attributes: {} };
    }
    if (node.op !== "batch_norm" || isFrozenNorm(node.name)) return node;
    const [x, beta, mean, variance, gamma] = node.inputs as [
      Value,
      Value,
      Parameter,
      Parameter,
      Value?,
    ];
    const batchMean = { name: `${node.name}/mean`, shape: mean.shape };
    const batchVariance = { name: `${node.name}/variance`, shape: variance.shape };
    const cells = sizeOf(x.shape) / sizeOf(mean.shape);
    // TensorFlow's fused batch norm and PyTorch keep the unbiased variance.
    const gain = cells / Math.max(cells - 1, 1);
    statistics.push({ parameter: mean, value: batchMean, gain: 1 });
    statistics.push({ parameter: variance, value: batchVariance, gain });
    return {
      ...node,
      op: "batch_norm_training",
      inputs: gamma ? [x, beta, gamma] : [x, beta],
      outputs: [...node.outputs, batchMean, batchVariance],
    };
  });
  return { graph: { ...graph, inputs, nodes }, masks, statistics };
}
