/**
 * @file From an open weight file to a network with all its parameters, or to one sentence that says
 * why not.
 *
 * The file decides: its tensors tell the number of classes and whether there is a top, an auxiliary
 * classifier and a learned scale in batch norm; its metadata, where it is ours, tells the rest.
 */
import type { Network } from "../architecture/layers.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork, type NetworkOptions } from "../architecture/transforms.js";
import { ModelError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { type Preprocessing, presets } from "../image/presets.js";
import type { Tensors } from "../tensor/tensor.js";
import { configureFrom } from "./configure.js";
import type { TensorFile } from "./formats/tensor-file.js";
import { matchParameters, type Naming, nameTensors } from "./match.js";
import { decodeMetadata, type NetworkShape, unfit } from "./metadata.js";
import type { FileFormat, OpenedWeights } from "./opened.js";
import { takeOnnx } from "./sources/onnx.js";
import { widthOf } from "./width.js";

/** How to load. */
export interface LoadWeightsOptions {
  /**
   * Files of 1001 classes: whether class 0, slim's background, is left out; "unnamed": where the file
   * does not name its classes. Where nothing is said, the file decides, and one that leaves it open is
   * refused.
   */
  readonly dropBackground?: boolean | "unnamed" | undefined;
  /** What the file is, where its content shall not say. */
  readonly format?: FileFormat | undefined;
  /** Input height and width in pixels, at least 75; what the file says, else 299. */
  readonly inputSize?: NetworkOptions["inputSize"];
}

/** A network with its parameters, as a file gives them. */
export interface LoadedWeights {
  readonly graph: Graph;
  /** A value for each parameter of the graph, by canonical name, in memory that nobody else holds. */
  readonly parameters: Tensors;
  /** Whose names the file uses. */
  readonly naming: Naming["scheme"] | "onnx";
  readonly format: FileFormat;
  /** The file's name of each parameter; of ONNX files those of the kernels alone. */
  readonly found: ReadonlyMap<string, string>;
  /** Tensors of the file that mean nothing here: counters, what an optimizer kept. */
  readonly ignored: readonly string[];
  /** Parameters that other files of this network have and this one does without: the auxiliary head. */
  readonly absent: readonly string[];
  /** Classes of the file that were left out: slim's background. */
  readonly droppedClasses: number;
  /** What the file says of the network; as released where it says nothing. */
  readonly network: NetworkShape;
  readonly labels?: readonly string[];
  readonly preprocessing?: Preprocessing;
  readonly temperature?: number;
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** Classes of slim's checkpoints: ImageNet's and, before them, one for the background. */
const classesWithBackground = 1001;

/**
 * The network in an open file, which messages call `name`. Throws
 * `ModelError` when it is another network, lacks a tensor, has one too many or of another shape, or one
 * that is not finite.
 */
export function takeWeights(
  opened: OpenedWeights,
  name: string,
  options: LoadWeightsOptions = {},
): LoadedWeights {
  const { format, file } = opened;
  const { network: shape, labels, ...described } = decodeMetadata(file.metadata, name);
  const inputSize = options.inputSize === undefined ? undefined : square(options.inputSize);
  if (format === "onnx") {
    const skip = (stored: number) => {
      refuseLabels(labels, stored, name);
      return countBackground(stored, labels, { ...options, scheme: "onnx" }, name);
    };
    const taken = takeOnnx(file, { name, network: shape, inputSize, skip });
    return {
      ...taken,
      format,
      naming: "onnx",
      ignored: [],
      absent: [],
      ...(labels && { labels: labels.slice(taken.droppedClasses) }),
      ...described,
    };
  }
  const naming = nameTensors(opened, allNames(), name);
  const { scheme, ignored } = naming;
  const stored = storedClasses(file, naming);
  const channels = (weight: string) => {
    const found = file.entries.get(naming.found.get(weight) ?? "")?.shape;
    return naming.isHwio ? found?.at(-1) : found?.[0];
  };
  const network = {
    ...(shape ?? { ...releasedNetwork, width: widthOf(channels) }),
    ...(inputSize && { inputSize }),
  };
  refuseLabels(labels, stored, name);
  const skipClasses = countBackground(stored, labels, { ...options, scheme }, name);
  const configured = configureFrom(
    {
      ...network,
      classes: stored === undefined ? undefined : stored - skipClasses,
      top: hasLayer(naming, "logits"),
      auxiliary: hasLayer(naming, "aux_logits"),
    },
    name,
  );
  return {
    ...takeNetwork(file, configured, naming, { skipClasses, name }),
    format,
    naming: scheme,
    found: naming.found,
    ignored,
    absent: allNames().filter((one) => !one.endsWith("/gamma") && !naming.found.has(one)),
    droppedClasses: skipClasses,
    network,
    ...(labels && stored !== undefined && { labels: labels.slice(skipClasses) }),
    ...(scheme === "keras" || scheme === "slim" ? { preprocessing: presets[scheme] } : {}),
    ...described,
  };
}

/** Height and width. Throws `UsageError` where they are too small: that is not the file's fault. */
function square(size: NonNullable<NetworkOptions["inputSize"]>): readonly [number, number] {
  configureNetwork({ inputSize: size });
  return typeof size === "number" ? [size, size] : size;
}

const releasedNetwork: NetworkShape = {
  width: 1,
  inputSize: [299, 299],
  pooling: "avg",
  dropout: 0.2,
};

/** The canonical names that any file may have. */
function allNames(): string[] {
  const everything = lower(configureNetwork({ auxiliary: true }), { batchNormScale: true });
  return everything.parameters.map(({ name }) => name);
}

function hasLayer({ found }: Naming, layer: string): boolean {
  return [...found.keys()].some((one) => one.startsWith(`${layer}/`));
}

/** Number of classes that the file's classifier has, if it has one. */
function storedClasses(file: TensorFile, { found, isHwio }: Naming): number | undefined {
  const shapes = ["logits/bias", "logits/weight"].map(
    (one) => file.entries.get(found.get(one) ?? "")?.shape,
  );
  return shapes.find((shape) => shape !== undefined)?.at(isHwio ? -1 : 0);
}

/** Throws where a file names another number of classes than it has. */
function refuseLabels(
  labels: readonly string[] | undefined,
  stored: number | undefined,
  name: string,
): void {
  if (!labels || stored === undefined || labels.length === stored) return;
  throw unfit(name, "labels", `${stored} texts`, labels.length);
}

/** How many classes to leave out: 1 for slim's background. Throws when nobody said so. */
function countBackground(
  stored: number | undefined,
  labels: readonly string[] | undefined,
  { dropBackground, scheme }: LoadWeightsOptions & { readonly scheme: LoadedWeights["naming"] },
  name: string,
): number {
  if (stored !== classesWithBackground) return 0;
  if (typeof dropBackground === "boolean") return dropBackground ? 1 : 0;
  if (labels) return 0; // a file that names its 1001 classes means them
  if (scheme === "slim" || dropBackground === "unnamed") return 1; // slim's are known
  throw new ModelError(
    "WEIGHTS_BACKGROUND",
    `Cannot use weights "${name}": expected 1000 classes, got 1001, whose class 0 is slim's "background" that no photo belongs to; dropBackground leaves it out`,
  );
}

/** Graph and parameters; a batch norm scale that is 1 everywhere is checked and then left out. */
function takeNetwork(
  file: TensorFile,
  network: Network,
  naming: Naming,
  options: { readonly skipClasses: number; readonly name: string },
): { graph: Graph; parameters: Tensors } {
  const batchNormScale = [...naming.found.keys()].some((one) => one.endsWith("/gamma"));
  const graph = lower(network, { batchNormScale });
  const parameters = matchParameters(file, graph, naming, options);
  const scales = graph.parameters.filter(({ role }) => role === "gamma");
  const isOne = scales.every(({ name }) => parameters.get(name)?.data.every((one) => one === 1));
  if (scales.length === 0 || !isOne) return { graph, parameters };
  const plain = lower(network);
  const kept = new Set(plain.parameters.map(({ name }) => name));
  return { graph: plain, parameters: new Map([...parameters].filter(([name]) => kept.has(name))) };
}
