/**
 * @file What a text means where weights are asked for: a name, a repository of the hub, or a path.
 */
import { stat } from "node:fs/promises";
import { publishedAs } from "@inception-resnet-v2/core/internal/weights/published.js";
import { parseRepository } from "./hub-cache.js";
import { type PullOptions, pull } from "./pull.js";
import { isShipped } from "./shipped.js";

/** What the names of weight files end in; with such an end a text is a path, there or not. */
const fileEnd = /\.(safetensors|bin|pth|pt|tar|h5|hdf5|keras|index|onnx|json|npz|gz)$|\.ckpt\b/i;

/**
 * Where the weights are that a text names: the path of `imagenet` and the other names of `pull`, and of
 * `owner/name` of the hub where there is no such file, pulled if need be; any other text as it is.
 * Throws as `pull` does.
 */
export async function findWeights(text: string, options: PullOptions = {}): Promise<string> {
  if (isShipped(text)) return text;
  if (publishedAs(text)) return pull(text, options);
  if (fileEnd.test(text) || !parseRepository(text)) return text;
  const isThere = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  // A checkpoint of TensorFlow is named by a prefix of its files.
  if ((await isThere(text)) || (await isThere(`${text}.index`))) return text;
  return pull(text, options);
}
