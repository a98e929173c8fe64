/**
 * @file Resolves what callers give as weights to one value that says where they are.
 *
 * This is the one place that gives a text its meaning, in this order:
 *
 *   everyday                       the model of this package
 *   imagenet, keras, ...           published weights, by the names of `pull`
 *   hf:owner/name[@revision]       a repository of the Hugging Face hub
 *   https://..., file://...        an address
 *   a path that exists, or ends as weight files do, or has another form than owner/name
 *   owner/name[@revision]          a repository of the hub, unless `owner` is a folder here
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  publishedAs,
  publishedNames,
} from "@inception-resnet-v2/core/internal/weights/published.js";
import { findInHubCache, parseRepository } from "./hub-cache.js";
import { type PullOptions, pull } from "./pull.js";
import { isShipped, type ShippedName, shippedNames } from "./shipped.js";

/** Where weights are, on this machine or at an address; `name` is what messages call them. */
export type WeightPlace =
  | {
      /** Tag of the union. */
      readonly kind: "shipped";
      /** What messages call it. */
      readonly name: ShippedName;
    }
  /** A file, a folder, or the prefix of a checkpoint's files. */
  | {
      /** Tag of the union. */
      readonly kind: "file";
      /** Path of the file or folder, or the prefix of a checkpoint's files. */
      readonly path: string;
      /** What messages call it. */
      readonly name: string;
    }
  | {
      /** Tag of the union. */
      readonly kind: "url";
      /** The address. */
      readonly url: string;
      /** What messages call it. */
      readonly name: string;
    }
  | {
      /** Tag of the union. */
      readonly kind: "bytes";
      /** The whole file. */
      readonly bytes: Uint8Array;
      /** What messages call it. */
      readonly name: "bytes";
    };

/**
 * Where weights come from: a path, `everyday` for the model of this package, `imagenet` or another name
 * that `pull` knows, `hf:owner/name` or `owner/name` of the Hugging Face hub, also with `@revision`, a
 * `file:` or `http(s):` URL, the bytes themselves, or a place that `resolveWeights` gave. What must be
 * downloaded is. A path comes before a repository of the same name; a file called as a name is
 * `./everyday`.
 */
export type WeightSource = string | URL | Uint8Array | WeightPlace;

/** What the names of weight files end in; with such an end a text is a path, there or not. */
const fileEnd = /\.(safetensors|bin|pth|pt|tar|h5|hdf5|keras|index|onnx|json|npz|gz)$|\.ckpt\b/i;

/** Folders that weights are kept in: whoever writes `models/best` means a path. */
const usualFolder = /^(models?|weights?|checkpoints?|ckpts?|runs?|data|out(put)?s?|exports?|tmp)$/i;

/**
 * Where weights are: pulled names and repositories as files of this machine, downloaded if need be. Throws
 * `UsageError` on a word that names nothing and where a path and a repository share a name, `ModelError`
 * on a path without a file that would be taken for a repository, the reason of the signal, and what
 * `pull` throws.
 */
export async function resolveWeights(
  source: WeightSource,
  options: PullOptions = {},
): Promise<WeightPlace> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array) return { kind: "bytes", bytes: source, name: "bytes" };
  if (source instanceof URL) return placeOfUrl(source);
  if (typeof source !== "string") return source;
  if (isShipped(source)) return { kind: "shipped", name: source };
  if (/^(https?|file):\/\//i.test(source)) return placeOfUrl(new URL(source));
  const path = (await isRemote(source)) ? await pull(source, options) : source;
  return { kind: "file", path, name: source };
}

/** What stands for weights that cannot be found again. */
export const inMemory = "(in memory)";

/** A place in words that `resolveWeights` understands again, from any folder; or `inMemory`. */
export function placeText(place: WeightPlace): string {
  switch (place.kind) {
    case "shipped":
      return place.name;
    case "file":
      return resolve(place.path);
    case "url":
      return place.url;
    case "bytes":
      return inMemory;
  }
}

function placeOfUrl(url: URL): WeightPlace {
  const name = url.href;
  if (url.protocol === "file:") return { kind: "file", path: fileURLToPath(url), name };
  return { kind: "url", url: name, name };
}

/** Whether a text names something to pull rather than a path. */
async function isRemote(text: string): Promise<boolean> {
  if (publishedAs(text)) return true;
  if (text.startsWith("hf:")) {
    if (parseRepository(text.slice(3))) return true;
    throw new UsageError(
      "WEIGHTS_UNKNOWN",
      `Cannot find weights "${text}": expected hf:owner/name or hf:owner/name@revision`,
    );
  }
  const repository = fileEnd.test(text) ? undefined : parseRepository(text);
  // A checkpoint of TensorFlow is named by a prefix of its files.
  const isHere = (await isThere(text)) || (await isThere(`${text}.index`));
  if (isHere && repository && (await findInHubCache(repository))) throw ambiguous(text);
  if (isHere) return false;
  if (/^[\w-]+$/.test(text)) throw unknown(text);
  if (!repository) return false;
  const [folder = ""] = text.split("/");
  if (usualFolder.test(folder) || (await isThere(folder))) throw mistyped(text);
  return true;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A word without dots and slashes is a name more likely than a file. */
function unknown(name: string): UsageError {
  return new UsageError(
    "WEIGHTS_UNKNOWN",
    `Unknown weights "${name}": expected a file, one of ${[...shippedNames, ...publishedNames].join(", ")}, or owner/name of the Hugging Face hub`,
  );
}

function ambiguous(text: string): UsageError {
  return new UsageError(
    "WEIGHTS_AMBIGUOUS",
    `Ambiguous weights "${text}": expected one match, got a local path and a repository in the hub's cache; write ./${text} for the path, hf:${text} for the repository`,
  );
}

function mistyped(path: string): ModelError {
  return new ModelError(
    "WEIGHTS_MISSING",
    `Cannot read weights "${path}": expected a weight file, got no such file; for the repository of the hub write hf:${path}`,
  );
}
