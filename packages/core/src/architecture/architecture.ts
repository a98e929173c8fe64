/**
 * @file The networks of this family, each as one value: what it is called, how it is built, and what
 * everything else must know of it. Adding one is a file beside this and a row here.
 */
import { UsageError } from "../errors.js";
import { inceptionResNetV1 } from "./inception-resnet-v1.js";
import { auxiliaryHead, inceptionResNetV2 } from "./inception-resnet-v2.js";
import { inceptionResNetV2Paper } from "./inception-resnet-v2-paper.js";
import { inceptionV4, inceptionV4Auxiliary } from "./inception-v4.js";
import type { AuxiliaryHead, Layer, Network } from "./layers.js";
import {
  inceptionResNetV2Weights,
  inceptionV4Weights,
  type PublishedWeights,
} from "./published.js";

/** Programs whose names for a network's parameters are known. */
export type ForeignScheme = "timm" | "keras" | "slim";

/** A network and what everything else must know of it. */
export interface Architecture {
  /** Its name in options, weight files and graphs, for example `inception_v4`. */
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** Where it is described. */
  readonly source: string;
  /** The network as published: 299x299 RGB in -1...1 to 1000 logits. */
  readonly network: () => Network;
  /** The classifier that is trained beside the main one, where it has one. */
  readonly auxiliary?: () => AuxiliaryHead;
  /** Smallest input height and width: below it the last grid, or the auxiliary one, would be empty. */
  readonly smallestInput: { readonly body: number; readonly auxiliary: number };
  /** The block up to which fine-tuning keeps the body as it is, unless another is named. */
  readonly freezePoint: string;
  /** What others have published, by the names that `pull` knows. */
  readonly published: PublishedWeights;
  /** Programs whose files of it are read and written, by the rules in `weights/sources`. */
  readonly schemes: readonly ForeignScheme[];
  /** timm's crop_pct for its port, where it is another than the preset `timm` has. */
  readonly timmCropFraction?: number;
}

const sizes = { body: 75, auxiliary: 107 };
const paper = "Szegedy et al. (2016), arXiv 1602.07261";

/** All networks by name; the first is the one that is meant where nothing is said. */
export const architectures = {
  inception_resnet_v2: {
    name: "inception_resnet_v2",
    title: "Inception-ResNet-v2",
    source: `${paper}, as released`,
    network: inceptionResNetV2,
    auxiliary: auxiliaryHead,
    smallestInput: sizes,
    freezePoint: "block17_20",
    published: inceptionResNetV2Weights,
    schemes: ["timm", "keras", "slim"],
  },
  inception_v4: {
    name: "inception_v4",
    title: "Inception-v4",
    source: `${paper}, figure 9`,
    network: inceptionV4,
    auxiliary: inceptionV4Auxiliary,
    smallestInput: sizes,
    freezePoint: "inception_b_7",
    published: inceptionV4Weights,
    schemes: ["timm", "slim"],
    timmCropFraction: 0.875,
  },
  inception_resnet_v1: {
    name: "inception_resnet_v1",
    title: "Inception-ResNet-v1",
    source: `${paper}, figures 14 and 15`,
    network: inceptionResNetV1,
    smallestInput: sizes,
    freezePoint: "block17_10",
    published: {},
    schemes: [],
  },
  inception_resnet_v2_paper: {
    name: "inception_resnet_v2_paper",
    title: "Inception-ResNet-v2 of the paper's figures",
    source: `${paper}, figure 15`,
    network: inceptionResNetV2Paper,
    smallestInput: sizes,
    freezePoint: "block17_10",
    published: {},
    schemes: [],
  },
} as const satisfies Readonly<Record<string, Architecture>>;

/** Name of a network. */
export type ArchitectureName = keyof typeof architectures;

/** The names, for messages and help. */
export const architectureNames = Object.keys(architectures) as readonly ArchitectureName[];

/** The network that is meant where nothing is said, as in files from before there were several. */
export const defaultArchitecture: ArchitectureName = "inception_resnet_v2";

/** Whether a network has this name. */
export function isArchitectureName(name: unknown): name is ArchitectureName {
  return architectureNames.some((one) => one === name);
}

/** The network of a name. Throws `UsageError` where there is none. */
export function findArchitecture(name: string = defaultArchitecture): Architecture {
  if (isArchitectureName(name)) return architectures[name];
  throw new UsageError(
    "ARCHITECTURE_UNKNOWN",
    `Unknown architecture "${name}": expected one of ${architectureNames.join(", ")}`,
  );
}

/** What a network is called by people; the name of a graph that is none of these is its title. */
export function titleOf(name: string): string {
  return isArchitectureName(name) ? architectures[name].title : name;
}

/** Input size and dropout as published. */
export function publishedShape({ network }: Architecture): {
  readonly inputSize: readonly [height: number, width: number];
  readonly dropout: number;
} {
  const all = (layers: readonly Layer[]): Layer[] =>
    layers.flatMap((layer) => (layer.kind === "stage" ? all(layer.layers) : [layer]));
  const layers = all(network().layers);
  const image = layers.find((layer) => layer.kind === "image");
  const dropout = layers.find((layer) => layer.kind === "dropout");
  return { inputSize: [image?.height ?? 0, image?.width ?? 0], dropout: dropout?.rate ?? 0 };
}
