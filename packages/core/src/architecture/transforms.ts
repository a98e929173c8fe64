/**
 * @file Networks made from a network: other classes, input sizes, widths, heads.
 *
 * Each function takes the value and returns a new one; nothing here lowers or runs anything.
 */

import { UsageError } from "../errors.js";
import { numbers, outOfRange, requireRanges } from "../ranges.js";
import {
  type Architecture,
  type ArchitectureName,
  findArchitecture,
  publishedShape,
} from "./architecture.js";
import { withHead } from "./heads.js";
import type { AuxiliaryHead, Network } from "./layers.js";
import { mapLayers } from "./map-layers.js";

/** What can be asked of a network. Everything left out is as published. */
export interface NetworkOptions {
  /**
   * Which network of the family.
   * @defaultValue inception_resnet_v2
   */
  readonly arch?: ArchitectureName | undefined;
  /**
   * Number of classes of the main and the auxiliary classifier, from 1.
   * @defaultValue 1000
   */
  readonly classes?: number | undefined;
  /**
   * Input height and width in pixels, at least the architecture's smallest (75); a number means
   * a square.
   * @defaultValue 299
   */
  readonly inputSize?: number | readonly [height: number, width: number] | undefined;
  /**
   * Factor of the channels of every convolution, above 0 and at most 8; channels are rounded to
   * multiples of 8.
   * @defaultValue 1
   */
  readonly width?: number | undefined;
  /**
   * Fraction of the features that training drops before the classifier, from 0 and below 1.
   * @defaultValue that of the architecture: 0.2
   */
  readonly dropout?: number | undefined;
  /**
   * Adds the auxiliary classifier, which needs an input of at least 107 pixels.
   * @defaultValue false
   */
  readonly auxiliary?: boolean | undefined;
  /**
   * Whether the network has a classifier; without one it ends in features.
   * @defaultValue true
   */
  readonly top?: boolean | undefined;
  /**
   * How the grid becomes one vector; `none` (only without top) keeps the grid.
   * @defaultValue avg
   */
  readonly pooling?: "avg" | "max" | "none" | undefined;
}

const ranges = {
  classes: numbers.countFrom1,
  width: {
    expected: "a number above 0 and at most 8",
    holds: (value: number) => value > 0 && value <= 8,
  },
  dropout: numbers.share,
};

/** A network with the options applied. Throws `UsageError` on an option out of range. */
export function configureNetwork(options: NetworkOptions = {}): Network {
  const { classes = 1000, width = 1, dropout, pooling = "avg", top = true } = options;
  const architecture = findArchitecture(options.arch);
  const published = publishedShape(architecture).inputSize;
  const [height, breadth] = readInputSize(options.inputSize ?? published, architecture);
  requireRanges({ classes, width, dropout }, ranges);
  require("pooling", pooling, !top || pooling !== "none", "avg or max with a classifier");
  let network = architecture.network();
  if (options.auxiliary === true) {
    network = withAuxiliaryHead(network, auxiliaryOf(architecture, height, breadth));
  }
  if (height !== published[0] || breadth !== published[1]) {
    network = withInputSize(network, height, breadth);
  }
  if (width !== 1) network = withWidth(network, width);
  return withHead(network, { classes, dropout, pooling, top });
}

function auxiliaryOf(architecture: Architecture, height: number, width: number): AuxiliaryHead {
  const { auxiliary, smallestInput, name } = architecture;
  if (auxiliary === undefined) {
    throw new UsageError(
      "OPTION_RANGE",
      `Option "auxiliary" is out of range: expected false for ${name}, which has no auxiliary classifier, got true`,
    );
  }
  require("inputSize", [height, width], Math.min(height, width) >=
    smallestInput.auxiliary, `at least ${smallestInput.auxiliary} pixels a side for the auxiliary classifier`);
  return auxiliary();
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

/** Adds an auxiliary classifier. */
export function withAuxiliaryHead(network: Network, auxiliary: AuxiliaryHead): Network {
  return { ...network, auxiliary };
}

function readInputSize(
  size: number | readonly [number, number],
  { smallestInput }: Architecture,
): readonly [number, number] {
  const pair = typeof size === "number" ? ([size, size] as const) : size;
  require("inputSize", pair, pair.every(
    (side) => Number.isInteger(side) && side >= smallestInput.body,
  ), `whole numbers of pixels from ${smallestInput.body}`);
  return pair;
}

function require(option: string, value: unknown, holds: boolean, expected: string): void {
  if (!holds) throw outOfRange(option, expected, value);
}
