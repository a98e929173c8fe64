/**
 * @file PyTorch's files (.pth, .pt, .bin), in both forms of `torch.save`.
 *
 * Zip form, since PyTorch 1.6, names below a common folder, entries stored, data at multiples of 64:
 *
 *   data.pkl      the object, a pickle in which storages are persistent ids with a key
 *   byteorder     "little" or "big"; little where it is absent
 *   data/<key>    the bytes of one storage
 *   version, .format_version, .data/serialization_id, ...   not needed here
 *
 * Legacy form: pickles one after the other (magic number, protocol version, facts of the machine,
 * the object, list of storage keys), then for each key a count of elements in 8 bytes and the
 * elements; all little-endian, whatever the machine was (torch/csrc/serialization.cpp).
 *
 * The object must be a dictionary of tensors, or hold one as training checkpoints do: see
 * torch-state-dict.ts. Names are as the file has them; the prefixes of wrappers such as DataParallel are
 * names, so `sources/` takes them off.
 */
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  type Failure,
  readingFailure,
} from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { quote, quoteSome } from "@inception-resnet-v2/core/internal/weights/quote.js";
import { fileKind } from "@inception-resnet-v2/core/internal/weights/strangers.js";
import { isZip, readZip } from "../zip/zip.js";
import { readPickle } from "./pickle.js";
import { describeValue, type PickleRules } from "./pickle-machine.js";
import { parseStorageId, type StorageId, torchGlobals } from "./torch-globals.js";
import { readStateDict } from "./torch-state-dict.js";
import { elementsOf, TorchStorage } from "./torch-tensor.js";

/** torch/serialization.py: MAGIC_NUMBER and PROTOCOL_VERSION. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/**
 * Checks a whole file; `name` is how messages call it. Tensors are views of `bytes` where they can
 * be. Texts beside the tensors, such as timm's "arch", are the metadata. Throws `ModelError`.
 */
export function readTorch(bytes: Uint8Array, name: string): TensorFile {
  const failure = readingFailure(name);
  const object = isZip(bytes) ? readZipForm(bytes, failure) : readLegacyForm(bytes, failure);
  const { tensors, texts } = readStateDict(object, failure);
  return {
    entries: new Map(
      [...tensors].map(([key, { type, shape }]) => [key, { dtype: type.name, shape }]),
    ),
    metadata: texts,
    floats(key) {
      const tensor = tensors.get(key);
      const floats = tensor && elementsOf(tensor);
      if (floats) return floats;
      throw failure(
        "WEIGHTS_DTYPE",
        `expected numbers in tensor ${quote(key)}, got ${tensor?.type.name ?? "no such tensor"}`,
      );
    },
  };
}

