/**
 * @file What the command line adds to an error of the library: the flag that the reader can change.
 *
 * Messages name options of the library, which programs set; here each is given its flag, by the code
 * of the error or by the option that it names.
 */
import {
  type ErrorCode,
  type Irv2Error,
  UsageError,
} from "@inception-resnet-v2/core/internal/errors.js";
import type { WarningEvent } from "../training/events.js";

/** Hints that follow from the code alone. */
export const hintsByCode: { readonly [K in ErrorCode]?: string } = {
  EXPORT_FORMAT: "--format",
  EXPORT_DTYPE: "--dtype",
  EXPORT_FILTER: "without --with-preprocessing",
  PRECISION_UNSUPPORTED: "--engine onednn",
  RUN_EXISTS: "--resume",
  RUN_FINISHED: "--extend-epochs",
  WEIGHTS_BACKGROUND: "--drop-background",
};

/** Flags that are not named after the option, by verb where verbs differ. */
export const flagsByOption: Readonly<Record<string, string>> = {
  augmentation: "--augment, --erasing",
  auxiliary: "--aux",
  auxiliaryWeight: "--aux-weight",
  learningRate: "--lr",
  preprocessing: "--preprocess",
  schedule: "--schedule, --lr-factor, --lr-epochs",
  "export preprocessing": "--with-preprocessing",
  warmupEpochs: "--warmup",
};

/** The flag of an option of the library, for a verb. */
function flagOf(option: string, verb: string): string {
  const named = flagsByOption[`${verb} ${option}`] ?? flagsByOption[option];
  return named ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A warning as a line, with the flags of the options that it is about. */
export function warningLine({ message, options = [] }: WarningEvent, verb = "train"): string {
  const flags = options.map((option) => flagOf(option, verb));
  return `Note: ${message}${flags.length > 0 ? ` (${flags.join(", ")})` : ""}\n`;
}

/** What to add to the message of an error, in parentheses; undefined where nothing helps. */
export function hintFor(error: Irv2Error, verb: string): string | undefined {
  if (error instanceof UsageError && error.option !== undefined) return flagOf(error.option, verb);
  return hintsByCode[error.code];
}
