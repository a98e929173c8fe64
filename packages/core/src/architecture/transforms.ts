/**
 * @file Networks made from a network: other classes, input sizes, widths, heads.
 *
 * Each function takes the value and returns a new one; nothing here lowers or runs anything.
 */
import { UsageError } from "../errors.js";
import { auxiliaryHead, inceptionResNetV2 } from "./inception-resnet-v2.js";
import type { Branch, Layer, Network } from "./layers.js";

/** What can be asked of the network. Everything left out is as released. */
export interface NetworkOptions {
  /** Number of classes of the main and the auxiliary classifier; 1000. */
  readonly classes?: number | undefined;
  /** Input height and width in pixels, at least 75; a number means a square; 299. */
  readonly inputSize?: number | readonly [height: number, width: number] | undefined;
  /** Multiplies the channels of every convolution, rounded to multiples of 8; 1. */
  readonly width?: number | undefined;
  /** Share of the features that training drops before the classifier; 0.2. */
  readonly dropout?: number | undefined;
  /** Adds the auxiliary classifier on the 17x17 grid; false. Needs an input of at least 107. */
  readonly auxiliary?: boolean | undefined;
  /** False leaves the classifier out: the network ends in features; true. */
  readonly top?: boolean | undefined;
  /** How the grid becomes one vector; `none` (only without top) keeps the grid; `avg`. */
  readonly pooling?: "avg" | "max" | "none" | undefined;
}

/** Smallest input height and width: below it the last grid would be empty. */
export const minimumInputSize = 75;

/** Smallest input at which the auxiliary classifier has a grid to look at (5x5 of the 17-grid). */
const minimumAuxiliarySize = 107;

/** The released network with the options applied. Throws `UsageError` on an option out of range. */
export function configureNetwork(options: NetworkOptions = {}): Network {
  const { classes = 1000, width = 1, dropout = 0.2, pooling = "avg", top = true } = options;
  const [height, breadth] = readInputSize(options.inputSize ?? 299);
  requireRange(
    "classes",
    classes,
    Number.isInteger(classes) && classes >= 1,
    "a whole number from 1",
  );
  requireRange("width", width, width > 0 && width <= 8, "a number above 0 and at most 8");
  requireRange("dropout", dropout, dropout >= 0 && dropout < 1, "a number from 0 and below 1");
  requireRange("pooling", pooling, !top || pooling !== "none", "avg or max with a classifier");
  let network = inceptionResNetV2();
  if (options.auxiliary === true) {
    requireRange(
      "inputSize",
      `${height}x${breadth}`,
      Math.min(height, breadth) >= minimumAuxiliarySize,
      `at least ${minimumAuxiliarySize} pixels a side for the auxiliary classifier`,
    );
    network = withAuxiliaryHead(network);
  }
  if (height !== 299 || breadth !== 299) network = withInputSize(network, height, breadth);
  if (width !== 1) network = withWidth(network, width);
  network = withHead(network, { classes, dropout, pooling, top });
  return network;
}

/** The same layers on another input; shape checks keep what they say of channels. */
export function withInputSize(network: Network, height: number, width: number): Network {
  return mapLayers(network, (layer) => {
    if (layer.kind === "image") return [{ ...layer, height, width }];
    if (layer.kind === "is") {
      return layer.channels === undefined ? [] : [{ kind: "is", channels: layer.channels }];
    }
    return [layer];
  });
}

/** Scales the channels of every convolution; shape checks keep what they say of the grid. */
export function withWidth(network: Network, width: number): Network {
  const scaled = (channels: number) => Math.max(8, Math.round((channels * width) / 8) * 8);
  return mapLayers(network, (layer) => {
    if (layer.kind === "conv") return [{ ...layer, channels: scaled(layer.channels) }];
    if (layer.kind === "is")
      return layer.grid === undefined ? [] : [{ kind: "is", grid: layer.grid }];
    return [layer];
  });
}

/** Adds the auxiliary classifier. */
export function withAuxiliaryHead(network: Network): Network {
  const auxiliary = auxiliaryHead();
  return auxiliary === undefined ? network : { ...network, auxiliary };
}

/** Changes what follows the last convolution. */
export function withHead(
  network: Network,
  head: { classes: number; dropout: number; pooling: "avg" | "max" | "none"; top: boolean },
): Network {
  return mapLayers(network, (layer, parent) => {
    switch (layer.kind) {
      case "global_pool":
        return head.pooling === "none" ? [] : [{ ...layer, pooling: head.pooling }];
      case "dropout":
        return head.top ? [{ ...layer, rate: head.dropout }] : [];
      case "classifier":
        return head.top || parent === "auxiliary" ? [{ ...layer, classes: head.classes }] : [];
      case "stage":
        if (layer.title === "Global average pool" && head.pooling === "max") {
          return [{ ...layer, title: "Global max pool" }];
        }
        return layer.layers.some((one) => one.kind !== "is") ? [layer] : [];
      default:
        return [layer];
    }
  });
}

/** Rebuilds a network bottom up: `change` maps each layer to the layers that take its place. */
function mapLayers(
  network: Network,
  change: (layer: Layer, parent: "main" | "auxiliary") => readonly Layer[],
): Network {
  const all = (layers: readonly Layer[], parent: "main" | "auxiliary"): Layer[] =>
    layers.flatMap((layer) => change(inside(layer, parent), parent));
  const branches = (list: readonly Branch[], parent: "main" | "auxiliary") =>
    list.map((branch) => all(branch, parent));
  const inside = (layer: Layer, parent: "main" | "auxiliary"): Layer => {
    if (layer.kind === "stage") return { ...layer, layers: all(layer.layers, parent) };
    if (layer.kind === "concat" || layer.kind === "residual") {
      return { ...layer, branches: branches(layer.branches, parent) };
    }
    if (layer.kind === "repeat") {
      return {
        ...layer,
        block: { ...layer.block, branches: branches(layer.block.branches, parent) },
      };
    }
    return layer;
  };
  const { auxiliary } = network;
  return {
    ...network,
    layers: all(network.layers, "main"),
    ...(auxiliary && { auxiliary: { ...auxiliary, layers: all(auxiliary.layers, "auxiliary") } }),
  };
}

function readInputSize(size: number | readonly [number, number]): readonly [number, number] {
  const pair = typeof size === "number" ? ([size, size] as const) : size;
  requireRange(
    "inputSize",
    pair.join("x"),
    pair.every((side) => Number.isInteger(side) && side >= minimumInputSize),
    `whole numbers of pixels from ${minimumInputSize}`,
  );
  return pair;
}

function requireRange(option: string, value: unknown, holds: boolean, expected: string): void {
  if (!holds) {
    throw new UsageError(
      "OPTION_RANGE",
      `Option "${option}" is out of range: expected ${expected}, got ${value}`,
    );
  }
}
