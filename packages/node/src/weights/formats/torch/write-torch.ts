/**
 * @file Parameters to a PyTorch file that `torch.load(weights_only=True)` takes.
 *
 * The zip form (torch.ts), with a dictionary of contiguous tensors, each with a storage of its own.
 * The pickle is of protocol 2, has no memo, and names only what PyTorch's restricted unpickler
 * allows (torch/_weights_only_unpickler.py): OrderedDict, _rebuild_tensor_v2 and storage classes.
 */
import {
  type Shape,
  sizeOf,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  encodeFloats,
  type FloatType,
} from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import { writeWeights } from "../../write-weights.js";
import { type ZipEntry, zipParts } from "../zip/write-zip.js";

/** How to write. */
export interface WriteTorchOptions {
  /** Type of the floats in the file; `F32`. */
  readonly dtype?: FloatType;
  /** Whole numbers that belong in the file: name to value, written as int64 scalars. */
  readonly counters?: ReadonlyMap<string, bigint>;
}

/** A tensor as the pickle names it, and its bytes. */
interface NamedStorage {
  readonly name: string;
  readonly storage: string;
  readonly shape: Shape;
  bytes(): Uint8Array;
}

const storageClasses: Readonly<Record<FloatType, string>> = {
  F32: "FloatStorage",
  F16: "HalfStorage",
  BF16: "BFloat16Storage",
};

/** Where PyTorch's own files have each storage begin, so that they can be mapped into memory. */
const alignment = 64;
const folder = "archive";

function storagesOf(tensors: Tensors, options: WriteTorchOptions): NamedStorage[] {
  const { dtype = "F32", counters = new Map<string, bigint>() } = options;
  const floats = [...tensors].map(([name, { shape, data }]) => ({
    name,
    storage: storageClasses[dtype],
    shape,
    bytes: () => encodeFloats(data, dtype, name),
  }));
  const whole = [...counters].map(([name, value]) => ({
    name,
    storage: "LongStorage",
    shape: [],
    bytes: () => new Uint8Array(BigInt64Array.of(value).buffer),
  }));
  return [...floats, ...whole];
}

function entriesOf(tensors: Tensors, options: WriteTorchOptions): ZipEntry[] {
  const storages = storagesOf(tensors, options);
  const pickle = encodePickle(storages);
  return [
    { name: `${folder}/data.pkl`, bytes: () => pickle },
    { name: `${folder}/byteorder`, bytes: () => Buffer.from("little") },
    ...storages.map(({ bytes }, key) => ({ name: `${folder}/data/${key}`, bytes })),
    { name: `${folder}/version`, bytes: () => Buffer.from("3\n") },
  ];
}

/** OrderedDict of name to tensor; the key of a storage is its index. */
function encodePickle(storages: readonly NamedStorage[]): Buffer {
  const emptyDict = [global("collections", "OrderedDict"), ")R"];
  const items = storages.flatMap(({ name, storage, shape }, key) => [
    text(name),
    global("torch._utils", "_rebuild_tensor_v2"),
    "((",
    text("storage"),
    global("torch", storage),
    text(String(key)),
    text("cpu"),
    integer(sizeOf(shape)),
    "tQ", // the tuple is a persistent id
    integer(0),
    tuple(shape),
    tuple(shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))),
    "\x89", // requires_grad is False
    ...emptyDict, // no hooks
    "tR",
  ]);
  const parts = ["\x80\x02", ...emptyDict, "(", ...items, "u."];
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)),
  );
}

function global(module: string, name: string): string {
  return `c${module}\n${name}\n`;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const head = Buffer.from("X\0\0\0\0", "latin1");
  head.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** BININT, which holds every size below 2 GiB. */
function integer(value: number): Buffer {
  const bytes = Buffer.from("J\0\0\0\0", "latin1");
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function tuple(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from("("), ...values.map(integer), Buffer.from("t")]);
}

/** The bytes of a file in memory. */
export function encodeTorch(tensors: Tensors, options: WriteTorchOptions = {}): Uint8Array {
  return Buffer.concat([...zipParts(entriesOf(tensors, options), { alignment })]);
}

/** The bytes of a file, in parts. Throws `ModelError` as `writeTorch` does. */
export function torchParts(
  tensors: Tensors,
  options: WriteTorchOptions = {},
): Iterable<Uint8Array> {
  return zipParts(entriesOf(tensors, options), { alignment });
}

/**
 * Writes a file beside and renames it, tensor by tensor: no half of it is ever under its final
 * name. The same tensors give the same bytes. Throws `ModelError` when a float does not fit `dtype`
 * or the file would have more than 4 GiB, and `ResourceError` when it cannot be written.
 */
export async function writeTorch(
  path: string,
  tensors: Tensors,
  options: WriteTorchOptions = {},
): Promise<void> {
  await writeWeights(path, torchParts(tensors, options));
}
