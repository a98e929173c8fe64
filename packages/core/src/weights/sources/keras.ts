/**
 * @file Layers of `keras.applications.InceptionResNetV2`, of its released files and of its like, both
 * ways, by rule.
 *
 *   ours                                  released                             Keras' own
 *   conv2d_1a/weight                      Conv2d_1a_3x3 kernel                 conv2d
 *   mixed_5b/branch_2/conv2d_0b_3x3/beta  Mixed_5b_Branch_2_Conv2d_0b_3x3_BatchNorm beta
 *                                                                              batch_normalization_9
 *   block35_1/up/bias                     Block35_1_Conv2d_1x1 bias            block35_1_conv
 *   conv2d_7b/weight                      Conv2d_7b_1x1                        conv_7b (conv_7b_bn)
 *   logits/weight                         Logits kernel                        predictions
 *
 * Keras numbers layers without a name as they are made, from any number on: that is our order. Where
 * names tell nothing, and always among the classes of .weights.h5 (`conv2d_3`), the order is that of
 * the graph: by the distance to the output, of layers as far as each other the one in the earlier
 * branch first. Kernels are HWIO, dense weights [in, out]; there is no auxiliary classifier.
 */
import {
  type ArchitectureName,
  defaultArchitecture,
  titleOf,
} from "../../architecture/architecture.js";
import { isAuxiliary } from "../../architecture/heads.js";
import { ModelError } from "../../errors.js";
import type { Tensors } from "../../tensor/tensor.js";
import type { KerasFile, KerasLayer } from "../formats/keras-file.js";
import type { LazyTensor } from "../formats/tensor-file.js";
import { quoteSome } from "../quote.js";
import { knownStranger } from "../strangers.js";
import { shapeToHwio, toHwio } from "./hwio.js";

/** Layers of a network by their canonical names, such as `block35_1/up`, in canonical order. */
interface Layers {
  readonly convolutions: readonly string[];
  /** The convolutions that a batch norm follows. */
  readonly normalized: ReadonlySet<string>;
}

/** Layers of a file that hold one of ours: a convolution or dense layer, and its batch norm. */
type Found = Map<string, KerasLayer[]>;

/**
 * The entry of a file for each canonical name that it holds. Throws `ModelError` when the layers
 * cannot be the network's; `name` is how messages call the file.
 */
export function kerasNames(
  file: KerasFile,
  canonical: Iterable<string>,
  name: string,
  arch: ArchitectureName = defaultArchitecture,
): ReadonlyMap<string, string> {
  const names = [...canonical].filter((one) => !isAuxiliary(one));
  const ours = layersOf(names);
  refuseFacenet(file, name, arch);
  const found =
    findReleased(file, ours) ?? findNumbered(file, ours) ?? findOrdered(file, ours, name, arch);
  const classifier = findClassifier(file, name);
  if (classifier) found.set("logits", [classifier]);
  const entries = new Map<string, string>();
  for (const one of names) {
    const [layer, leaf] = splitName(one);
    const variable = leaf === "weight" ? "kernel" : leaf;
    for (const { variables } of found.get(layer) ?? []) {
      const entry = variables.get(variable);
      if (entry !== undefined) entries.set(one, entry);
    }
  }
  return entries;
}

function splitName(name: string): [layer: string, leaf: string] {
  const at = name.lastIndexOf("/");
  return [name.slice(0, at), name.slice(at + 1)];
}

function layersOf(names: readonly string[]): Layers {
  const split = names.map(splitName).filter(([layer]) => layer !== "logits");
  return {
    convolutions: split.filter(([, leaf]) => leaf === "weight").map(([layer]) => layer),
    normalized: new Set(split.filter(([, leaf]) => leaf === "beta").map(([layer]) => layer)),
  };
}

/** The released files' name of one of our layers; of the stem's, without the size of the kernel. */
export function releasedName(layer: string): string {
  const path = layer.split("/").map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return path.join("_").replace(/_Up$/, "_Conv2d_1x1");
}

