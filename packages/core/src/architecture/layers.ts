/**
 * @file The vocabulary that the network is written in: small functions that return plain data.
 *
 * `lower.ts` turns the data into a graph. This is the only pair of files that knows that `conv`
 * means convolution, batch norm and ReLU.
 */
import type { Pair } from "../graph/ops.js";

/** Kernel sizes as figures write them: height, then width. */
export type Kernel = `${number}x${number}`;

/** Marks valid padding, as the V in the paper's figures does. */
export const V = Symbol("valid padding");

/** Everything a network can be made of. */
export type Layer =
  | {
      /** Tag of the union. */
      readonly kind: "image";
      /** Input height in pixels. */
      readonly height: number;
      /** Input width in pixels. */
      readonly width: number;
      /** Color channels: 3. */
      readonly channels: number;
    }
  | Convolution
  | {
      /** Tag of the union. */
      readonly kind: "max_pool" | "avg_pool";
      /** Size, stride and padding. */
      readonly window: Sliding;
      /** Name of the layer or block; unnamed layers get slim's names by position. */
      readonly name?: string;
    }
  | {
      /** Tag of the union. */
      readonly kind: "concat";
      /** Name of the layer or block; unnamed layers get slim's names by position. */
      readonly name?: string;
      /** Lists of layers that read the same input. */
      readonly branches: readonly Branch[];
    }
  | Residual
  | {
      /** Tag of the union. */
      readonly kind: "repeat";
      /** Name of the layer or block; unnamed layers get slim's names by position. */
      readonly name: string;
      /** How often. */
      readonly times: number;
      /** The block that is repeated. */
      readonly block: Layer;
    }
  | {
      /** Tag of the union. */
      readonly kind: "stage";
      /** Title as in the paper's figure. */
      readonly title: string;
      /** The layers of the stage. */
      readonly layers: readonly Layer[];
    }
  | {
      /** Tag of the union. */
      readonly kind: "global_pool";
      /** How the grid becomes one vector. */
      readonly pooling: "avg" | "max";
    }
  | {
      /** Tag of the union. */
      readonly kind: "dropout";
      /** Fraction of the features dropped in training. */
      readonly rate: number;
    }
  | {
      /** Tag of the union. */
      readonly kind: "classifier";
      /** Number of classes. */
      readonly classes: number;
      /** Name of the layer or block; unnamed layers get slim's names by position. */
      readonly name: string;
    }
  | Check;

/** A layer that a repeat can number: `name_1`, `name_2`, ... */
export type Block = Extract<Layer, { readonly name?: string }>;

/** Layers that run one after the other, side by side with other branches. */
export type Branch = readonly Layer[];

/** How a kernel moves; `kernel: "grid"` covers whatever grid there is. */
export interface Sliding {
  readonly kernel: Pair | "grid";
  readonly stride: number;
  readonly valid: boolean;
}

/** Convolution without bias, batch norm, ReLU. */
export interface Convolution {
  readonly kind: "conv";
  readonly channels: number;
  readonly window: Sliding;
  readonly name?: string;
}

/** x + scale * up(concat(branches)), then ReLU unless `relu` is false; `up` is 1x1 with bias. */
export interface Residual {
  readonly kind: "residual";
  readonly name?: string;
  readonly scale: number;
  readonly relu: boolean;
  readonly branches: readonly Branch[];
}

/** A statement about the shape here. `undefined` (after a transform) states nothing. */
export interface Check {
  readonly kind: "is";
  readonly grid?: Pair;
  readonly channels?: number;
}

/** A network as a value. Transforms (`transforms.ts`) make others from it. */
export interface Network {
  /** Name of the network. */
  readonly name: string;
  /** The layers, input first. */
  readonly layers: readonly Layer[];
  /** The auxiliary classifier, where the network has one. */
  readonly auxiliary?: AuxiliaryHead;
}

/** The classifier that helps training from inside, after the block that it names. */
export interface AuxiliaryHead {
  /** The block that it reads. */
  readonly after: string;
  /** Its layers, the classifier last. */
  readonly layers: readonly Layer[];
}

interface Options {
  readonly stride?: number;
  readonly name?: string;
}

export const sequence = (name: string, ...layers: Layer[]): Network => ({ name, layers });

export const image = (height: number, width: number, channels: number): Layer => ({
  kind: "image",
  height,
  width,
  channels,
});

export const stage = (title: string, ...layers: Layer[]): Layer => ({
  kind: "stage",
  title,
  layers,
});

/** A convolution unit; padding is "same" unless `V` is given. */
export function conv(
  kernel: Kernel | "grid",
  channels: number,
  ...options: [typeof V, Options?] | [Options?]
): Convolution {
  const { valid, stride, name } = read(options);
  const window = { kernel: kernel === "grid" ? kernel : parse(kernel), stride, valid };
  return { kind: "conv", channels, window, ...name };
}

export function maxPool(kernel: Kernel, ...options: [typeof V, Options?] | [Options?]): Layer {
  const { valid, stride, name } = read(options);
  return { kind: "max_pool", window: { kernel: parse(kernel), stride, valid }, ...name };
}

/** Average pooling that leaves padding out of the mean. */
export function avgPool(kernel: Kernel, ...options: [typeof V, Options?] | [Options?]): Layer {
  const { valid, stride, name } = read(options);
  return { kind: "avg_pool", window: { kernel: parse(kernel), stride, valid }, ...name };
}

/** Branches joined along channels; one that is repeated, or lies in a branch, needs no name. */
export function concat(...parts: [string, ...Branch[]] | Branch[]): Block {
  const [name, ...branches] = parts;
  if (typeof name === "string") return { kind: "concat", name, branches: branches as Branch[] };
  return { kind: "concat", branches: parts as Branch[] };
}

export const residual = (
  options: { scale: number; relu?: boolean; name?: string },
  ...branches: Branch[]
): Residual => ({ kind: "residual", relu: true, ...options, branches });

/** `name_1` to `name_times`, all alike. */
export const repeat = (name: string, times: number, block: Block): Layer => ({
  kind: "repeat",
  name,
  times,
  block,
});

export const globalAvgPool = (): Layer => ({ kind: "global_pool", pooling: "avg" });

export const dropout = (rate: number): Layer => ({ kind: "dropout", rate });

/** A dense layer with bias; a grid that is left is flattened first. */
export const classifier = (classes: number, name = "logits"): Layer => ({
  kind: "classifier",
  classes,
  name,
});

/** States the shape here: height, width, channels, or the channels alone. Building checks it. */
export const is = (...shape: [number, number, number] | [number]): Check =>
  shape.length === 3
    ? { kind: "is", grid: [shape[0], shape[1]], channels: shape[2] }
    : { kind: "is", channels: shape[0] };

function read(options: readonly (typeof V | Options | undefined)[]) {
  const { stride = 1, name } = options.find((one) => typeof one === "object") ?? {};
  return { valid: options.includes(V), stride, name: name === undefined ? {} : { name } };
}

function parse(kernel: Kernel): Pair {
  const [height, width] = kernel.split("x").map(Number);
  return [height ?? 1, width ?? 1];
}