function readZipForm(bytes: Uint8Array, failure: Failure): unknown {
  const entries = readZip(bytes, failure);
  const pickles = [...entries].filter(([one]) => /(^|\/)data\.pkl$/.test(one));
  const [[path = "", pickle] = []] = pickles;
  const folder = path.slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw failure("WEIGHTS_FORMAT", "expected a file of torch.save, got a TorchScript archive");
  }
  if (!pickle || pickles.length > 1) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected one data.pkl in the archive, got ${quoteSome([...entries.keys()]) || "an empty one"}`,
    );
  }
  const bigEndian = isBigEndian(entries.get(`${folder}byteorder`)?.(), failure);
  const storages = new Map<string, TorchStorage>();
  const persistent = (id: unknown) => {
    const { type, key, elements } = parseStorageId(id, failure);
    const known = storages.get(key);
    if (known) return sameStorage(known, { type, key, elements }, failure);
    const data = entries.get(`${folder}data/${key}`)?.();
    if (data?.length !== elements * type.bytes) {
      throw failure(
        "WEIGHTS_OFFSETS",
        `expected ${elements * type.bytes} bytes of storage ${quote(key)}, got ${data?.length ?? "none"}`,
      );
    }
    const storage = new TorchStorage(type, elements, bigEndian, () => data);
    storages.set(key, storage);
    return storage;
  };
  const rules = { globals: torchGlobals(failure), persistent };
  return readPickle(pickle(), 0, rules, failure).value;
}

function isBigEndian(record: Uint8Array | undefined, failure: Failure): boolean {
  const order = record ? Buffer.from(record.subarray(0, 80)).toString("latin1") : "little";
  if (order === "little" || order === "big") return order === "big";
  throw failure("WEIGHTS_FORMAT", `expected byte order "little" or "big", got ${quote(order)}`);
}

/** A storage that was named before, if it is named as before. */
function sameStorage(known: TorchStorage, again: StorageId, failure: Failure): TorchStorage {
  if (known.type === again.type && known.elements === again.elements) return known;
  throw failure(
    "WEIGHTS_PICKLE",
    `expected one type and size for storage ${quote(again.key)}, got ${known.elements} of ${known.type.name} and ${again.elements} of ${again.type.name}`,
  );
}

function readLegacyForm(bytes: Uint8Array, failure: Failure): unknown {
  const globals = torchGlobals(failure);
  let at = readMagic(bytes, globals, failure);
  const next = (rules: PickleRules): unknown => {
    const { value, end } = readPickle(bytes, at, rules, failure);
    at = end;
    return value;
  };
  const version = next({ globals });
  if (version !== protocolVersion) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected protocol ${protocolVersion} of PyTorch's legacy format, got ${describeValue(version)}`,
    );
  }
  next({ globals }); // sizes of types on the machine that wrote: torch.load ignores them too
  const roots = new Map<string, TorchStorage>();
  const data = new Map<string, Uint8Array>();
  const persistent = (id: unknown) => {
    const named = parseStorageId(id, failure);
    const known = roots.get(named.key);
    if (known) return partOf(sameStorage(known, named, failure), named, failure);
    const { type, key, elements } = named;
    const root = new TorchStorage(type, elements, false, () => data.get(key) as Uint8Array);
    roots.set(key, root);
    return partOf(root, named, failure);
  };
  const object = next({ globals, persistent });
  const keys = next({ globals });
  const wanted = new Set(roots.keys());
  for (const key of Array.isArray(keys) ? keys : []) {
    if (!wanted.delete(key as string)) {
      throw failure(
        "WEIGHTS_FORMAT",
        `expected storages of the pickle once, got ${describeValue(key)}`,
      );
    }
    at = readStorage(bytes, at, key as string, { roots, data }, failure);
  }
  if (wanted.size > 0) {
    throw failure(
      "WEIGHTS_FORMAT",
      `expected a list of all storages, got one without ${quoteSome([...wanted])}`,
    );
  }
  return object;
}

/** The end of the pickle that says what kind of file this is. */
function readMagic(bytes: Uint8Array, globals: PickleRules["globals"], failure: Failure): number {
  try {
    const { value, end } = readPickle(bytes, 0, { globals }, failure);
    if (value === magicNumber) return end;
  } catch (error) {
    // a pickle of something else: the name of its global tells more than "no PyTorch file"
    if (!(error instanceof ModelError) || error.code === "WEIGHTS_PICKLE_GLOBAL") throw error;
  }
  if (bytes.length === 0) {
    throw failure("WEIGHTS_EMPTY", "expected a PyTorch file, got an empty one");
  }
  throw failure(
    "WEIGHTS_FORMAT",
    `expected a PyTorch file, got ${fileKind(bytes) ?? "something else"}`,
  );
}

/** Finds the elements of a storage that begins at `at`, and says where they end. */
function readStorage(
  bytes: Uint8Array,
  at: number,
  key: string,
  { roots, data }: { roots: ReadonlyMap<string, TorchStorage>; data: Map<string, Uint8Array> },
  failure: Failure,
): number {
  const { type, elements } = roots.get(key) as TorchStorage;
  const from = at + 8;
  const to = from + elements * type.bytes;
  if (to > bytes.length) {
    throw failure(
      "WEIGHTS_TRUNCATED",
      `expected ${elements * type.bytes} bytes of storage ${quote(key)}, got ${Math.max(0, bytes.length - from)}`,
    );
  }
  const count = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true);
  if (count !== BigInt(elements)) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected ${elements} elements of storage ${quote(key)}, got a count of ${count}`,
    );
  }
  data.set(key, bytes.subarray(from, to));
  return to;
}

/** The part of a storage that a file of PyTorch 0.3 and older names by key, offset and size. */
function partOf(root: TorchStorage, { key, view }: StorageId, failure: Failure): TorchStorage {
  if (view === undefined || view === null) return root;
  const [, offset, size] = Array.isArray(view) ? (view as unknown[]) : [];
  const fits = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!fits(offset) || !fits(size) || offset + size > root.elements) {
    throw failure(
      "WEIGHTS_OFFSETS",
      `expected a part of the ${root.elements} elements of storage ${quote(key)}, got ${describeValue(offset)} and ${describeValue(size)}`,
    );
  }
  const { type } = root;
  const bytes = () => root.bytes().subarray(offset * type.bytes, (offset + size) * type.bytes);
  return new TorchStorage(type, size, false, bytes);
}