/** Its Inception-ResNet-v1 has many of the released names, and of their shapes. */
function refuseFacenet({ layers }: KerasFile, name: string, arch: ArchitectureName): void {
  const names = layers.map((layer) => layer.name);
  if (!names.some((one) => one === "Bottleneck" || one.startsWith("Conv2d_4b_3x3"))) return;
  throw new ModelError(
    "WEIGHTS_NETWORK",
    `Cannot use weights "${name}": expected layers of ${titleOf(arch)}, got layers ${networkOf(names)}`,
  );
}

/** Convolutions of Keras' Inception-v3, whose names tell nothing. */
const inceptionV3Convolutions = 94;

/** Whose layers these are, where that can be told, and some of them. */
function networkOf(names: readonly string[], convolutions?: number): string {
  const byCount = convolutions === inceptionV3Convolutions ? "Inception-v3" : undefined;
  const stranger = knownStranger(names) ?? byCount;
  return `${stranger ? `of ${stranger} ` : ""}such as ${quoteSome(names)}`;
}

function findReleased({ layers }: KerasFile, ours: Layers): Found | undefined {
  const byName = new Map(
    layers.map((layer) => [layer.name.replace(/^(Conv2d_\d[a-z])_\d+x\d+/, "$1"), layer]),
  );
  const found: Found = new Map();
  for (const layer of ours.convolutions) {
    const theirs = releasedName(layer);
    const both = [byName.get(theirs), byName.get(`${theirs}_BatchNorm`)];
    const there = both.filter((one) => one !== undefined);
    if (there.length > 0) found.set(layer, there);
  }
  return found.size > 0 ? found : undefined;
}

/** Keras' own names: few are given, the others numbered. */
function findNumbered({ layers }: KerasFile, ours: Layers): Found | undefined {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const givenName = (layer: string) =>
    layer === "conv2d_7b" ? "conv_7b" : layer.endsWith("/up") ? layer.replace("/up", "_conv") : "";
  const anonymous = ours.convolutions.filter((layer) => givenName(layer) === "");
  const numbered = (kind: RegExp) =>
    layers
      .flatMap((layer) => {
        const number = kind.exec(layer.name);
        return number ? [{ layer, number: Number(number[1] ?? 0) }] : [];
      })
      .sort((a, b) => a.number - b.number)
      .map(({ layer }) => layer);
  const convolutions = numbered(/^conv2d(?:_(\d+))?$/);
  const norms = numbered(/^batch_normalization(?:_v1)?(?:_(\d+))?$/);
  const isKeras = ours.convolutions.some((layer) => byName.has(givenName(layer)));
  if (!isKeras || convolutions.length !== anonymous.length || norms.length !== anonymous.length) {
    return undefined;
  }
  const found: Found = new Map();
  for (const [at, layer] of anonymous.entries()) {
    found.set(
      layer,
      [convolutions[at], norms[at]].filter((one) => one !== undefined),
    );
  }
  for (const layer of ours.convolutions) {
    const given = givenName(layer);
    const there = [byName.get(given), byName.get(`${given}_bn`)].filter((one) => one !== undefined);
    if (given !== "") found.set(layer, there);
  }
  return found;
}

/** By the order of convolutions and, apart from them, of batch norms. */
function findOrdered(
  { entries, layers }: KerasFile,
  ours: Layers,
  name: string,
  arch: ArchitectureName,
): Found {
  const hasKernel = ({ variables }: KerasLayer) =>
    entries.get(variables.get("kernel") ?? "")?.shape.length === 4;
  const convolutions = layers.filter(hasKernel);
  const norms = layers.filter(({ variables }) => variables.has("moving_variance"));
  const ordered = graphOrder(ours.convolutions);
  const normalized = ordered.filter((layer) => ours.normalized.has(layer));
  if (convolutions.length !== ordered.length || norms.length !== normalized.length) {
    const names = layers.map((layer) => layer.name);
    throw new ModelError(
      "WEIGHTS_NETWORK",
      `Cannot use weights "${name}": expected ${ordered.length} convolutions and ${normalized.length} batch norms of ${titleOf(arch)}, got ${convolutions.length} and ${norms.length} in layers ${networkOf(names, convolutions.length)}`,
    );
  }
  const found: Found = new Map();
  for (const [at, layer] of ordered.entries()) found.set(layer, convolutions.slice(at, at + 1));
  for (const [at, layer] of normalized.entries()) {
    found.get(layer)?.push(...norms.slice(at, at + 1));
  }
  return found;
}

