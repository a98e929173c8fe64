/**
 * @file From the network as written to the graph that runs.
 *
 * Names are paths made from what is written, by slim's scheme, so that they do not depend on the
 * order of building: in a branch of several layers the stride-1 ones are `0a`, `0b`, `0c` and the
 * stride-2 one is `1a`; a lone 1x1 has no letter. Example: `mixed_5b/branch_2/conv2d_0c_3x3`. What is
 * joined inside a branch is named likewise: `inception_c_1/branch_1/concat_0b/branch_0/conv2d_1x3`.
 */
import { GraphError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import type { Graph, Stage, Value } from "../graph/ir.js";
import type { Pair, Window } from "../graph/ops.js";
import { formatShape } from "../tensor/tensor.js";
import { isAuxiliary, mainHead } from "./heads.js";
import type { Branch, Check, Convolution, Layer, Network, Residual, Sliding } from "./layers.js";

/** slim, Keras and timm all use this for batch norm; PyTorch's own default would be 1e-5. */
const batchNormEpsilon = 1e-3;

/** How to lower a network. */
export interface LowerOptions {
  /**
   * Batch size written into the shapes.
   * @defaultValue 1
   */
  readonly batch?: number;
  /**
   * Give each batch norm a learned scale (gamma), as timm's and PyTorch's do.
   * @defaultValue false, as released
   */
  readonly batchNormScale?: boolean;
}

/**
 * Lowers a network to a graph with input `image` [batch, 3, height, width] and outputs `features`
 * (the pooled or unpooled end of the body), `logits` and `aux_logits` where the network has them.
 * Throws `GraphError` when a shape statement in the network does not hold.
 */
export function lower(network: Network, options: LowerOptions = {}): Graph {
  const lowering = new Lowering(network, options);
  return lowering.run();
}

class Lowering {
  readonly #graph = new GraphBuilder();
  readonly #network: Network;
  readonly #batch: number;
  readonly #batchNormScale: boolean;
  readonly #blocks = new Map<string, Value>();
  readonly #outputs = new Map<string, Value>();
  readonly #stages: Stage[] = [];

  constructor(network: Network, { batch = 1, batchNormScale = false }: LowerOptions) {
    this.#network = network;
    this.#batch = batch;
    this.#batchNormScale = batchNormScale;
  }

  run(): Graph {
    const end = this.#sequence(this.#network.layers, undefined, "");
    if (!this.#outputs.has(mainHead)) this.#outputs.set("features", end);
    return this.#graph.finish(this.#network.name, this.#outputs, this.#blocks, this.#stages);
  }

  #sequence(layers: Branch, start: Value | undefined, path: string): Value {
    let x = start;
    layers.forEach((layer, index) => {
      x = this.#layer(layer, x, path, layers.length > 1 ? letterName(layers, index) : undefined);
    });
    if (!x)
      throw new GraphError(
        "ARCHITECTURE_INVALID",
        `Cannot build "${this.#network.name}": it has no layers`,
      );
    return x;
  }

  #layer(layer: Layer, x: Value | undefined, path: string, letter?: string): Value {
    if (layer.kind === "image") {
      const { channels, height, width } = layer;
      return this.#graph.input("image", [this.#batch, channels, height, width]);
    }
    if (layer.kind === "stage") return this.#stage(layer.title, layer.layers, x);
    if (!x)
      throw new GraphError("ARCHITECTURE_INVALID", `Cannot build a ${layer.kind} before the image`);
    switch (layer.kind) {
      case "conv":
        return this.#block(
          this.#conv(layer, x, join(path, unitName("conv2d", layer, letter))),
          path,
        );
      case "max_pool":
      case "avg_pool": {
        const name = join(path, unitName(layer.kind.replace("_", ""), layer, letter));
        return this.#block(
          this.#graph.add(layer.kind, name, [x], window(layer.window, x)),
          path,
          name,
        );
      }
      case "concat": {
        const name = join(path, layer.name ?? ["concat", letter].filter(Boolean).join("_"));
        const joined = this.#branches(layer.branches, x, name);
        return this.#block(this.#graph.add("concat", name, joined, {}), path, name);
      }
      case "residual":
        return this.#residual(layer, x, path, join(path, layer.name ?? "residual"));
      case "repeat": {
        let y = x;
        for (let i = 1; i <= layer.times; i++) {
          const block = { ...layer.block, name: `${layer.name}_${i}` };
          y = this.#layer(block, y, path);
        }
        return y;
      }
      case "global_pool": {
        const y = this.#graph.add(`global_${layer.pooling}_pool`, `${layer.pooling}_pool`, [x], {});
        return this.#block(y, path);
      }
      case "dropout": {
        this.#outputs.set("features", x);
        return this.#graph.add("dropout", "dropout", [x], { rate: layer.rate });
      }
      case "classifier":
        return this.#classifier(layer.name, layer.classes, x);
      case "is":
        check(layer, x);
        return x;
    }
  }

  #stage(title: string, layers: readonly Layer[], x: Value | undefined): Value {
    const before = new Set(this.#blocks.keys());
    const y = this.#sequence(layers, x, "");
    const blocks = [...this.#blocks.keys()].filter(
      (name) => !before.has(name) && !isAuxiliary(name),
    );
    const repeats = layers.some((layer) => layer.kind === "repeat") ? blocks.length : 1;
    this.#stages.push({ title, times: repeats, blocks });
    return y;
  }

  #conv({ channels, window: sliding }: Convolution, x: Value, name: string): Value {
    const { kernel, stride, padding } = window(sliding, x);
    const shape = [channels, x.shape[1] ?? 0, ...kernel];
    const weight = this.#graph.parameter(`${name}/weight`, shape, "weight");
    const y = this.#graph.add("conv2d", `${name}/conv`, [x, weight], { stride, padding });
    return this.#graph.add("relu", `${name}/relu`, [this.#batchNorm(y, name)], {});
  }

  #batchNorm(x: Value, name: string): Value {
    const shape = [x.shape[1] ?? 0];
    const beta = this.#graph.parameter(`${name}/beta`, shape, "beta");
    const mean = this.#graph.parameter(`${name}/moving_mean`, shape, "moving_mean");
    const variance = this.#graph.parameter(`${name}/moving_variance`, shape, "moving_variance");
    const gamma = this.#batchNormScale
      ? this.#graph.parameter(`${name}/gamma`, shape, "gamma")
      : undefined;
    const inputs = [x, beta, mean, variance, gamma];
    return this.#graph.add("batch_norm", `${name}/batch_norm`, inputs, {
      epsilon: batchNormEpsilon,
    });
  }

  #residual({ branches, scale, relu }: Residual, x: Value, path: string, name: string): Value {
    const joined = this.#graph.add(
      "concat",
      `${name}/concat`,
      this.#branches(branches, x, name),
      {},
    );
    const channels = x.shape[1] ?? 0;
    const shape = [channels, joined.shape[1] ?? 0, 1, 1];
    const weight = this.#graph.parameter(`${name}/up/weight`, shape, "weight");
    const bias = this.#graph.parameter(`${name}/up/bias`, [channels], "bias");
    const once = { stride: [1, 1], padding: [0, 0] } as const;
    let up = this.#graph.add("conv2d", `${name}/up/conv`, [joined, weight, bias], once);
    if (scale !== 1) up = this.#graph.add("scale", `${name}/scale`, [up], { factor: scale });
    const sum = this.#graph.add("add", `${name}/add`, [x, up], {});
    return this.#block(relu ? this.#graph.add("relu", `${name}/relu`, [sum], {}) : sum, path, name);
  }

  #branches(branches: readonly Branch[], x: Value, name: string): Value[] {
    return branches.map((branch, index) => this.#sequence(branch, x, `${name}/branch_${index}`));
  }

  #classifier(name: string, classes: number, x: Value): Value {
    const flat = x.shape.length === 4 ? this.#graph.add("flatten", `${name}/flatten`, [x], {}) : x;
    const weight = this.#graph.parameter(`${name}/weight`, [classes, flat.shape[1] ?? 0], "weight");
    const bias = this.#graph.parameter(`${name}/bias`, [classes], "bias");
    const y = this.#graph.add("linear", name, [flat, weight, bias], {});
    this.#outputs.set(name, y);
    return this.#block(y, "", name);
  }

  /** Notes the end of a named block, and hangs the auxiliary head on it where it belongs. */
  #block(value: Value, path: string, name = value.name.replace(/\/relu$/, "")): Value {
    if (path !== "") return value;
    this.#blocks.set(name, value);
    const { auxiliary } = this.#network;
    if (auxiliary?.after === name) this.#sequence(auxiliary.layers, value, "");
    return value;
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/** `0a`, `0b` ... by position, `1a` for the layer that reduces the grid. */
function letterName(layers: Branch, index: number): string {
  const layer = layers[index];
  const strided = layer && "window" in layer && layer.window.stride > 1;
  return strided ? "1a" : `0${String.fromCharCode(97 + index)}`;
}

