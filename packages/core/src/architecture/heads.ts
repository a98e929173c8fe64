/**
 * @file What follows the last convolution, and what the classifiers of every network are called.
 *
 * A classifier's name is that of its block, of its output, and the start of its parameters' names:
 * `logits/weight`. What else belongs to the auxiliary classifier starts with `aux_`.
 */
import type { Network } from "./layers.js";
import { mapLayers } from "./map-layers.js";

/** The main classifier, at the end. */
export const mainHead = "logits";

/** The auxiliary classifier, beside the body. */
export const auxiliaryHeadName = "aux_logits";

/** Whether a block or parameter of this name is, or belongs to, a classifier's last layer. */
export function isClassifier(name: string): boolean {
  const [block] = name.split("/");
  return block === mainHead || block === auxiliaryHeadName;
}

/** Whether a block or parameter of this name belongs to the auxiliary classifier. */
export function isAuxiliary(name: string): boolean {
  return name.startsWith("aux_");
}

/** What can be asked of the end of a network; what is left out stays as it is. */
export interface Head {
  readonly classes: number;
  readonly dropout?: number | undefined;
  readonly pooling: "avg" | "max" | "none";
  readonly top: boolean;
}

/** Changes what follows the last convolution. */
export function withHead(network: Network, head: Head): Network {
  return mapLayers(network, (layer, parent) => {
    switch (layer.kind) {
      case "global_pool":
        return head.pooling === "none" ? [] : [{ ...layer, pooling: head.pooling }];
      case "dropout":
        return head.top ? [{ ...layer, rate: head.dropout ?? layer.rate }] : [];
      case "classifier":
        return head.top || parent === "auxiliary" ? [{ ...layer, classes: head.classes }] : [];
      case "stage": {
        const pool = layer.layers.find((one) => one.kind === "global_pool");
        if (pool?.pooling === "max") {
          return [{ ...layer, title: layer.title.replace("average", "max") }];
        }
        return layer.layers.some((one) => one.kind !== "is") ? [layer] : [];
      }
      default:
        return [layer];
    }
  });
}
