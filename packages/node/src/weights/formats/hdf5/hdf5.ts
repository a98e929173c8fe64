/**
 * @file HDF5 files, of which this reads what Keras and h5py write: groups of either kind, texts as
 * attributes, and tensors of floats that are contiguous, compact or in chunks (gzip, shuffle).
 *
 * "HDF5 File Format Specification Version 3.0", https://support.hdfgroup.org/documentation. Why not
 * the HDF5 library in WebAssembly: it takes 15 MB, and damaged files abort it or keep it busy for
 * ever. Here, a damaged or hostile file gives a `ModelError`; no other file is ever opened.
 */
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import {
  decodeFloats,
  type FloatType,
} from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type {
  TensorEntry,
  TensorFile,
} from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { fileKind } from "@inception-resnet-v2/core/internal/weights/strangers.js";
import { readTexts, type Texts } from "./attributes.js";
import { Hdf5Bytes } from "./bytes.js";
import { type Layout, readData, readFilters } from "./data.js";
import { readLinks } from "./groups.js";
import { isHdf5, type Message, messageTypes, readMessages, readSuperblock } from "./headers.js";
import { GlobalHeaps } from "./heaps.js";
import { readDataspace, readDatatype } from "./types.js";

export type { Texts } from "./attributes.js";

/** A checked file; datasets are entries under their full paths, such as `a/b/kernel:0`. */
export interface Hdf5File extends TensorFile {
  /** Attributes of groups and datasets that are texts, by full path; the root's is "". */
  readonly texts: ReadonlyMap<string, Texts>;
}

interface Dataset extends TensorEntry {
  readonly layout: Layout;
}

/** Groups in groups that are followed. */
const deepest = 32;

/** Types of elements that are floats, by their names; bfloat16 as Keras marks it. */
const floatTypes: Readonly<Record<string, FloatType>> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
};

/**
 * Reads a file's structure; `name` is how messages call it. Throws `ModelError` when it is damaged
 * or uses what this reader lacks, which the message names.
 */
export function readHdf5(bytes: Uint8Array, name: string): Hdf5File {
  const failure = readingFailure(name);
  if (!isHdf5(bytes)) {
    const found = bytes.length === 0 ? "an empty one" : (fileKind(bytes) ?? "other bytes");
    throw failure("WEIGHTS_FORMAT", `expected an HDF5 file, got ${found}`);
  }
  const file = new Hdf5Bytes(bytes, failure);
  const { datasets, texts } = readTree(file);
  const metadata = new Map<string, string>();
  for (const [key, values] of texts.get("") ?? []) {
    if (values.length === 1) metadata.set(key, values[0] ?? "");
  }
  return {
    entries: datasets,
    texts,
    metadata,
    floats: (path) => floatsOf(file, path, datasets.get(path)),
  };
}

interface Tree {
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly texts: ReadonlyMap<string, Texts>;
}

/** All objects of a file, each of which must be in one place only. */
function readTree(file: Hdf5Bytes): Tree {
  const datasets = new Map<string, Dataset>();
  const texts = new Map<string, Texts>();
  const heaps = new GlobalHeaps(file);
  const seen = new Map<number | undefined, string>();
  const visit = (path: string, address: number | undefined, depth: number): void => {
    const before = seen.get(address);
    if (before !== undefined) {
      throw file.unsupported("a tree of groups", `${quote(path)} that is ${quote(before)} too`);
    }
    if (depth > deepest) throw file.unsupported(`groups ${deepest} deep at most`, "deeper ones");
    file.spend(path.length);
    seen.set(address, path);
    const messages = readMessages(file, address, path);
    const found = readTexts(file, messages, heaps);
    if (found.size > 0) texts.set(path, found);
    const links = readLinks(file, messages);
    for (const link of links ?? []) {
      visit(path === "" ? link.name : `${path}/${link.name}`, link.address, depth + 1);
    }
    const dataset = links ? undefined : readDataset(messages, found);
    if (dataset) datasets.set(path, dataset);
  };
  visit("", readSuperblock(file), 0);
  return { datasets, texts };
}

/** A dataset by its messages; nothing where the object is none, but a type with a name. */
function readDataset(messages: readonly Message[], texts: Texts): Dataset | undefined {
  const bodyOf = (type: number) => messages.find((message) => message.type === type)?.body;
  const type = bodyOf(messageTypes.datatype);
  const space = bodyOf(messageTypes.dataspace);
  const layout = bodyOf(messageTypes.layout);
  if (!type || !space || !layout) return undefined;
  const shape = readDataspace(space);
  const { name, size } = readDatatype(type);
  const filters = bodyOf(messageTypes.filters);
  const isBrain = name === "opaque2" && texts.get("dtype")?.[0] === "bfloat16";
  return {
    dtype: isBrain ? "bfloat16" : name,
    shape,
    layout: {
      shape,
      elementBytes: size,
      message: layout,
      filters: filters ? readFilters(filters) : [],
      isExternal: bodyOf(messageTypes.externalFiles) !== undefined,
    },
  };
}

function floatsOf(file: Hdf5Bytes, path: string, dataset: Dataset | undefined): Float32Array {
  if (!dataset) throw file.damaged(`a dataset ${quote(path)}`, "none");
  const type = floatTypes[dataset.dtype];
  if (type === undefined) {
    throw file.failure(
      "WEIGHTS_DTYPE",
      `expected float32, float16 or bfloat16 for tensor ${quote(path)}, got ${dataset.dtype}`,
    );
  }
  try {
    return decodeFloats(readData(file, dataset.layout), type);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new ModelError(cause.code, `${cause.message} for tensor ${quote(path)}`, { cause });
  }
}
