/**
 * @file Options that several verbs share, and the readers of their values.
 */

import { dirname } from "node:path";
import {
  type ArchitectureName,
  architectureNames,
  defaultArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { precisions } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { type PresetName, presetNames } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  type Activation,
  activations,
} from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import type { FloatType } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readLabels } from "../data/labels-file.js";
import { type EngineName, engineNames } from "../executors/index.js";
import { InceptionResNetV2 } from "../model/model.js";
import { resolveWeights, type WeightPlace } from "../weights/place.js";
import { listenForInterruption } from "./interruption.js";
import { createByteProgress } from "./progress.js";
import { tellNote } from "./tell-note.js";

/** A whole number from `least`; throws commander's error, which names the option. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number from ${least}, got "${text}".`);
    }
    return value;
  };
}

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError(`Expected a number above 0, got "${text}".`);
  }
  return value;
}

/** A number from 0 and below 1: a fraction, a probability or a decay. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError(`Expected a number from 0 and below 1, got "${text}".`);
  }
  return value;
}

/** `3GiB`, `500MB` or a number of bytes. */
export function byteSize(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b|b|)$/i.exec(text) ?? [];
  const power = "kmgt".indexOf(unit.slice(0, 1).toLowerCase()) + 1;
  const base = /i/i.test(unit) ? 1024 : 1000;
  if (digits !== "") return Math.round(Number(digits) * (unit.length > 1 ? base ** power : 1));
  throw new InvalidArgumentError(`Expected a size such as 3GiB or 500MB, got "${text}".`);
}

/** `299` or `240x320`: height, then width, in pixels. */
export function inputSize(text: string): number | [number, number] {
  const [height, width, ...rest] = text.split("x").map((side) => wholeNumber(1)(side));
  if (height === undefined || rest.length > 0) {
    throw new InvalidArgumentError(`Expected a size such as 299 or 240x320, got "${text}".`);
  }
  return width === undefined ? height : [height, width];
}

/** `255,255,255`: red, green, blue from 0 to 255. */
export function color(text: string): [number, number, number] {
  const [red, green, blue, ...rest] = text.split(",").map((part) => wholeNumber(0)(part));
  if (red === undefined || green === undefined || blue === undefined || rest.length > 0) {
    throw new InvalidArgumentError(`Expected a color such as 255,255,255, got "${text}".`);
  }
  return [red, green, blue];
}

/** What `--weights` takes, for help. */
export const weightsHelp =
  "a file, URL, everyday, imagenet (more: irv2 pull --help), or hf:owner/name on the Hugging Face hub";

/** `--threads`. */
export const threadsHelp = "compute threads (default: one per core)";

/** What the verbs that run a model share. */
export interface ModelFlags {
  readonly weights?: string;
  readonly arch?: ArchitectureName;
  readonly inputSize?: number | [number, number];
  readonly engine: EngineName;
  readonly threads?: number;
  readonly precision?: Precision;
  readonly preprocess?: PresetName;
  readonly dropBackground?: boolean;
  readonly ema?: boolean;
  readonly activation?: Activation;
  readonly maxPixels?: number;
  readonly background?: [number, number, number];
  readonly batch: number;
  readonly labels?: string;
  readonly json?: boolean;
}

/** Adds the options that choose weights, engine and preprocessing. */
export function withModelOptions(
  command: Command,
  weights = `${weightsHelp}, or random[:seed] (default: everyday)`,
): Command {
  return command
    .option("-w, --weights <name>", `weights: ${weights}`)
    .addOption(archOption("architecture of random weights; checked against any others"))
    .addOption(engineOption())
    .option("--threads <n>", threadsHelp, wholeNumber(1))
    .addOption(precisionOption())
    .option("--batch <n>", "images per run of the network", wholeNumber(1), 1)
    .option("--input-size <pixels>", "as in 299 or 240x320 (default: the weights')", inputSize)
    .addOption(
      new Option(
        "--preprocess <preset>",
        "how photos become tensors (default: what the weights say, else timm)",
      ).choices([...presetNames]),
    )
    .addOption(
      new Option(
        "--activation <name>",
        "how logits become scores (default: as the weights say, else softmax)",
      ).choices([...activations]),
    )
    .addOption(emaOptions[0])
    .addOption(emaOptions[1])
    .option("--drop-background", "drop class 0 of 1001, slim's background")
    .option("--background <r,g,b>", "color behind transparent pixels (default: their own)", color)
    .option("--max-pixels <n>", "largest image to decode, in pixels", wholeNumber(1))
    .option("--json", "print JSON lines on stdout");
}

