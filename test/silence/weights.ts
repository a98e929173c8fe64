/**
 * @file Weight files that leave open what is meant, and files whose numbers cannot be right.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { timmTensors } from "@inception-resnet-v2/core/internal/weights/encode.js";
import { encodeSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { drawPicture } from "../helpers/small-model.js";
import type { Scene, Situation } from "./situations.js";

/** Classifies a picture by a file of the small network's tensors, under timm's names, changed. */
const classify =
  (change: (tensors: [string, Tensor][]) => [string, Tensor][], ...more: string[]) =>
  async ({ folder, weights }: Scene) => {
    const { parameters } = await loadWeights(weights);
    const tensors = change([...timmTensors(parameters).tensors]);
    await writeFile(join(folder, "w.safetensors"), encodeSafetensors(new Map(tensors)));
    await drawPicture(join(folder, "photo.png"), 1);
    return ["classify", "photo.png", "--weights", "w.safetensors", ...more];
  };

const behind = (prefix: string, tensors: [string, Tensor][]) =>
  tensors.map(([name, value]): [string, Tensor] => [prefix + name, value]);

export const weightSituations: readonly Situation[] = [
  {
    what: "averages that are loaded in the place of weights",
    args: classify((all) => [...behind("state_dict.", all), ...behind("state_dict_ema.", all)]),
    code: 0,
    says: /^Loaded the averages behind "state_dict_ema" of "w.safetensors", as timm does; --no-ema loads/,
  },
  {
    what: "averages that are left alone",
    args: classify((all) => [...behind("model.", all), ...behind("ema_model.", all)]),
    code: 0,
    says: /^Loaded the weights behind "model" of "w.safetensors"; --ema loads the averages behind "ema_model"/,
  },
  {
    what: "two networks in one file",
    args: classify((all) => [...behind("student.", all), ...behind("teacher.", all)]),
    code: 4,
    says: /expected one network, got those behind "student" and "teacher"/,
  },
  {
    what: "tensors that are left out",
    args: classify((all) => [...all, ["criterion.weight", tensor([2])]]),
    code: 0,
    says: /^Left out what is no part of the network in "w.safetensors": "criterion.weight"/,
  },
  {
    what: "a normalization in the file",
    args: classify((all) => [
      ["0.mean", tensor([3])],
      ["0.std", tensor([3], Float32Array.of(1, 1, 1))],
      ...behind("1.", all),
    ]),
    code: 0,
    says: /^Normalizes with mean 0, 0, 0 and deviation 1, 1, 1, as "0.mean", "0.std"/,
  },
  {
    what: "the score of one class, which is no softmax",
    args: classify(
      (all) =>
        all.map(([name, value]) => {
          if (name === "classif.bias") return [name, tensor([1], Float32Array.of(-40))];
          return [name, name === "classif.weight" ? tensor([1, value.shape[1] ?? 0]) : value];
        }),
      "--json",
    ),
    code: 0,
    says: /"label":"class 0","score":4\.248354255291\d*e-18\}/, // 1 / (1 + exp(40))
  },
  {
    what: "sigmoids that are asked for",
    args: classify((all) => all, "--activation", "sigmoid", "--json", "--top-k", "6"),
    code: 0,
    says: /("score":0\.[345678]\d*.*){6}/,
  },
  {
    what: "a negative variance",
    args: classify((all) =>
      all.map(([name, value]) => [
        name,
        name === "conv2d_1a.bn.running_var"
          ? { ...value, data: value.data.map((one) => -one) }
          : value,
      ]),
    ),
    code: 4,
    says: /Cannot load "conv2d_1a\/moving_variance": expected variances from 0, got -/,
  },
  {
    what: "weights that overflow",
    args: classify((all) =>
      all.map(([name, value]) => [
        name,
        name.endsWith("conv.weight")
          ? { ...value, data: value.data.map((one) => one * 1e30) }
          : value,
      ]),
    ),
    code: 4,
    says: /Cannot score an image: expected weights that give finite logits, got /,
  },
];
