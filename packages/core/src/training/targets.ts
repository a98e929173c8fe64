/**
 * @file The targets of the loss: one row of class weights per image.
 */
import { type Tensor, tensor } from "../tensor/tensor.js";

/** How labels become targets. */
export interface TargetOptions {
  readonly classes: number;
  /** Share of each row that is spread evenly over all classes (the paper's 0.1). */
  readonly labelSmoothing: number;
  /** Multiplies the rows of a class, and so its part of the loss; all 1 by default. */
  readonly classWeights?: readonly number[];
}

/** Targets [n,classes] of labels; a row sums to the weight of its class. */
export function makeTargets(labels: readonly number[], options: TargetOptions): Tensor {
  const { classes, labelSmoothing, classWeights } = options;
  const targets = tensor([labels.length, classes]);
  labels.forEach((label, row) => {
    const weight = classWeights?.[label] ?? 1;
    const start = row * classes;
    targets.data.fill((weight * labelSmoothing) / classes, start, start + classes);
    targets.data[start + label] = weight * (1 - labelSmoothing + labelSmoothing / classes);
  });
  return targets;
}

/** How many rows of logits [n,classes] have their largest value where the targets have theirs. */
export function countCorrect(logits: Tensor, targets: Tensor): number {
  const [rows = 0, classes = 1] = logits.shape;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    if (largest(logits.data, from, classes) === largest(targets.data, from, classes)) correct++;
  }
  return correct;
}

function largest(data: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let at = 1; at < count; at++) {
    if ((data[from + at] as number) > (data[from + best] as number)) best = at;
  }
  return best;
}
