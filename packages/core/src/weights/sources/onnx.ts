/**
 * @file The parameters in an ONNX file of this network, whoever exported it.
 *
 * Convolutions are found by topology. Where the exporter folded batch norm into them, the statistics
 * come back as mean 0 and a variance that makes the norm an identity; where it folded the residual
 * scale too, it is divided out again.
 */
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { type ErrorCode, ModelError } from "../../errors.js";
import type { Graph, Node } from "../../graph/ir.js";
import { formatShape, sameShape, type Tensor, type Tensors, tensor } from "../../tensor/tensor.js";
import { configureFrom } from "../configure.js";
import type { ForeignNode, OnnxFile } from "../formats/onnx.js";
import type { NetworkShape } from "../metadata.js";
import { quote } from "../quote.js";
import { knownStranger } from "../strangers.js";
import { widthOf } from "../width.js";
import { foreignNames, matchByTopology } from "./onnx-topology.js";

/** Epsilon of our batch norms. */
const epsilon = 1e-3;

/** What an ONNX file gives. */
export interface OnnxParameters {
  readonly graph: Graph;
  readonly parameters: Tensors;
  readonly network: NetworkShape;
  /** The file's names of the kernels, by ours. */
  readonly found: ReadonlyMap<string, string>;
  /** Classes that were left out. */
  readonly droppedClasses: number;
}

/** What is known beside the file's graph. */
export interface TakeOnnxOptions {
  /** How messages call the file. */
  readonly name: string;
  /** What its metadata say of the network. */
  readonly network?: NetworkShape | undefined;
  /** Height and width that are asked for. */
  readonly inputSize?: readonly [number, number] | undefined;
  /** How many of the first classes to leave out, given how many there are. */
  readonly skip: (stored: number) => number;
}

/**
 * Takes a file's weights for this network. Throws `ModelError` when its convolutions are not
 * connected as this network's, or a tensor has another shape.
 */
export function takeOnnx(file: OnnxFile, { name, ...given }: TakeOnnxOptions): OnnxParameters {
  const failure = (code: ErrorCode, problem: string) =>
    new ModelError(code, `Cannot use weights "${name}": ${problem}`);
  const hasTop = file.nodes.some(({ op }) => op === "Gemm" || op === "MatMul");
  const pattern = lower(configureNetwork({ top: hasTop }));
  const found = matchByTopology(pattern, file);
  const wanted = weightKeys(pattern);
  if (found.size < wanted.length) {
    const there = file.nodes.filter(({ op }) => op === "Conv").length;
    const stranger = knownStranger(foreignNames(file));
    throw failure(
      "WEIGHTS_NETWORK",
      `expected the convolutions of Inception-ResNet-v2, connected as there, got ${there}${stranger ? ` of ${stranger}` : ""}, of which ${found.size} of ${wanted.length} fit`,
    );
  }
  const shapeOf = (key: string) => {
    const [, weight = ""] = found.get(key)?.inputs ?? [];
    return file.entries.get(weight)?.shape ?? [];
  };
  const network: NetworkShape = {
    ...(given.network ?? {
      width: widthOf((weight) => shapeOf(weight.replace(/\/weight$/, ""))[0]),
      inputSize: sizeOfInput(file),
      pooling: "avg",
      dropout: 0.2,
    }),
    ...(given.inputSize && { inputSize: given.inputSize }),
  };
  const channels = shapeOf("conv2d_7b")[0];
  const stored = hasTop
    ? (shapeOf("logits").find((size) => size !== channels) ?? channels)
    : undefined;
  const droppedClasses = stored === undefined ? 0 : given.skip(stored);
  const classes = stored === undefined ? undefined : stored - droppedClasses;
  const configured = configureFrom({ ...network, classes, top: hasTop }, name);
  const graph = lower(configured, { batchNormScale: true });
  const chains = new Chains(file);
  const parameters = new Map<string, Tensor>();
  for (const key of wanted) {
    const node = found.get(key) as ForeignNode;
    const taken =
      key === "logits"
        ? takeClassifier(chains, node, channels ?? 0, droppedClasses)
        : takeConvolution(chains, node, scaleAfter(pattern, key));
    for (const [leaf, value] of taken) parameters.set(`${key}/${leaf}`, value);
  }
  const taken = checked(graph, parameters, () => lower(configured), failure);
  const kernels = [...found].map(
    ([key, { inputs }]) => [`${key}/weight`, inputs[1] ?? ""] as const,
  );
  return { ...taken, network, found: new Map(kernels), droppedClasses };
}

/** Height and width that the file is written for, NCHW or NHWC; as released where they are free. */
function sizeOfInput({ inputs }: OnnxFile): readonly [number, number] {
  const sides = inputs[0]?.shape.filter((size) => size > 3);
  const [height, width] = sides?.slice(-2) ?? [];
  return height && width ? [height, width] : [299, 299];
}

/** The keys of convolutions and classifiers: names of their weights without the last part. */
function weightKeys({ parameters }: Graph): string[] {
  return parameters
    .filter(({ name }) => name.endsWith("/weight"))
    .map(({ name }) => name.replace(/\/weight$/, ""));
}

/** The factor that our network multiplies a convolution's result by: of a residual branch. */
function scaleAfter(graph: Graph, key: string): number | undefined {
  const node = graph.nodes.find(({ inputs }) => inputs[1]?.name === `${key}/weight`);
  const after = graph.nodes.find(
    (one): one is Node<"scale"> => one.op === "scale" && one.inputs[0] === node?.outputs[0],
  );
  return after?.attributes.factor;
}

/** What follows a node as long as only one node reads on. */
class Chains {
  readonly file: OnnxFile;
  readonly #readers = new Map<string, ForeignNode[]>();

  constructor(file: OnnxFile) {
    this.file = file;
    for (const node of file.nodes) {
      for (const input of node.inputs) {
        this.#readers.set(input, [...(this.#readers.get(input) ?? []), node]);
      }
    }
  }

  /** Nodes after this one that read one value and constants. */
  *after(node: ForeignNode): Generator<{ op: string; node: ForeignNode; constant?: Float32Array }> {
    const seen = new Set<ForeignNode>();
    for (let at = node; !seen.has(at); ) {
      seen.add(at);
      const readers = this.#readers.get(at.outputs[0] ?? "") ?? [];
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

function takeConvolution(
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
  const readers = chains.file.nodes.filter(({ inputs }) => inputs.includes(last.outputs[0] ?? ""));
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

function takeClassifier(
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

/** Shapes as the graph wants them; scales that are 1 everywhere are left out. */
function checked(
  graph: Graph,
  parameters: ReadonlyMap<string, Tensor>,
  plain: () => Graph,
  failure: (code: ErrorCode, problem: string) => ModelError,
): Pick<OnnxParameters, "graph" | "parameters"> {
  for (const { name, shape } of graph.parameters) {
    const got = parameters.get(name)?.shape ?? [];
    if (sameShape(got, shape)) continue;
    throw failure(
      "WEIGHTS_SHAPE",
      `expected ${formatShape(shape)} for ${quote(name)}, got ${formatShape(got)}`,
    );
  }
  const scales = graph.parameters.filter(({ role }) => role === "gamma");
  if (!scales.every(({ name }) => parameters.get(name)?.data.every((one) => one === 1))) {
    return { graph, parameters };
  }
  const kept = [...parameters].filter(([name]) => !name.endsWith("/gamma"));
  return { graph: plain(), parameters: new Map(kept) };
}