/** The one dense layer; of several, the one that Keras or the released file calls so. */
function findClassifier({ entries, layers }: KerasFile, name: string): KerasLayer | undefined {
  const dense = layers.filter(
    ({ variables }) => entries.get(variables.get("kernel") ?? "")?.shape.length === 2,
  );
  const named = dense.find((layer) => layer.name === "predictions" || layer.name === "Logits");
  if (named || dense.length < 2) return named ?? dense[0];
  throw new ModelError(
    "WEIGHTS_NETWORK",
    `Cannot use weights "${name}": expected one dense layer, the classifier, got ${quoteSome(dense.map((layer) => layer.name))}`,
  );
}

/**
 * Convolutions in the order of Keras' graph. Branches of a block end together, so that their
 * layers are as far from the output as from the ends of their branches.
 */
export function graphOrder(convolutions: readonly string[]): string[] {
  const blocks = new Map<string, string[]>();
  for (const layer of convolutions) {
    const block = layer.split("/")[0] ?? "";
    blocks.set(block, [...(blocks.get(block) ?? []), layer]);
  }
  return [...blocks.values()].flatMap((layers) => {
    const branchOf = (layer: string) => layer.split("/").slice(0, 2).join("/");
    const inBlock = layers.filter((layer) => layer.includes("/branch_"));
    const toEnd = (layer: string) => {
      const branch = inBlock.filter((other) => branchOf(other) === branchOf(layer));
      return branch.length - branch.indexOf(layer);
    };
    const rest = layers.filter((layer) => !layer.includes("/branch_"));
    return [...inBlock.toSorted((a, b) => toEnd(b) - toEnd(a)), ...rest];
  });
}

/** Order of a layer's variables in Keras 3. */
const variableOrder = ["weight", "bias", "beta", "moving_mean", "moving_variance"];

/**
 * The datasets of a `.weights.h5` file that `keras.applications.InceptionResNetV2` loads, by path,
 * for parameters in canonical order. The auxiliary classifier, which Keras lacks, is left out. Throws
 * `ModelError` for a learned scale in batch norm, which Keras' network has no place for.
 */
export function kerasDatasets(parameters: Tensors): ReadonlyMap<string, LazyTensor> {
  const names = [...parameters.keys()].filter((name) => !isAuxiliary(name));
  const scales = names.filter((name) => name.endsWith("/gamma"));
  if (scales.length > 0) {
    throw new ModelError(
      "WEIGHTS_SCALE",
      `Cannot write weights for Keras: expected batch norm without a learned scale, got ${quoteSome(scales)}`,
    );
  }
  const { convolutions, normalized } = layersOf(names);
  const ordered = graphOrder(convolutions);
  const groups = [
    ...numberLayers("conv2d", ordered),
    ...numberLayers(
      "batch_normalization",
      ordered.filter((layer) => normalized.has(layer)),
    ),
    ...numberLayers("dense", names.includes("logits/weight") ? ["logits"] : []),
  ];
  const datasets = new Map<string, LazyTensor>();
  for (const { group, layer } of groups) {
    const isNorm = group.startsWith("batch_normalization");
    const leaves = isNorm ? variableOrder.slice(2) : variableOrder.slice(0, 2);
    const present = leaves.flatMap((leaf) => parameters.get(`${layer}/${leaf}`) ?? []);
    for (const [index, value] of present.entries()) {
      datasets.set(`layers/${group}/vars/${index}`, {
        shape: shapeToHwio(value.shape),
        data: () => toHwio(value).data,
      });
    }
  }
  return datasets;
}

/** Names of groups: `conv2d`, `conv2d_1`, ... */
function numberLayers(kind: string, layers: readonly string[]): { group: string; layer: string }[] {
  return layers.map((layer, at) => ({ group: at === 0 ? kind : `${kind}_${at}`, layer }));
}