function unitName(
  kind: string,
  layer: { readonly window: Sliding; readonly name?: string },
  letter: string | undefined,
): string {
  if (layer.name !== undefined) return layer.name;
  const place = letter ?? (layer.window.stride > 1 ? "1a" : undefined);
  const kernel = layer.window.kernel === "grid" ? "grid" : layer.window.kernel.join("x");
  return [kind, place, kernel].filter(Boolean).join("_");
}

/** The window on a value: `grid` becomes the grid it meets, same padding becomes a number. */
function window({ kernel, stride, valid }: Sliding, x: Value): Window {
  const [, , height = 1, width = 1] = x.shape;
  const size: Pair = kernel === "grid" ? [height, width] : kernel;
  const padding: Pair = valid ? [0, 0] : [(size[0] - 1) / 2, (size[1] - 1) / 2];
  return { kernel: size, stride: [stride, stride], padding };
}

function check({ grid, channels }: Check, x: Value): void {
  const [, c = 0, height, width] = x.shape;
  const fits =
    (grid === undefined || (grid[0] === height && grid[1] === width)) &&
    (channels === undefined || channels === c);
  if (fits) return;
  const expected = [...(grid ?? []), channels ?? "any"].join("x");
  const found = formatShape(height === undefined ? [c] : [height, width ?? 0, c]);
  throw new GraphError(
    "ARCHITECTURE_SHAPE",
    `Cannot build "${x.name}": expected ${expected} here, inferred ${found}`,
  );
}
