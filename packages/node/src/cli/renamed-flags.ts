/**
 * @file Renamed flags: each is refused with a message that gives the new one.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { type Command, Option } from "commander";

/** An old flag, the verbs that had it, and its replacement. */
export interface RenamedFlag {
  readonly old: string;
  readonly verbs: readonly string[];
  readonly now: string;
}

const training = ["train", "lr-find", "plan"] as const;

/** All of them. */
export const renamedFlags: readonly RenamedFlag[] = [
  {
    old: "--accumulate",
    verbs: training,
    now: "--micro-batch with the photos computed at once: --batch 32 --accumulate 4 is --batch 32 --micro-batch 8",
  },
  { old: "--auxiliary", verbs: ["summary"], now: "--aux" },
  { old: "--clip", verbs: training, now: "--clip-norm" },
  {
    old: "--weights",
    verbs: ["export"],
    now: "an argument, as in import: irv2 export best.safetensors --out model.onnx",
  },
];

/** Makes a verb refuse its old flags; they are not in its help. */
export function refuseRenamedFlags(verb: Command): void {
  for (const { old, verbs, now } of renamedFlags) {
    if (!verbs.includes(verb.name())) continue;
    const short = old === "--weights" ? "-w, " : "";
    verb.addOption(new Option(`${short}${old} [value]`).hideHelp());
    verb.on(`option:${old.slice(2)}`, () => {
      throw new UsageError(
        "OPTION_RENAMED",
        `Expected another flag for ${old}, which is now ${now}`,
      );
    });
  }
}
