/**
 * @file The parameters in an ONNX file of this network, whoever exported it.
 *
 * Convolutions are found by topology, `onnx-topology.ts`, and what each computes is read by
 * `onnx-values.ts`.
 */
import {
  type ArchitectureName,
  architectureNames,
  titleOf,
} from "../../architecture/architecture.js";
import { mainHead } from "../../architecture/heads.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { type ErrorCode, ModelError } from "../../errors.js";
import type { Graph, Node } from "../../graph/ir.js";
import type { Activation } from "../../predictions/predictions.js";
import { formatShape, sameShape, type Tensor, type Tensors } from "../../tensor/tensor.js";
import { configureFrom } from "../configure.js";
import type { ForeignNode, OnnxFile } from "../formats/onnx.js";
import { type NetworkShape, publishedNetwork } from "../metadata.js";
import { quote } from "../quote.js";
import { knownStranger } from "../strangers.js";
import { widthOf } from "../width.js";
import { foreignNames, matchByTopology } from "./onnx-topology.js";
import { Chains, takeClassifier, takeConvolution } from "./onnx-values.js";

/** What an ONNX file gives. */
export interface OnnxParameters {
  readonly graph: Graph;
  readonly parameters: Tensors;
  readonly network: NetworkShape;
  /** The file's names of the kernels, by ours. */
  readonly found: ReadonlyMap<string, string>;
  /** Classes that were left out. */
  readonly droppedClasses: number;
  /** What the file turns logits into scores by, where it does. */
  readonly activation?: Activation;
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
  const { arch, pattern, found, expected } = findNetwork(file, hasTop, given.network?.arch);
  if (found.size < expected.length) {
    const there = file.nodes.filter(({ op }) => op === "Conv").length;
    const stranger = knownStranger(foreignNames(file));
    throw failure(
      "WEIGHTS_NETWORK",
      `expected the convolutions of ${titleOf(arch)}, connected as there, got ${there}${stranger ? ` of ${stranger}` : ""}, of which ${found.size} of ${expected.length} fit`,
    );
  }
  const shapeOf = (key: string) => {
    const [, weight = ""] = found.get(key)?.inputs ?? [];
    return file.entries.get(weight)?.shape ?? [];
  };
  const network: NetworkShape = {
    ...(given.network ?? {
      ...publishedNetwork(
        arch,
        widthOf((weight) => shapeOf(weight.replace(/\/weight$/, ""))[0], arch),
      ),
      ...sizeOfInput(file),
    }),
    ...(given.inputSize && { inputSize: given.inputSize }),
  };
  const body = configureFrom({ ...network, top: false }, name);
  const channels = lower(body).outputs.get("features")?.shape[1];
  const stored = hasTop
    ? (shapeOf("logits").find((size) => size !== channels) ?? channels)
    : undefined;
  const droppedClasses = stored === undefined ? 0 : given.skip(stored);
  const classes = stored === undefined ? undefined : stored - droppedClasses;
  const configured = configureFrom({ ...network, classes, top: hasTop }, name);
  const graph = lower(configured, { batchNormScale: true });
  const chains = new Chains(file);
  const parameters = new Map<string, Tensor>();
  for (const key of expected) {
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
  const activation = activationAfter(chains, found.get(mainHead));
  return {
    ...taken,
    network,
    found: new Map(kernels),
    droppedClasses,
    ...(activation && { activation }),
  };
}

/** What follows the classifier, through what one value goes. */
function activationAfter(chains: Chains, head: ForeignNode | undefined): Activation | undefined {
  if (!head) return undefined;
  const ops = new Set([...chains.after(head)].map(({ op }) => op));
  if (ops.has("Sigmoid")) return "sigmoid";
  return ops.has("Softmax") ? "softmax" : undefined;
}

/** A network, and the file's nodes that are connected as its convolutions and classifier are. */
interface Candidate {
  readonly arch: ArchitectureName;
  readonly pattern: Graph;
  readonly found: ReadonlyMap<string, ForeignNode>;
  /** What has to be found. */
  readonly expected: readonly string[];
}

/** The first network that fits wholly, or else the first. */
function findNetwork(file: OnnxFile, top: boolean, stated?: ArchitectureName): Candidate {
  const candidates: Candidate[] = [];
  for (const arch of stated ? [stated] : architectureNames) {
    const pattern = lower(configureNetwork({ arch, top }));
    const found = matchByTopology(pattern, file);
    const candidate = { arch, pattern, found, expected: weightKeys(pattern) };
    if (found.size === candidate.expected.length) return candidate;
    candidates.push(candidate);
  }
  return candidates[0] as Candidate;
}

/** Height and width that the file is written for, NCHW or NHWC, where they are not free. */
function sizeOfInput({ inputs }: OnnxFile): Partial<Pick<NetworkShape, "inputSize">> {
  const sides = inputs[0]?.shape.filter((size) => size > 3);
  const [height, width] = sides?.slice(-2) ?? [];
  return height && width ? { inputSize: [height, width] } : {};
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
