/**
 * @file A weight file of any program as tensors by name; its content tells which program's it is.
 *
 * A reader is imported when a file of its format comes: threads start without the others.
 */
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type Failure,
  readingFailure,
} from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import type {
  FileFormat,
  OpenedWeights,
} from "@inception-resnet-v2/core/internal/weights/opened.js";
import { quote, quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { fileKind } from "@inception-resnet-v2/core/internal/weights/strangers.js";
import { fetchWeights } from "./fetch.js";
import { isTfTable } from "./formats/tensorflow/tf-table.js";
import { isTfjs, readTfjs } from "./formats/tfjs.js";
import { isZip, readZip } from "./formats/zip/zip.js";
import type { WeightPlace } from "./place.js";
import type { PullOptions } from "./pull.js";
import { readWeightBytes } from "./read-file.js";
import { readShipped } from "./shipped.js";

const allFormats = "safetensors, PyTorch, Keras, TensorFlow, TensorFlow.js or ONNX";

/**
 * Opens and checks a weight file, in the calling thread, which may take a second; `format` says what it
 * is where its content shall not. Throws `ModelError` when it cannot be read, or is damaged.
 */
export async function openWeights(
  place: WeightPlace,
  format?: FileFormat,
  options: PullOptions = {},
): Promise<OpenedWeights> {
  const { name } = place;
  const path = place.kind === "file" ? place.path : undefined;
  if (path !== undefined) {
    const kind = format ?? (await formatOfPath(path));
    if (kind === "tensorflow") {
      const { openTfCheckpoint } = await import("./tf-checkpoint-files.js");
      return { format: kind, file: await openTfCheckpoint(path) };
    }
    if (kind === "tfjs") return openTfjs(path, name);
  }
  const bytes = await readPlace(place, options);
  switch (format ?? formatOfBytes(bytes, name)) {
    case "torch": {
      const { readTorch } = await import("./formats/torch/torch.js");
      return { format: "torch", file: readTorch(bytes, name) };
    }
    case "keras": {
      const { readKeras } = await import("./formats/keras.js");
      return { format: "keras", file: readKeras(bytes, name) };
    }
    case "tensorflow": {
      const { readTfCheckpoint } = await import("./formats/tensorflow/tf-checkpoint.js");
      return { format: "tensorflow", file: readTfCheckpoint(bytes, name) };
    }
    case "onnx": {
      const { readOnnx } = await import(
        "@inception-resnet-v2/core/internal/weights/formats/onnx.js"
      );
      return {
        format: "onnx",
        file: readOnnx(bytes, name, path === undefined ? undefined : besideOf(path, name)),
        bytes,
        folder: path === undefined ? undefined : dirname(path),
      };
    }
    case "tfjs":
      return path === undefined ? refuseTfjs(name) : openTfjs(path, name);
    default:
      return { format: "safetensors", file: readSafetensors(bytes, name) };
  }
}

/** All bytes, in an `ArrayBuffer` that nobody else holds; bytes that were given are taken away. */
async function readPlace(place: WeightPlace, options: PullOptions): Promise<Uint8Array> {
  switch (place.kind) {
    case "shipped":
      return readShipped(place.name);
    case "file":
      return readWeightBytes(place.path);
    case "url":
      return fetchWeights(place.url, options);
    case "bytes":
      return place.bytes;
  }
}

/** What a path tells by itself: folders, and names of which a file is only a part. */
async function formatOfPath(path: string): Promise<FileFormat | undefined> {
  const isThere = (one: string) =>
    stat(one).then(
      (stats) => (stats.isDirectory() ? "folder" : "file"),
      () => undefined,
    );
  const kind = await isThere(path);
  if (kind === "folder") return (await isThere(join(path, "model.json"))) ? "tfjs" : "tensorflow";
  if (/\.(index|meta|data-\d{5}-of-\d{5})$|saved_model\.pb$/.test(path)) return "tensorflow";
  if (kind === "file") return /-\d{5}-of-\d{5}$/.test(path) ? "tensorflow" : undefined;
  return (await isThere(`${path}.index`)) ? "tensorflow" : undefined;
}

/** What the first bytes tell. Throws `ModelError` where it is no file of weights. */
function formatOfBytes(bytes: Uint8Array, name: string): FileFormat {
  const starts = (...start: readonly number[]) => start.every((byte, at) => bytes[at] === byte);
  const failure = readingFailure(name);
  if (isZip(bytes)) return formatOfZip(bytes, failure);
  if (starts(0x89, 0x48, 0x44, 0x46)) return "keras";
  if (starts(0x80) && (bytes[1] ?? 9) <= 5) return "torch";
  if (isTfTable(bytes)) return "tensorflow";
  if (isTfjs(bytes)) return "tfjs";
  if (bytes[8] === brace) return "safetensors"; // behind the length of its header
  if (starts(0x08) && (bytes[1] ?? 0) < 32) return "onnx"; // ir_version
  if (bytes.length === 0) {
    throw failure("WEIGHTS_EMPTY", `expected weights of ${allFormats}, got an empty file`);
  }
  const kind = fileKind(bytes) ?? "a file that is none of these, or not whole";
  throw failure("WEIGHTS_FORMAT", `expected weights of ${allFormats}, got ${kind}`);
}

const brace = 0x7b;

function formatOfZip(bytes: Uint8Array, failure: Failure): FileFormat {
  const names = [...readZip(bytes, failure).keys()];
  if (names.includes("model.weights.h5")) return "keras";
  if (names.some((one) => /(^|\/)data\.pkl$/.test(one))) return "torch";
  const isExported = names.some((one) => one.endsWith("archive_format"));
  const kind = isExported ? "an archive of torch.export" : "a zip archive";
  const some = quoteSome(names) || "nothing";
  throw failure("WEIGHTS_FORMAT", `expected weights of ${allFormats}, got ${kind} with ${some}`);
}

async function openTfjs(path: string, name: string): Promise<OpenedWeights> {
  const stats = await stat(path).catch(() => undefined);
  const json = stats?.isDirectory() ? join(path, "model.json") : path;
  const load = (shard: string) =>
    readWeightBytes(`./${join(dirname(json), shard)}`.replace(/^\.\/\//, "/")).catch(
      (error: unknown) => {
        if (error instanceof ModelError && error.code === "WEIGHTS_MISSING") return undefined;
        throw error;
      },
    );
  return { format: "tfjs", file: await readTfjs(await readWeightBytes(json), load, name) };
}

function refuseTfjs(name: string): never {
  throw new ModelError(
    "WEIGHTS_INCOMPLETE",
    `Cannot read weights "${name}": expected the path of model.json with its shards beside it, got bytes`,
  );
}

/** Reads files beside a path, each once, for the external data of ONNX. */
function besideOf(path: string, name: string): (location: string) => Uint8Array {
  const read = new Map<string, Uint8Array>();
  return (location) => {
    try {
      const bytes = read.get(location) ?? readFileSync(join(dirname(path), location));
      read.set(location, bytes);
      return bytes;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new ModelError(
        code === "ENOENT" ? "WEIGHTS_MISSING" : "WEIGHTS_UNREADABLE",
        `Cannot read weights "${name}": expected the file ${quote(location)} beside it, got ${code === "ENOENT" ? "no such file" : code}`,
        { cause },
      );
    }
  };
}
