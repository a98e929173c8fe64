/**
 * @file Which files a TensorFlow checkpoint consists of, whatever part of it a path names.
 *
 *   folder                         what its text file `checkpoint` says is latest, else the only one
 *   model.ckpt                     a checkpoint of the first kind, in one file
 *   model.ckpt                     the prefix of a bundle, or of shards of the first kind
 *   model.ckpt.index, .meta, .data-00000-of-00001          parts of a bundle
 *   model.ckpt-00000-of-00002      a shard of the first kind; the others belong to it
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote, quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { readTfBundle } from "./formats/tensorflow/tf-bundle.js";
import { readTfCheckpoint } from "./formats/tensorflow/tf-checkpoint.js";
import { readWeightBytes } from "./read-file.js";

/** Files of a checkpoint: one, the shards of one, or the index of a bundle. */
export interface TfCheckpointFiles {
  /** The file to begin with; messages call the checkpoint by it. */
  readonly main: string;
  /** Other files of the first kind that belong to it. */
  readonly others: readonly string[];
}

const savedModel = "a SavedModel, whose variables have no names of layers";
const shardSuffix = /-\d{5}-of-(\d{5})$/;
const bundleSuffix = /\.(index|meta|data-\d{5}-of-\d{5})$/;

/**
 * Opens and checks the checkpoint that a path names. Throws `ModelError` when there is none, when
 * one of its files is missing, or when one is damaged.
 */
export async function openTfCheckpoint(path: string): Promise<TensorFile> {
  const { main, others } = await findTfCheckpoint(path);
  const bytes = await readWeightBytes(main);
  if (main.endsWith(".index")) {
    return readTfBundle(bytes, (file) => readIfThere(join(dirname(main), file)), main);
  }
  const files = [bytes];
  for (const other of others) files.push(await readWeightBytes(other));
  return readTfCheckpoint(files, main);
}

/** Finds the files of the checkpoint that a path names. Throws `ModelError` when there are none. */
export async function findTfCheckpoint(path: string): Promise<TfCheckpointFiles> {
  if (basename(path) === "saved_model.pb") throw noCheckpoint(path, savedModel);
  if (await isFolder(path)) return findTfCheckpoint(await latestIn(path));
  const shard = shardSuffix.exec(path);
  const isBundle = bundleSuffix.test(path);
  if (shard && !isBundle) return shardsOf(path.replace(shardSuffix, ""), shard[1] ?? "");
  if (!isBundle && (await isFile(path))) return { main: path, others: [] };
  const prefix = path.replace(bundleSuffix, "");
  if (await isFile(`${prefix}.index`)) return { main: `${prefix}.index`, others: [] };
  const first = (await listFolder(dirname(prefix))).find(
    (file) => file.startsWith(`${basename(prefix)}-00000-of-`) && shardSuffix.test(file),
  );
  const count = first === undefined ? undefined : shardSuffix.exec(first)?.[1];
  if (!isBundle && count !== undefined) return shardsOf(prefix, count);
  throw noCheckpoint(path, `no ${quote(basename(`${prefix}.index`))}`);
}

/** All shards of a checkpoint of the first kind; every one must be there. */
async function shardsOf(prefix: string, count: string): Promise<TfCheckpointFiles> {
  const files: string[] = [];
  for (let at = 0; at < Number(count); at++) {
    files.push(`${prefix}-${String(at).padStart(5, "0")}-of-${count}`);
  }
  const there = new Set(await listFolder(dirname(prefix)));
  const missing = files.map((file) => basename(file)).filter((file) => !there.has(file));
  const [main, ...others] = files;
  if (main !== undefined && missing.length === 0) return { main, others };
  throw noCheckpoint(prefix, `no ${quoteSome(missing)}`);
}

/** The checkpoint of a folder: TensorFlow's own note of the latest one, or the only one there. */
async function latestIn(folder: string): Promise<string> {
  const files = await listFolder(folder);
  if (files.includes("checkpoint")) return latestOf(folder);
  if (files.includes("saved_model.pb")) throw noCheckpoint(folder, savedModel);
  const found = files.filter((file) => /\.(index|ckpt)$/.test(file));
  const [only] = found;
  if (only !== undefined && found.length === 1) return join(folder, only);
  throw noCheckpoint(folder, found.length === 0 ? "a folder without one" : quoteSome(found.sort()));
}

async function latestOf(folder: string): Promise<string> {
  const text = await readFile(join(folder, "checkpoint"), "latin1").catch(() => "");
  const noted = /^\s*model_checkpoint_path\s*:\s*"((?:[^"\\\n]|\\.)*)"/m.exec(text)?.[1];
  if (noted === undefined) {
    throw noCheckpoint(folder, 'a file "checkpoint" without a model_checkpoint_path');
  }
  const path = resolve(folder, readText(noted));
  const inFolder = join(folder, basename(path)); // where it was before the folder moved
  const isThere = (await isFile(path)) || (await isFile(`${path}.index`));
  return isThere ? path : inFolder;
}

/** A string of protocol buffers' text format: UTF-8, with bytes beyond ASCII in octal. */
function readText(text: string): string {
  const bytes = text.replace(/\\([0-7]{1,3}|.)/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8) & 255) : code,
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return (await isFile(path)) ? readWeightBytes(path) : undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function noCheckpoint(path: string, found: string): ModelError {
  return new ModelError(
    "WEIGHTS_MISSING",
    `Cannot read weights "${path}": expected a TensorFlow checkpoint, got ${found}`,
  );
}
