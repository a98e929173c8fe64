/**
 * @file Names of TF-Slim's variables, by rule, for Inception-ResNet-v2 both ways, and what else slim's
 * checkpoints hold. `slim-inception-v4.ts` has the scopes of Inception-v4.
 *
 *   ours                                      slim's, under InceptionResnetV2/
 *   conv2d_1a/weight                          Conv2d_1a_3x3/weights
 *   mixed_5b/branch_2/conv2d_0b_3x3/beta      Mixed_5b/Branch_2/Conv2d_0b_3x3/BatchNorm/beta
 *   block35_1/branch_0/conv2d_1x1/...         Repeat/block35_1/Branch_0/Conv2d_1x1/...
 *   block17_3/up/bias                         Repeat_1/block17_3/Conv2d_1x1/biases
 *   block8_10/...                             Block8/...
 *   aux_conv2d_2a/weight                      AuxLogits/Conv2d_2a_5x5/weights
 *   logits/weight, aux_logits/weight          Logits/Logits/weights, AuxLogits/Logits/weights
 *
 * From research/slim/nets/inception_resnet_v2.py of tensorflow/models and TF-Slim's layers. Kernels
 * are HWIO and dense weights [in, out] there. The released files have 1001 classes, of which the
 * first is the background, and no gamma.
 */
import { type ArchitectureName, defaultArchitecture } from "../../architecture/architecture.js";
import { slimInceptionV4Scope } from "./slim-inception-v4.js";

const root = "InceptionResnetV2/";

const leaves: Readonly<Record<string, string>> = {
  weight: "weights",
  bias: "biases",
  gamma: "BatchNorm/gamma",
  beta: "BatchNorm/beta",
  moving_mean: "BatchNorm/moving_mean",
  moving_variance: "BatchNorm/moving_variance",
};

const repeats: Readonly<Record<string, string>> = {
  block35: "Repeat",
  block17: "Repeat_1",
  block8: "Repeat_2",
};

/** Kernels of the convolutions outside blocks, whose names have them there and not here. */
const kernels: Readonly<Record<string, string>> = {
  conv2d_1a: "3x3",
  conv2d_2a: "3x3",
  conv2d_2b: "3x3",
  conv2d_3b: "1x1",
  conv2d_4a: "3x3",
  conv2d_7b: "1x1",
  aux_conv2d_1b: "1x1",
  aux_conv2d_2a: "5x5", // so at every input size
};

/** slim's name of a network's parameter. */
export function slimName(name: string, arch: ArchitectureName = defaultArchitecture): string {
  const path = name.split("/");
  const leaf = path.pop() ?? "";
  const scope =
    arch === "inception_v4"
      ? `InceptionV4/${slimInceptionV4Scope(path)}`
      : `${root}${scopeOf(path)}`;
  return `${scope}/${leaves[leaf] ?? leaf}`;
}

function scopeOf([block = "", ...layers]: readonly string[]): string {
  const within = layers.map((one) => (one === "up" ? "Conv2d_1x1" : title(one)));
  return [blockScope(block), ...within].join("/");
}

/** Our name of slim's variable for Inception-ResNet-v2; nothing where these rules make no such name. */
export function parameterOfSlim(name: string): string | undefined {
  if (!name.startsWith(root)) return undefined;
  const path = name.slice(root.length).replace("/BatchNorm/", "/");
  const [, scope = "", end = ""] = /^(.+)\/([^/]+)$/.exec(path) ?? [];
  const leaf = Object.keys(leaves).find((one) => leaves[one]?.replace("BatchNorm/", "") === end);
  const ours = `${scopeOfSlim(scope)}/${leaf ?? end}`;
  return slimName(ours) === name ? ours : undefined;
}

function blockScope(block: string): string {
  if (block === "logits") return "Logits/Logits";
  if (block === "aux_logits") return "AuxLogits/Logits";
  if (block === "block8_10") return "Block8";
  const repeat = repeats[block.replace(/_\d+$/, "")];
  if (repeat !== undefined) return `${repeat}/${block}`;
  const kernel = kernels[block];
  const scope =
    kernel === undefined ? title(block) : `${title(block.replace("aux_", ""))}_${kernel}`;
  return block.startsWith("aux_") ? `AuxLogits/${scope}` : scope;
}

function scopeOfSlim(scope: string): string {
  if (scope === "Logits/Logits") return "logits";
  if (scope === "AuxLogits/Logits") return "aux_logits";
  const path = scope
    .replace(/^Repeat(_[12])?\//, "")
    .replace(/^Block8\//, "block8_10/")
    .toLowerCase()
    .replace(/^auxlogits\//, "aux_")
    .replace(/^(block\d+_\d+)\/conv2d_1x1$/, "$1/up");
  const shorter = path.replace(/_\dx\d$/, "");
  return Object.hasOwn(kernels, shorter) ? shorter : path;
}

function title(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Whose values to take of a variable that was averaged while it was trained. */
export interface SlimVariableOptions {
  /** The moving average where there is one, and not the last value; true. */
  readonly movingAverages?: boolean | undefined;
}

const average = "/ExponentialMovingAverage";

/** What training keeps beside the variables: counters, and the memory of slim's optimizers. */
const bookkeeping = [
  /^(.+\/)?(global_step|beta1_power|beta2_power)$/,
  /\/(Momentum|RMSProp|RMSProp_1|Adam|Adam_1|Adagrad|Adadelta|Adadelta_1|Ftrl|Ftrl_1)$/,
  /\/(biased|local_step)$/, // of averages that are corrected for their first value
];

/** Whether a name of a checkpoint is none of a variable, but of what training keeps beside them. */
export function isSlimBookkeeping(name: string): boolean {
  return bookkeeping.some((pattern) => pattern.test(name));
}

/**
 * For each variable of a checkpoint, the name under which its value is to be read. What training
 * keeps beside is left out; strangers stay.
 *
 * slim's train_image_classifier.py keeps averages only when it is told to, for the sake of
 * evaluation, and its eval_image_classifier.py then restores them as `variables_to_restore` says: the
 * average where there is one, else the variable. So does this.
 */
export function slimVariables(
  names: Iterable<string>,
  { movingAverages = true }: SlimVariableOptions = {},
): ReadonlyMap<string, string> {
  const kept = [...names].filter((name) => !isSlimBookkeeping(name));
  const found = new Map(kept.filter((name) => !name.endsWith(average)).map((name) => [name, name]));
  for (const name of kept) {
    const variable = name.slice(0, -average.length);
    if (name.endsWith(average) && (movingAverages || !found.has(variable)))
      found.set(variable, name);
  }
  return found;
}
