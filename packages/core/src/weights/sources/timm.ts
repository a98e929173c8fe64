/**
 * @file Names of timm's `inception_resnet_v2` and `inception_v4` (and Cadene's, their ancestors), both
 * ways, by rule.
 *
 *   ours                                      timm's
 *   conv2d_1a/weight                          conv2d_1a.conv.weight
 *   mixed_5b/branch_2/conv2d_0b_3x3/beta      mixed_5b.branch2.1.bn.bias
 *   block35_1/branch_0/conv2d_1x1/gamma       repeat.0.branch0.bn.weight
 *   block17_3/up/bias                         repeat_1.2.conv2d.bias
 *   block8_10/...                             block8....
 *   logits/weight                             classif.weight     (Cadene: last_linear.weight)
 *
 *   Inception-v4                              timm's
 *   mixed_3a/branch_1/conv2d_1a_3x3/weight    features.3.conv.conv.weight
 *   inception_a_1/branch_3/conv2d_0b_1x1/...  features.6.branch3.1....
 *   inception_c_1/branch_2/concat_0d/branch_0/conv2d_1x3/...   features.19.branch2_3a....
 *   logits/weight                             last_linear.weight
 *
 * Layouts are the same: kernels OIHW, dense weights [out, in]. timm keeps a counter of batches for
 * each norm (int64 scalars), which nothing reads.
 */
import { type ArchitectureName, defaultArchitecture } from "../../architecture/architecture.js";
import { isAuxiliary, mainHead } from "../../architecture/heads.js";

const suffixes: Readonly<Record<string, string>> = {
  gamma: "bn.weight",
  beta: "bn.bias",
  moving_mean: "bn.running_mean",
  moving_variance: "bn.running_var",
};

const counter = ".num_batches_tracked";

/**
 * timm's name for each of a network's parameters. The auxiliary classifier, which timm lacks, keeps
 * its own.
 */
export function timmNames(
  names: Iterable<string>,
  arch: ArchitectureName = defaultArchitecture,
): ReadonlyMap<string, string> {
  const modules = arch === "inception_v4" ? inceptionV4Modules : inceptionResNetV2Modules;
  const all = [...names];
  const branches = new Map<string, Set<string>>();
  for (const [block, branch, layer] of all.map((name) => name.split("/"))) {
    if (!branch?.startsWith("branch_") || layer === undefined) continue;
    const path = `${block}/${branch}`;
    branches.set(path, (branches.get(path) ?? new Set()).add(layer));
  }
  return new Map(all.map((name) => [name, toTimmName(name, branches, modules)]));
}

function toTimmName(
  name: string,
  branches: ReadonlyMap<string, ReadonlySet<string>>,
  modules: Modules,
): string {
  const path = name.split("/");
  const leaf = path.pop() ?? "";
  const [block = "", branch, layer = "", fork = ""] = path;
  if (block === mainHead) return `${modules.classifier}.${leaf}`;
  if (isAuxiliary(name)) return name;
  const head = modules.nameOf(block);
  if (branch === "up") return `${head}.conv2d.${leaf}`;
  const end = suffixes[leaf] ?? `conv.${leaf}`;
  if (branch === undefined) return `${head}.${end}`;
  if (modules.single.has(block)) return `${head}.conv.${end}`;
  const siblings = branches.get(`${block}/${branch}`) ?? new Set();
  const place = layerPlace(layer, siblings.size);
  const within = `${head}.${branch.replace("_", "")}`;
  if (place === undefined) return `${within}.${end}`;
  // A branch that forks is no sequence in timm, so its layers are named and not counted.
  const isForked = [...siblings].some((one) => one.startsWith("concat_"));
  const side = { branch_0: "a", branch_1: "b" }[fork] ?? "";
  return `${within}${isForked ? "_" : "."}${place}${side}.${end}`;
}

/** timm's counters for a network's parameters: one for each batch norm. */
export function timmCounters(names: Iterable<string>, arch?: ArchitectureName): string[] {
  return [...timmNames(names, arch).values()]
    .filter((name) => name.endsWith(".bn.bias"))
    .map((name) => name.replace(/\.bias$/, counter));
}

/** Whether a name is such a counter, to be ignored. */
export function isTimmCounter(name: string): boolean {
  return name.endsWith(counter);
}

/** A foreign name as timm of today spells it: Cadene called every classifier `last_linear`. */
export function modernTimmName(name: string, arch: ArchitectureName = defaultArchitecture): string {
  return arch === "inception_resnet_v2" ? name.replace(/^last_linear\./, "classif.") : name;
}

/** How timm calls the parts of a network. */
interface Modules {
  readonly classifier: string;
  /** The module of one of our blocks. */
  readonly nameOf: (block: string) => string;
  /** Blocks of one convolution beside a pool, which have no branches there. */
  readonly single: ReadonlySet<string>;
}

const repeats: Readonly<Record<string, string>> = {
  block35: "repeat",
  block17: "repeat_1",
  block8: "repeat_2",
};

const inceptionResNetV2Modules: Modules = {
  classifier: "classif",
  single: new Set(),
  nameOf(block) {
    if (block === "block8_10") return "block8";
    const [, kind = "", number] = /^(block\d+)_(\d+)$/.exec(block) ?? [];
    const repeat = repeats[kind];
    return repeat === undefined ? block : `${repeat}.${Number(number) - 1}`;
  },
};

/** Place of a block, or of the first of its kind, in timm's one sequence. */
const inceptionV4Places: Readonly<Record<string, number>> = {
  conv2d_1a: 0,
  conv2d_2a: 1,
  conv2d_2b: 2,
  mixed_3a: 3,
  mixed_4a: 4,
  mixed_5a: 5,
  inception_a: 6,
  reduction_a: 10,
  inception_b: 11,
  reduction_b: 18,
  inception_c: 19,
};

const inceptionV4Modules: Modules = {
  classifier: "last_linear",
  single: new Set(["mixed_3a", "mixed_5a"]),
  nameOf(block) {
    const [, kind = block, number = "1"] = /^(inception_[abc])_(\d+)$/.exec(block) ?? [];
    const place = inceptionV4Places[kind];
    return place === undefined ? block : `features.${place + Number(number) - 1}`;
  },
};

/**
 * Index of a layer in its branch: its letter, where pools count too; a layer that reduces the grid
 * (`1a`) comes last, and a lone layer has no index.
 */
function layerPlace(layer: string, layers: number): number | undefined {
  const [, kind, letter = ""] = /^(?:conv2d|concat)_([01])([a-z])(?:_|$)/.exec(layer) ?? [];
  if (kind === "0") return letter.charCodeAt(0) - 97;
  return layers > 1 ? layers - 1 : undefined;
}
