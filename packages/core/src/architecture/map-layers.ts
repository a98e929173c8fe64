/**
 * @file The walk that every transform of a network makes.
 */
import type { Branch, Layer, Network } from "./layers.js";

/** Which of a network's two lists of layers a layer is in. */
export type Part = "main" | "auxiliary";

/** Rebuilds a network bottom up: `change` maps each layer to the layers that take its place. */
export function mapLayers(
  network: Network,
  change: (layer: Layer, part: Part) => readonly Layer[],
): Network {
  const all = (layers: Branch, part: Part): Layer[] =>
    layers.flatMap((layer) => inside(layer, part).flatMap((one) => change(one, part)));
  const inside = (layer: Layer, part: Part): Layer[] => {
    switch (layer.kind) {
      case "stage":
        return [{ ...layer, layers: all(layer.layers, part) }];
      case "concat":
      case "residual":
        return [{ ...layer, branches: layer.branches.map((branch) => all(branch, part)) }];
      case "repeat":
        return all([layer.block], part).map((block) => ({ ...layer, block }));
      default:
        return [layer];
    }
  };
  const { auxiliary } = network;
  return {
    ...network,
    layers: all(network.layers, "main"),
    ...(auxiliary && { auxiliary: { ...auxiliary, layers: all(auxiliary.layers, "auxiliary") } }),
  };
}
