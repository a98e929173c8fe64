/**
 * @file What trainings that are compared with PyTorch's start from: `scripts/python/small_training.py`
 * makes the same and says why.
 */
import { isClassifier } from "@inception-resnet-v2/core/internal/architecture/heads.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import {
  configureNetwork,
  type NetworkOptions,
} from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { StepGraphs } from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { hashUnit, hashWeights } from "./hash-weights.js";

const [classes, smoothing, square] = [10, 0.1, 16];

/** A network for 10 classes and batches of a fixed size. */
export function smallTrainingNetwork(batch: number, options: NetworkOptions): Graph {
  return lower(configureNetwork({ classes, ...options }), { batch });
}

/** Hash weights, but offsets of batch norm near `offset` and a tenth of the classifiers' weights. */
export function startVariables(network: Graph, graphs: StepGraphs, offset: number): Tensors {
  const variables = new Map<string, Tensor>(hashWeights(network));
  for (const { name, role } of network.parameters) {
    const { data } = variables.get(name) as Tensor;
    const change = (to: (value: number) => number) =>
      data.forEach((value, at) => {
        data[at] = to(value);
      });
    if (role === "beta") change((value) => value + offset);
    if (isClassifier(name) && role === "weight") change((value) => value * 0.1);
  }
  for (const { name, shape, start } of graphs.state) {
    const value = tensor(shape);
    if (typeof start === "number") value.data.fill(start);
    variables.set(name, value);
  }
  return variables;
}

/** Batch `index` of squares of any color [batch,3,size,size]; the hash counts images, rows, columns, then channels. */
export function colorSquares(index: number, batch: number, size: number): Tensor {
  const squares = Math.ceil(size / square);
  const batchOf = tensor([batch, 3, size, size]);
  let at = 0;
  for (let n = index * batch; n < (index + 1) * batch; n++) {
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const [row, column] = [Math.floor(y / square), Math.floor(x / square)];
          const j = ((n * squares + row) * squares + column) * 3 + c;
          batchOf.data[at++] = 2 * hashUnit(0, j) - 1;
        }
      }
    }
  }
  return batchOf;
}

/** A class for each image, smoothed: [batch,10]. */
export function smoothedTargets(batch: number): Tensor {
  const labels = tensor([batch, classes]);
  labels.data.fill(smoothing / classes);
  for (let row = 0; row < batch; row++) {
    labels.data[row * classes + (row % classes)] = 1 - smoothing + smoothing / classes;
  }
  return labels;
}
