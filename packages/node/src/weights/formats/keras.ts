/**
 * @file Keras' weight files in all their layouts: which layers they have, and where the variables are.
 *
 *   legacy .h5      attribute layer_names (or layer_names0, 1, ...) in the order of the graph; in each
 *                   layer's group, weight_names: paths of its variables below the group. The released
 *                   files of Keras 2 and `save_weights("x.h5")`; under model_weights, `save("x.h5")`.
 *   .weights.h5     Keras 3: layers/<class>[_<number>]/vars/<number>, numbered for each class in the
 *                   order of the graph; a model in a model has layers/ of its own. Attribute name of vars:
 *                   the layer's. Keras 2.13 had _layer_checkpoint_dependencies in place of layers.
 *   .keras          a zip archive of model.weights.h5, config.json and metadata.json.
 */

import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import type {
  KerasFile,
  KerasLayer,
} from "@inception-resnet-v2/core/internal/weights/formats/keras-file.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { type Hdf5File, readHdf5, type Texts } from "./hdf5/hdf5.js";
import { isZip, readZip } from "./zip/zip.js";

/** Reads a file of any layout; `name` is how messages call it. Throws `ModelError`. */
export function readKeras(bytes: Uint8Array, name: string): KerasFile {
  if (!isZip(bytes)) return kerasFile(readHdf5(bytes, name), name, new Map());
  const failure = readingFailure(name);
  const entries = readZip(bytes, failure);
  const weights = entries.get("model.weights.h5");
  if (!weights) {
    const found =
      entries.size === 0 ? "none" : [...entries.keys()].slice(0, 3).map(quote).join(", ");
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a .keras archive with model.weights.h5, got ${found}`,
    );
  }
  const metadata = new Map<string, string>();
  for (const json of ["metadata.json", "config.json"]) {
    const text = entries.get(json);
    if (text) metadata.set(json, new TextDecoder().decode(text()));
  }
  return kerasFile(readHdf5(weights(), name), name, metadata);
}

function kerasFile(file: Hdf5File, name: string, metadata: ReadonlyMap<string, string>): KerasFile {
  const root = ["", "model_weights"].find((path) => hasNames(file.texts.get(path)));
  const layers = root === undefined ? numberedLayers(file) : listedLayers(file, root, name);
  if (layers.length === 0) {
    const found = [...file.entries.keys()].slice(0, 3).map(quote).join(", ") || "none";
    const problem = `expected layers of Keras with their variables, got ${found}`;
    throw readingFailure(name)("WEIGHTS_FORMAT", problem);
  }
  const paths = layers.flatMap(({ variables }) => [...variables.values()]);
  const entries = new Map(
    paths.flatMap((path) => {
      const entry = file.entries.get(path);
      return entry ? [[path, entry] as const] : [];
    }),
  );
  const texts = new Map([...file.metadata, ...rootTexts(file, root), ...metadata]);
  return { entries, layers, metadata: texts, floats: (path) => file.floats(path) };
}

function hasNames(texts: Texts | undefined): boolean {
  return texts !== undefined && (texts.has("layer_names") || texts.has("layer_names0"));
}

/** Versions stand beside the names of layers. */
function rootTexts(file: Hdf5File, root: string | undefined): [string, string][] {
  return ["keras_version", "backend"].flatMap((key) => {
    const text = file.texts.get(root ?? "")?.get(key)?.[0];
    return text === undefined ? [] : [[key, text] as [string, string]];
  });
}

/** A list of names, which Keras splits where it does not fit one attribute. */
function listOf(texts: Texts | undefined, key: string): string[] {
  const whole = texts?.get(key);
  if (whole) return [...whole];
  const all: string[] = [];
  for (let part = 0; ; part++) {
    const names = texts?.get(`${key}${part}`);
    if (!names) return all;
    for (const name of names) all.push(name);
  }
}

/** Layers of the legacy layout. Those of a model inside of one are told apart by their paths. */
function listedLayers(file: Hdf5File, root: string, name: string): KerasLayer[] {
  const failure = readingFailure(name);
  const layers: KerasLayer[] = [];
  const seen = new Set<string>();
  for (const layer of listOf(file.texts.get(root), "layer_names")) {
    const group = root === "" ? layer : `${root}/${layer}`;
    const byParent = new Map<string, Map<string, string>>();
    for (const weight of listOf(file.texts.get(group), "weight_names")) {
      const path = `${group}/${weight}`;
      if (!file.entries.has(path)) {
        throw failure("WEIGHTS_INCOMPLETE", `expected a dataset ${quote(path)}, got none`);
      }
      if (seen.has(path)) {
        throw failure("WEIGHTS_FORMAT", `expected each variable once, got ${quote(path)} again`);
      }
      seen.add(path);
      const parent = weight.slice(0, Math.max(0, weight.lastIndexOf("/")));
      const variables = byParent.get(parent) ?? new Map<string, string>();
      variables.set(weight.slice(parent.length).replace(/^\//, "").replace(/:\d+$/, ""), path);
      byParent.set(parent, variables);
    }
    for (const [parent, variables] of byParent) {
      const own = byParent.size === 1 ? layer : (parent.split("/").at(-1) ?? parent);
      layers.push({ name: own, variables });
    }
  }
  return layers;
}

interface NumberedLayer {
  /** Its class, and whose layer it is. */
  readonly kind: string;
  readonly number: number;
  readonly name: string;
  /** Entries by number. */
  readonly paths: Map<number, string>;
}

const containers = ["layers", "_layer_checkpoint_dependencies"];

/** Layers of .weights.h5. */
function numberedLayers(file: Hdf5File): KerasLayer[] {
  const found = new Map<string, NumberedLayer>();
  for (const path of file.entries.keys()) {
    const parts = path.split("/");
    const [container = "", layer = "", vars, index = ""] = parts.slice(-4);
    if (!containers.includes(container) || vars !== "vars" || !/^\d+$/.test(index)) continue;
    const group = parts.slice(0, -2).join("/");
    const [suffix = "", number = "0"] = /_(\d+)$/.exec(layer) ?? [];
    const one = found.get(group) ?? {
      kind: group.slice(0, group.length - suffix.length),
      number: Number(number),
      name: file.texts.get(`${group}/vars`)?.get("name")?.[0] ?? layer,
      paths: new Map<number, string>(),
    };
    one.paths.set(Number(index), path);
    found.set(group, one);
  }
  const inOrder = (a: NumberedLayer, b: NumberedLayer) =>
    a.kind === b.kind ? a.number - b.number : a.kind < b.kind ? -1 : 1;
  return [...found.values()].sort(inOrder).map(({ name, paths }) => {
    const sorted = [...paths].sort(([a], [b]) => a - b).map(([, path]) => path);
    const names = variableNames(sorted.map((path) => file.entries.get(path)?.shape.length ?? 0));
    return { name, variables: new Map(sorted.map((path, at) => [names[at] ?? String(at), path])) };
  });
}

/** Names of variables that have only numbers, by their count and ranks. */
function variableNames(ranks: readonly number[]): readonly string[] {
  if ((ranks[0] ?? 0) > 1) return ["kernel", "bias"];
  const norm = ["gamma", "beta", "moving_mean", "moving_variance"];
  return ranks.length === 4 ? norm : ranks.length === 3 ? norm.slice(1) : [];
}
