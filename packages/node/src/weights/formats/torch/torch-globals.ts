/**
 * @file What a pickle of PyTorch may refer to, and what each of these is here: the closed table.
 *
 * Names and arguments: torch/_utils.py, torch/_tensor.py, torch/serialization.py. Parameters are
 * their tensors; hooks, devices, `requires_grad` and attributes are dropped. What
 * checkpoints name beside tensors is in harmless-globals.ts.
 */
import type { Failure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { harmlessGlobals } from "./harmless-globals.js";
import { describeValue } from "./pickle-machine.js";
import {
  TorchStorage,
  TorchTensor,
  type TorchType,
  torchTypes,
  viewStorage,
} from "./torch-tensor.js";

/** The class of a storage, which tells the type of its elements. */
class StorageClass {
  constructor(readonly type: TorchType) {}
}

/** A storage as a pickle names it. */
export interface StorageId {
  readonly type: TorchType;
  readonly key: string;
  /** Number of elements. */
  readonly elements: number;
  /** What older files say of a part of a storage: its key, first element and number of elements. */
  readonly view?: unknown;
}

const storageClasses: Readonly<Record<string, string>> = {
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  DoubleStorage: "float64",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
  ComplexFloatStorage: "complex64",
  ComplexDoubleStorage: "complex128",
};

/** Most pairs that dictionaries are made from in one file: a list can be given again and again. */
const pairsLimit = 1_000_000;

/** The table for one file. */
export function torchGlobals(failure: Failure): ReadonlyMap<string, unknown> {
  const wrong = (expected: string, value: unknown) =>
    failure("WEIGHTS_PICKLE", `expected ${expected}, got ${describeValue(value)}`);
  const view = (storage: unknown, offset: unknown, size: unknown, stride: unknown) => {
    if (!(storage instanceof TorchStorage)) throw wrong("a storage for a tensor", storage);
    return viewStorage(storage, storage.type, { offset, size, stride }, failure);
  };
  const viewWithFlags = (...args: unknown[]) => {
    const [storage, offset, size, stride, , , flags] = args;
    // lazily negated or conjugated: its bytes are not its values
    if (flags instanceof Map && flags.size > 0) throw wrong("a tensor without flags", flags);
    return view(storage, offset, size, stride);
  };
  const viewAs = (...args: unknown[]) => {
    const [storage, offset, size, stride, , , type] = args;
    if (!(storage instanceof TorchStorage)) throw wrong("a storage for a tensor", storage);
    const known = torchTypes.find((one) => one === type);
    if (!known) throw wrong("a type of numbers for a tensor", type);
    return viewStorage(storage, known, { offset, size, stride }, failure);
  };
  const parameter = (data: unknown) => {
    if (!(data instanceof TorchTensor)) throw wrong("a tensor for a parameter", data);
    return data;
  };
  const rebuilders = new Map<string, (...args: unknown[]) => TorchTensor>([
    ["torch._utils._rebuild_tensor", view],
    ["torch._utils._rebuild_tensor_v2", viewWithFlags],
    ["torch._utils._rebuild_tensor_v3", viewAs],
    ["torch._utils._rebuild_parameter", parameter],
    ["torch._utils._rebuild_parameter_with_state", parameter],
  ]);
  const known = new Set<unknown>(rebuilders.values());
  const rebuildFromType = (rebuild: unknown, _type: unknown, args: unknown) => {
    if (!known.has(rebuild) || !Array.isArray(args)) throw wrong("a way to make a tensor", rebuild);
    return (rebuild as typeof view)(...(args.slice(0, 8) as Parameters<typeof view>));
  };
  let pairs = 0;
  const dictionary = (items: unknown = []) => {
    pairs += Array.isArray(items) ? items.length : 0;
    if (pairs > pairsLimit) throw wrong(`at most ${pairsLimit} pairs`, pairs);
    if (!Array.isArray(items) || !items.every(isPair)) throw wrong("keys with values", items);
    return new Map(items);
  };
  return new Map<string, unknown>([
    ...harmlessGlobals,
    ...plainGlobals,
    ...rebuilders,
    ["collections.OrderedDict", dictionary],
    ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ]);
}

/** What does not depend on the file. */
const plainGlobals: readonly (readonly [name: string, value: unknown])[] = [
  ...Object.entries(storageClasses).flatMap(([name, type]) => {
    const value = new StorageClass(typeNamed(type));
    return [`torch.${name}`, `torch.cuda.${name}`].map((path) => [path, value] as const);
  }),
  ["torch.storage.UntypedStorage", new StorageClass(typeNamed("uint8"))],
  ...torchTypes.map((type) => [`torch.${type.name}`, type] as const),
  ["torch.Tensor", "torch.Tensor"],
  ["torch.nn.parameter.Parameter", "torch.nn.parameter.Parameter"],
  ["torch.Size", (sizes: unknown = []) => sizes],
  ["torch.device", (...args: unknown[]) => args],
  // bytes and sets, as protocol 2 has them
  ["_codecs.encode", (text: unknown) => text],
  ["builtins.set", (items: unknown = []) => items],
  ["__builtin__.set", (items: unknown = []) => items],
];

/** The storage that a persistent id names. */
export function parseStorageId(id: unknown, failure: Failure): StorageId {
  const [kind, storage, key, , elements, view] = Array.isArray(id) ? (id as unknown[]) : [];
  if (
    kind !== "storage" ||
    !(storage instanceof StorageClass) ||
    typeof key !== "string" ||
    !Number.isSafeInteger(elements) ||
    (elements as number) < 0
  ) {
    const parts = Array.isArray(id) ? id.slice(0, 6).map(describeValue).join(", ") : "";
    const got = parts || describeValue(id);
    throw failure("WEIGHTS_PICKLE", `expected the type, key and size of a storage, got ${got}`);
  }
  return { type: storage.type, key, elements: elements as number, view };
}

function typeNamed(name: string): TorchType {
  return torchTypes.find((type) => type.name === name) as TorchType;
}

function isPair(value: unknown): value is [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}
