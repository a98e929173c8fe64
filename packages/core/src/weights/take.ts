/**
 * @file From an open weight file to a network with all its parameters, or to one sentence that says
 * why not.
 *
 * The file decides: its tensors tell the number of classes and whether there is a top, an auxiliary
 * classifier and a learned scale in batch norm; its metadata, where it is ours, tells the rest.
 */
import { type ArchitectureName, findArchitecture, titleOf } from "../architecture/architecture.js";
import { auxiliaryHeadName, mainHead } from "../architecture/heads.js";
import type { Network } from "../architecture/layers.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork, type NetworkOptions } from "../architecture/transforms.js";
import { ModelError } from "../errors.js";
import type { Graph } from "../graph/ir.js";
import { type Preprocessing, presets } from "../image/presets.js";
import { type Activation, activations } from "../predictions/predictions.js";
import type { Tensors } from "../tensor/tensor.js";
import { canonicalNames } from "./canonical.js";
import { configureFrom } from "./configure.js";
import type { TensorFile } from "./formats/tensor-file.js";
import { matchParameters } from "./match.js";
import { decodeMetadata, type NetworkShape, publishedNetwork, unfit } from "./metadata.js";
import { type Naming, nameTensors } from "./naming.js";
import type { FileFormat, OpenedWeights } from "./opened.js";
import { configuredLayers } from "./sources/keras-config.js";
import { takeOnnx } from "./sources/onnx.js";
import { widthOf } from "./width.js";

/** How to load. */
export interface LoadWeightsOptions {
  /**
   * Which network the file must hold.
   * @defaultValue what the file holds
   */
  readonly arch?: ArchitectureName | undefined;
  /**
   * Files of 1001 classes: whether class 0, slim's background, is left out; "unnamed": where the
   * file does not name its classes.
   * @defaultValue what the file says; a file that leaves it open is refused
   */
  readonly dropBackground?: boolean | "unnamed" | undefined;
  /**
   * Of a file with weights and their averages over a training's steps, which are loaded; `true` and
   * `false` refuse a file without them. What was chosen is a note.
   * @defaultValue timm's: averages behind `state_dict_ema` or `model_ema`, else the weights
   */
  readonly ema?: boolean | undefined;
  /**
   * What the file is, where its content shall not say.
   * @defaultValue what the content tells
   */
  readonly format?: FileFormat | undefined;
  /**
   * Input height and width in pixels, at least the architecture's smallest.
   * @defaultValue what the file says, else 299
   */
  readonly inputSize?: NetworkOptions["inputSize"];
}