/** `--annotations`. */
export function annotationsOption(): Option {
  return new Option(
    "--annotations <file>",
    "table of photos: .csv, .tsv, .jsonl (path, label, split), or .txt with a path a line",
  );
}

/** The folder of photos: that of the table where only a table is given. Throws `UsageError`. */
export function dataOf({
  data,
  annotations,
}: {
  readonly data?: string | undefined;
  readonly annotations?: string | undefined;
}): string {
  const folder = data ?? (annotations === undefined ? undefined : dirname(annotations));
  if (folder !== undefined) return folder;
  throw new UsageError(
    "OPTION_MISSING",
    "Expected --data with a folder of photos, or --annotations with a table of them, got neither",
  );
}

/** `--labels`. */
export function labelsOption(): Option {
  return new Option(
    "--labels <file>",
    "class names by index: a line each, or JSON (list, class index, class_to_idx, config.json)",
  );
}

/** The names in the file of `--labels`, as an option of the library. Throws `InputError`. */
export async function labelsOf({
  labels,
}: {
  readonly labels?: string;
}): Promise<{ readonly labels?: readonly string[] }> {
  return labels === undefined ? {} : { labels: await readLabels(labels) };
}

/** `--arch`. */
export function archOption(text = `architecture (default: ${defaultArchitecture})`): Option {
  return new Option("--arch <name>", text).choices([...architectureNames]);
}

/** `--ema` and `--no-ema`. */
export const emaOptions = [
  new Option("--ema", "load the averages of a checkpoint that has them (default: as timm does)"),
  new Option("--no-ema", "load the weights beside them"),
] as const;

/** `--engine`. */
export function engineOption(): Option {
  return new Option("--engine <name>", "engine to compute with")
    .choices([...engineNames])
    .default("auto");
}

/** `--precision`. */
export function precisionOption(): Option {
  return new Option(
    "--precision <type>",
    "number type to compute in; bf16: onednn on AVX512_BF16 or AMX (default: fp32)",
  ).choices([...precisions]);
}

/** Number types that weight files can have, by what `--dtype` calls them. */
export const fileTypes = { fp32: "F32", fp16: "F16", bf16: "BF16" } as const satisfies Record<
  string,
  FloatType
>;

/** What `--dtype` takes. */
export type FileTypeName = keyof typeof fileTypes;

/** `--dtype`. */
export function dtypeOption(text: string): Option {
  return new Option("--dtype <type>", text).choices(Object.keys(fileTypes)).default("fp32");
}

/**
 * The weights that are asked for, downloaded if need be, with a bar; those of the package where none
 * are, which is said on stderr.
 */
export async function weightsOf(weights: string | undefined): Promise<WeightPlace> {
  if (weights !== undefined) return pulledWeights(weights);
  process.stderr.write(
    "Using the bundled model (59 groceries, garments and recyclables); for the 1000 classes of ImageNet: --weights imagenet\n",
  );
  return { kind: "shipped", name: "everyday" };
}

/** Where the weights are that `--weights` says, pulled with a bar if need be. Ctrl-C keeps what has come. */
export async function pulledWeights(weights: string): Promise<WeightPlace> {
  using interruption = listenForInterruption();
  const progress = createByteProgress();
  try {
    const { signal } = interruption;
    return await resolveWeights(weights, {
      signal,
      onProgress: ({ bytes, totalBytes }) => progress.update(bytes, totalBytes),
    });
  } finally {
    progress.stop();
  }
}

/** Opens the model that the flags describe. Untrained weights are announced on stderr. */
export async function openModel(flags: ModelFlags): Promise<InceptionResNetV2> {
  const { preprocess, dropBackground, inputSize, ...rest } = flags;
  const options = {
    engine: rest.engine,
    threads: rest.threads,
    precision: rest.precision,
    maxPixels: rest.maxPixels,
    background: rest.background,
    activation: rest.activation,
    arch: rest.arch,
    inputSize,
    ...(await labelsOf(flags)),
    ...(preprocess && { preprocessing: preprocess }),
  };
  const random = /^random(?::(\d+))?$/.exec(flags.weights ?? "");
  if (random) {
    process.stderr.write("The weights are random, so the predictions are meaningless.\n");
    return InceptionResNetV2.create({ ...options, seed: Number(random[1] ?? 0) });
  }
  const loading = { ...options, dropBackground, ema: rest.ema, onNote: tellNote };
  return InceptionResNetV2.load(await weightsOf(flags.weights), loading);
}
