/**
 * @file Scopes of TF-Slim's variables for Inception-v4, by rule.
 *
 *   ours                                                     slim's, under InceptionV4/
 *   conv2d_1a                                                Conv2d_1a_3x3
 *   mixed_3a/branch_1/conv2d_1a_3x3                          Mixed_3a/Branch_1/Conv2d_0a_3x3
 *   mixed_4a/branch_0/conv2d_0b_3x3                          Mixed_4a/Branch_0/Conv2d_1a_3x3
 *   inception_b_2/branch_0/conv2d_1x1                        Mixed_6c/Branch_0/Conv2d_0a_1x1
 *   inception_c_1/branch_2/concat_0d/branch_1/conv2d_3x1     Mixed_7b/Branch_2/Conv2d_0e_3x1
 *   aux_conv2d_2a                                            AuxLogits/Conv2d_2a
 *   logits, aux_logits                                       Logits/Logits, AuxLogits/Aux_logits
 *
 * From research/slim/nets/inception_v4.py of tensorflow/models, which the released checkpoint of
 * 2016-09-09 was trained with.
 */

/** Convolutions outside blocks, and classifiers. */
const scopes: Readonly<Record<string, string>> = {
  conv2d_1a: "Conv2d_1a_3x3",
  conv2d_2a: "Conv2d_2a_3x3",
  conv2d_2b: "Conv2d_2b_3x3",
  aux_conv2d_1b: "AuxLogits/Conv2d_1b_1x1",
  aux_conv2d_2a: "AuxLogits/Conv2d_2a",
  aux_logits: "AuxLogits/Aux_logits",
  logits: "Logits/Logits",
};

/** slim numbers grids, and letters the blocks of a grid: a reduction has `a`, what follows goes on. */
const grids: Readonly<Record<string, string>> = {
  inception_a: "Mixed_5",
  reduction_a: "Mixed_6",
  inception_b: "Mixed_6",
  reduction_b: "Mixed_7",
  inception_c: "Mixed_7",
};

/** Layers of the stem whose places slim writes in another way. */
const stemLayers: Readonly<Record<string, string>> = {
  "mixed_3a/branch_1/conv2d_1a_3x3": "Conv2d_0a_3x3",
  "mixed_4a/branch_0/conv2d_0b_3x3": "Conv2d_1a_3x3",
  "mixed_4a/branch_1/conv2d_0d_3x3": "Conv2d_1a_3x3",
};

/** slim's scope of a layer, by our path to it. */
export function slimInceptionV4Scope(path: readonly string[]): string {
  const [block = "", branch, layer = "", fork, forked] = path;
  const alone = scopes[block];
  if (branch === undefined) return alone ?? block;
  const within = `${blockScope(block)}/${branch.replace("branch", "Branch")}`;
  return `${within}/${stemLayers[path.join("/")] ?? layerScope(layer, fork, forked)}`;
}

function blockScope(block: string): string {
  const [, kind = block, number = "0"] = /^(inception_[abc])_(\d+)$/.exec(block) ?? [];
  const grid = grids[kind];
  return grid === undefined ? block.replace("mixed", "Mixed") : `${grid}${letter(Number(number))}`;
}

/** A lone layer is slim's `0a`; the layers of a fork take the fork's letter and the next. */
function layerScope(layer: string, fork: string | undefined, forked = ""): string {
  const first = /^concat_0([a-z])$/.exec(layer)?.[1];
  if (first === undefined)
    return layer.replace(/^conv2d_(\dx\d)$/, "conv2d_0a_$1").replace("c", "C");
  const place = first.charCodeAt(0) - "a".charCodeAt(0) + Number(fork?.slice("branch_".length));
  return forked.replace("conv2d_", `Conv2d_0${letter(place)}_`);
}

function letter(place: number): string {
  return String.fromCharCode("a".charCodeAt(0) + place);
}