/** A network with its parameters, as a file gives them. */
export interface LoadedWeights {
  /** The network, at batch 1. */
  readonly graph: Graph;
  /** A value for each parameter of the graph, by canonical name, in memory that nobody else holds. */
  readonly parameters: Tensors;
  /** Whose names the file uses. */
  readonly naming: Naming["scheme"] | "onnx";
  /** What kind of file it was. */
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
  /** Names of the classes by index, where the file has them. */
  readonly labels?: readonly string[];
  /** How photos become tensors, where the file says so. */
  readonly preprocessing?: Preprocessing;
  /** What logits are divided by before the softmax; 1 where the file has none. */
  readonly temperature?: number;
  /** What turns logits into scores, where the file says so. */
  readonly activation?: Activation;
  /** Free-form record of the weights' origin, where the file has one. */
  readonly provenance?: Readonly<Record<string, unknown>>;
  /** What was decided where the file leaves it open, each in a sentence: worth telling a user. */
  readonly notes: readonly string[];
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
  if (options.arch !== undefined) findArchitecture(options.arch); // throws on an unknown one
  const inputSize = options.inputSize === undefined ? undefined : square(options.inputSize);
  if (format === "onnx") {
    const skip = (stored: number) => {
      refuseLabels(labels, stored, name);
      return countBackground(stored, labels, { ...options, scheme: "onnx" }, name);
    };
    const taken = takeOnnx(file, { name, network: shape, inputSize, skip });
    requireArchitecture(taken.network.arch, options.arch, name);
    return {
      ...taken,
      format,
      naming: "onnx",
      ignored: [],
      absent: [],
      notes: [],
      ...(labels && { labels: labels.slice(taken.droppedClasses) }),
      ...described,
    };
  }
  const naming = nameTensors(opened, { name, stated: shape?.arch, ema: options.ema });
  const { arch, scheme, ignored, notes } = naming;
  requireArchitecture(arch, options.arch, name);
  const stored = storedClasses(file, naming);
  const channels = (weight: string) => {
    const found = file.entries.get(naming.found.get(weight) ?? "")?.shape;
    return naming.isHwio ? found?.at(-1) : found?.[0];
  };
  const network = {
    ...(shape ?? publishedNetwork(arch, widthOf(channels, arch))),
    ...(inputSize && { inputSize }),
  };
  refuseLabels(labels, stored, name);
  const skipClasses = countBackground(stored, labels, { ...options, scheme }, name);
  const configured = configureFrom(
    {
      ...network,
      classes: stored === undefined ? undefined : stored - skipClasses,
      top: hasLayer(naming, mainHead),
      auxiliary: hasLayer(naming, auxiliaryHeadName),
    },
    name,
  );
  return {
    ...takeNetwork(file, configured, naming, { skipClasses, name }),
    format,
    naming: scheme,
    found: naming.found,
    ignored,
    absent: canonicalNames(arch).filter((one) => !one.endsWith("/gamma") && !naming.found.has(one)),
    droppedClasses: skipClasses,
    network,
    notes,
    ...(labels && stored !== undefined && { labels: labels.slice(skipClasses) }),
    ...preprocessingOf(naming),
    ...activationOf(opened),
    ...described,
  };
}

/** Height and width. Throws `UsageError` where they are too small: that is not the file's fault. */
function square(size: NonNullable<NetworkOptions["inputSize"]>): readonly [number, number] {
  configureNetwork({ inputSize: size });
  return typeof size === "number" ? [size, size] : size;
}

/** Throws where a file holds another network than was asked for. */
function requireArchitecture(
  found: ArchitectureName,
  asked: ArchitectureName | undefined,
  name: string,
): void {
  if (asked === undefined || asked === found) return;
  throw new ModelError(
    "WEIGHTS_NETWORK",
    `Cannot use weights "${name}": expected weights of ${titleOf(asked)} (${asked}), got weights of ${titleOf(found)} (${found})`,
  );
}

/** The pixels that a network was published with, where a program's names tell. */
function preprocessingOf({
  scheme,
  arch,
  normalization,
}: Naming): Pick<LoadedWeights, "preprocessing"> {
  if (scheme === "keras" || scheme === "slim") return { preprocessing: presets[scheme] };
  const { timmCropFraction: cropFraction } = findArchitecture(arch);
  const { mean, std } = normalization ?? presets.timm;
  if (scheme === "timm" && cropFraction !== undefined) {
    return { preprocessing: { ...presets.timm, cropFraction, mean, std } };
  }
  return normalization ? { preprocessing: { ...presets.timm, mean, std } } : {};
}

/** The activation that a file of Keras or TensorFlow.js gives its model's last layer. */
function activationOf({ format, file }: OpenedWeights): Pick<LoadedWeights, "activation"> {
  if (format !== "keras" && format !== "tfjs") return {};
  const last = configuredLayers(file.metadata).findLast(
    ({ kind }) => kind === "Dense" || kind === "Activation" || kind === "Softmax",
  );
  const named = last?.kind === "Softmax" ? "softmax" : last?.config["activation"];
  const activation = activations.find((one) => one === named);
  return activation ? { activation } : {};
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
    `Cannot use weights "${name}": expected 1000 classes, got 1001, whose class 0 is slim's "background", which no photo belongs to; dropBackground drops it`,
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
