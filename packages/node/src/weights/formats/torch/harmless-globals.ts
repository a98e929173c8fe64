/**
 * @file Globals that training checkpoints name beside their weights and that hold no weights: settings,
 * counts, times, states of random numbers. The list is closed.
 *
 * None of them is looked up or run. What a pickle makes by them is an empty value here, of the kind that
 * it goes on to fill: dictionaries get their keys, lists their items; the rest stays empty.
 */

/** An object without a meaning. */
const nothing = () => ({});
/** An empty dictionary, whatever it is to be made from. */
const dictionary = () => new Map();
/** An empty list. */
const list = () => [];

/** Classes and functions of one module. */
type Names = readonly string[];

const objects: Readonly<Record<string, Names>> = {
  argparse: ["Namespace"],
  types: ["SimpleNamespace"],
  datetime: ["datetime", "date", "time", "timedelta", "timezone"],
  decimal: ["Decimal"],
  uuid: ["UUID"],
  pathlib: ["Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"],
  "pathlib._local": ["Path", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"],
  builtins: [
    "object",
    "int",
    "float",
    "bool",
    "str",
    "bytes",
    "bytearray",
    "complex",
    "slice",
    "range",
  ],
  __builtin__: [
    "object",
    "int",
    "long",
    "float",
    "bool",
    "str",
    "unicode",
    "bytearray",
    "complex",
    "slice",
    "xrange",
  ],
  copyreg: ["_reconstructor"],
  copy_reg: ["_reconstructor"],
  numpy: [
    "dtype",
    "ndarray",
    "bool",
    "bool_",
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
  ],
  "numpy.dtypes": [
    "BoolDType",
    "Float16DType",
    "Float32DType",
    "Float64DType",
    "Int8DType",
    "Int16DType",
    "Int32DType",
    "Int64DType",
    "UInt8DType",
    "UInt32DType",
    "UInt64DType",
    "StrDType",
    "ObjectDType",
  ],
  "numpy.core.multiarray": ["scalar", "_reconstruct"],
  "numpy._core.multiarray": ["scalar", "_reconstruct"],
  "numpy.core.numeric": ["_frombuffer"],
  "numpy._core.numeric": ["_frombuffer"],
  typing: ["Any"],
  enum: ["Enum", "IntEnum"],
  "omegaconf.base": ["ContainerMetadata", "Metadata", "Container", "Node"],
  "omegaconf.nodes": ["AnyNode", "StringNode", "IntegerNode", "FloatNode", "BooleanNode"],
  "omegaconf.dictconfig": ["DictConfig"],
  "omegaconf.listconfig": ["ListConfig"],
  "torch.torch_version": ["TorchVersion"],
};

const dictionaries: Readonly<Record<string, Names>> = {
  collections: ["defaultdict", "Counter"],
  "lightning_fabric.utilities.data": ["AttributeDict"],
  "lightning.fabric.utilities.data": ["AttributeDict"],
  "pytorch_lightning.utilities.parsing": ["AttributeDict"],
  easydict: ["EasyDict"],
  "yacs.config": ["CfgNode"],
  "fvcore.common.config": ["CfgNode"],
  "addict.addict": ["Dict"],
  "ml_collections.config_dict.config_dict": ["ConfigDict"],
  builtins: ["dict"],
  __builtin__: ["dict"],
};

const lists: Readonly<Record<string, Names>> = {
  collections: ["deque"],
  builtins: ["list", "tuple", "frozenset"],
  __builtin__: ["list", "tuple", "frozenset"],
};

/** Each global as "module.name", and what stands for it. */
export const harmlessGlobals: readonly (readonly [name: string, value: unknown])[] = [
  ...spread(objects, nothing),
  ...spread(dictionaries, dictionary),
  ...spread(lists, list),
];

function spread(
  modules: Readonly<Record<string, Names>>,
  make: () => unknown,
): (readonly [string, unknown])[] {
  return Object.entries(modules).flatMap(([module, names]) =>
    names.map((name) => [`${module}.${name}`, make] as const),
  );
}
