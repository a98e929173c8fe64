/**
 * @file Names of timm's `inception_resnet_v2` (and Cadene's, its ancestor), both ways, by rule.
 *
 *   ours                                      timm's
 *   conv2d_1a/weight                          conv2d_1a.conv.weight
 *   mixed_5b/branch_2/conv2d_0b_3x3/beta      mixed_5b.branch2.1.bn.bias
 *   block35_1/branch_0/conv2d_1x1/gamma       repeat.0.branch0.bn.weight
 *   block17_3/up/bias                         repeat_1.2.conv2d.bias
 *   block8_10/...                             block8....
 *   logits/weight                             classif.weight     (Cadene: last_linear.weight)
 *
 * Layouts are the same: kernels OIHW, dense weights [out, in]. timm keeps a counter of batches for
 * each norm (int64 scalars), which nothing reads.
 */

const suffixes: Readonly<Record<string, string>> = {
  gamma: "bn.weight",
  beta: "bn.bias",
  moving_mean: "bn.running_mean",
  moving_variance: "bn.running_var",
};

const repeats: Readonly<Record<string, string>> = {
  block35: "repeat",
  block17: "repeat_1",
  block8: "repeat_2",
};

const counter = ".num_batches_tracked";

/**
 * timm's name for each of a network's parameters. The auxiliary classifier, which timm lacks, keeps
 * its own.
 */
export function timmNames(names: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...names];
  const branches = new Map<string, Set<string>>();
  for (const [block, branch, layer] of all.map((name) => name.split("/"))) {
    if (!branch?.startsWith("branch_") || layer === undefined) continue;
    const path = `${block}/${branch}`;
    branches.set(path, (branches.get(path) ?? new Set()).add(layer));
  }
  return new Map(all.map((name) => [name, toTimmName(name, branches)]));
}

function toTimmName(name: string, branches: ReadonlyMap<string, ReadonlySet<string>>): string {
  const path = name.split("/");
  const leaf = path.pop() ?? "";
  const [block = "", branch, layer = ""] = path;
  if (block === "logits") return `classif.${leaf}`;
  if (block.startsWith("aux_")) return name;
  const head = blockName(block);
  if (branch === "up") return `${head}.conv2d.${leaf}`;
  const end = suffixes[leaf] ?? `conv.${leaf}`;
  if (branch === undefined) return `${head}.${end}`;
  const place = layerPlace(layer, branches.get(`${block}/${branch}`)?.size ?? 1);
  const within = `${head}.${branch.replace("_", "")}`;
  return place === undefined ? `${within}.${end}` : `${within}.${place}.${end}`;
}

/** timm's counters for a network's parameters: one for each batch norm. */
export function timmCounters(names: Iterable<string>): string[] {
  return [...timmNames(names).values()]
    .filter((name) => name.endsWith(".bn.bias"))
    .map((name) => name.replace(/\.bias$/, counter));
}

/** Whether a name is such a counter, to be ignored. */
export function isTimmCounter(name: string): boolean {
  return name.endsWith(counter);
}

/** A foreign name as timm of today spells it: Cadene called the classifier `last_linear`. */
export function modernTimmName(name: string): string {
  return name.replace(/^last_linear\./, "classif.");
}

function blockName(block: string): string {
  if (block === "block8_10") return "block8";
  const [, kind = "", number] = /^(block\d+)_(\d+)$/.exec(block) ?? [];
  const repeat = repeats[kind];
  return repeat === undefined ? block : `${repeat}.${Number(number) - 1}`;
}

/**
 * Index of a layer in its branch: its letter, where pools count too; a layer that reduces the grid
 * (`1a`) comes last, and a lone layer has no index.
 */
function layerPlace(layer: string, layers: number): number | undefined {
  const [, kind, letter = ""] = /^conv2d_([01])([a-z])_/.exec(layer) ?? [];
  if (kind === "0") return letter.charCodeAt(0) - 97;
  return layers > 1 ? layers - 1 : undefined;
}
