/**
 * @file The parameters of one convolution or classifier of an ONNX file, from its node and those after it.
 *
 * Where the exporter folded batch norm into a convolution, the statistics come back as mean 0 and a
 * variance that makes the norm an identity; where it folded the residual scale too, it is divided out
 * again.
 */
import { ModelError } from "../../errors.js";
import { Uses } from "../../graph/uses.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { ForeignNode, OnnxFile } from "../formats/onnx.js";
import { quote } from "../quote.js";

/** Epsilon of our batch norms. */
const epsilon = 1e-3;

/** What follows a node as long as only one node reads on. */
export class Chains {
  readonly file: OnnxFile;
  readonly uses: Uses<ForeignNode>;

  constructor(file: OnnxFile) {
    this.file = file;
    this.uses = new Uses(file);
  }

  /** Nodes after this one that read one value and constants. */
  *after(node: ForeignNode): Generator<{ op: string; node: ForeignNode; constant?: Float32Array }> {
    const seen = new Set<ForeignNode>();
    for (let at = node; !seen.has(at); ) {
      seen.add(at);
      const readers = this.uses.readers(at.outputs[0] ?? "");
      const [next] = readers;
      if (!next || readers.length > 1) return;
      const values = next.inputs.filter((one) => one !== "" && !this.file.entries.has(one));
      if (values.length > 1) return;
      const constant = next.inputs.find((one) => this.file.entries.has(one));
      yield { op: next.op, node: next, ...(constant && { constant: this.file.floats(constant) }) };
      at = next;
    }
  }

  floats(node: ForeignNode, input: number): Float32Array | undefined {
    const name = node.inputs[input];
    return name ? this.file.floats(name) : undefined;
  }
}

/** The parameters of a convolution and of the batch norm after it, by the last part of their names. */
export function takeConvolution(
  chains: Chains,
  node: ForeignNode,
  scale: number | undefined,
): Map<string, Tensor> {
  const shape = chains.file.entries.get(node.inputs[1] ?? "")?.shape ?? [];
  const [outputs = 0] = shape;
  const weight = Float32Array.from(chains.floats(node, 1) ?? []);
  const vector = (fill: number) => new Float32Array(outputs).fill(fill);
  const bias = Float32Array.from(chains.floats(node, 2) ?? vector(0));
  const result = (parts: Record<string, Float32Array>) =>
    new Map(
      Object.entries(parts).map(([leaf, data]) => [
        leaf,
        tensor(leaf === "weight" ? shape : [outputs], data),
      ]),
    );
  let isScaled = false;
  let hasBias = (node.inputs[2] ?? "") !== "";
  for (const { op, node: next, constant } of chains.after(node)) {
    if (op === "BatchNormalization") {
      const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((input) =>
        Float32Array.from(chains.floats(next, input) ?? []),
      ) as [Float32Array, Float32Array, Float32Array, Float32Array];
      const other = next.floats.get("epsilon") ?? 1e-5; // ONNX's default
      return result({
        weight,
        gamma,
        beta,
        moving_mean: mean.map((one, channel) => one - (bias[channel] as number)),
        moving_variance:
          Math.abs(other - epsilon) < 1e-9
            ? variance
            : variance.map((one) => one + other - epsilon),
      });
    }
    if (op === "Mul" && constant) {
      if (constant.length === 1) isScaled = true;
      else if (constant.length === outputs) multiply(weight, bias, constant);
    } else if ((op === "Add" || op === "Sub") && constant && constant.length === outputs) {
      const sign = op === "Add" ? 1 : -1;
      hasBias = true;
      for (let channel = 0; channel < outputs; channel++) {
        bias[channel] = (bias[channel] as number) + sign * (constant[channel] as number);
      }
    } else if (op !== "Transpose" && op !== "Identity" && op !== "Cast") break;
  }
  const isUp = scale !== undefined || nodeIsUp(chains, node);
  if (isUp) {
    if (scale !== undefined && !isScaled) multiply(weight, bias, vector(1 / scale));
    return result({ weight, bias });
  }
  if (!hasBias) {
    throw new ModelError(
      "WEIGHTS_INCOMPLETE",
      `Cannot use convolution ${quote(node.name)}: expected batch norm after it, or a bias in its place, got neither`,
    );
  }
  return result({
    weight,
    gamma: vector(1),
    beta: bias,
    moving_mean: vector(0),
    moving_variance: vector(1 - epsilon),
  });
}

/** The last block's projection has no scale: it goes straight into an addition. */
function nodeIsUp(chains: Chains, node: ForeignNode): boolean {
  let last = node;
  for (const { node: next } of chains.after(node)) last = next;
  const readers = chains.uses.readers(last.outputs[0] ?? "");
  return readers.length === 1 && (readers[0]?.op === "Add" || readers[0]?.op === "Sum");
}

/** Scales each output channel. */
function multiply(weight: Float32Array, bias: Float32Array, factors: Float32Array): void {
  const size = weight.length / factors.length;
  factors.forEach((factor, channel) => {
    for (let at = channel * size; at < (channel + 1) * size; at++) {
      weight[at] = (weight[at] as number) * factor;
    }
    bias[channel] = (bias[channel] as number) * factor;
  });
}

/** Weight [classes, features] and bias of the classifier, without the first `skip` classes. */
export function takeClassifier(
  chains: Chains,
  node: ForeignNode,
  features: number,
  skip: number,
): Map<string, Tensor> {
  const [rows = 0, columns = 0] = chains.file.entries.get(node.inputs[1] ?? "")?.shape ?? [];
  const given = chains.floats(node, 1) ?? new Float32Array();
  const isTransposed = (node.integers.get("transB")?.[0] ?? 0) === 1;
  const classes = isTransposed ? rows : columns;
  const weight = tensor([classes, features]);
  for (let k = 0; k < classes; k++) {
    for (let c = 0; c < features; c++) {
      weight.data[k * features + c] = given[
        isTransposed ? k * columns + c : c * columns + k
      ] as number;
    }
  }
  let bias = chains.floats(node, 2);
  for (const { op, constant } of chains.after(node)) {
    if (op === "Add" && constant?.length === classes) bias ??= constant;
  }
  const kept = Math.max(0, classes - skip);
  const biases = Float32Array.from(bias ?? new Float32Array(classes));
  return new Map([
    ["weight", tensor([kept, features], weight.data.slice(skip * features))],
    ["bias", tensor([kept], biases.slice(skip))],
  ]);
}
