/**
 * @file Flags that have no effect beside others, one table for all verbs but those of training, whose
 * options the library knows: each that is given is named in one line on stderr.
 */
import type { Command } from "commander";
import { formatOf } from "../export/formats.js";

/** The flags of a verb by their names in code. */
type Flags = Readonly<Record<string, unknown>>;

/** A flag, and why it has no effect beside the others; undefined where it has one. */
interface Row {
  readonly verbs: readonly string[];
  readonly flag: string;
  readonly reason: (flags: Flags) => string | undefined;
}

const rows: readonly Row[] = [
  {
    verbs: ["classify", "embed", "evaluate", "calibrate", "benchmark"],
    flag: "--threads",
    reason: ({ engine }) =>
      [engine].flat().every((name) => name === "reference")
        ? "on the reference engine, which has one thread"
        : undefined,
  },
  {
    verbs: ["summary"],
    flag: "--classes",
    reason: ({ top, auxiliary }) =>
      !top && !auxiliary ? "beside --no-top: there is no classifier" : undefined,
  },
  {
    verbs: ["summary"],
    flag: "--format",
    reason: ({ json, format }) => (json && format !== "json" ? "beside --json" : undefined),
  },
  {
    verbs: ["summary"],
    flag: "--depth",
    reason: ({ json, format, depth }) =>
      !json && format === "svg" && depth === "layer" ? "beyond blocks, which svg draws" : undefined,
  },
  {
    verbs: ["import"],
    flag: "--dtype",
    reason: ({ out }) => (out === undefined ? "without --out: nothing is written" : undefined),
  },
  {
    verbs: ["export"],
    flag: "--tensors",
    reason: ({ parity }) =>
      parity ? undefined : "beside --no-parity: tensors are listed as they are read again",
  },
  {
    verbs: ["export"],
    flag: "--input-size",
    reason({ format, out }) {
      if (typeof out !== "string") return undefined;
      const written = format ?? formatOf(out);
      return written === "torch" || written === "keras"
        ? `on ${written}, which keeps no input size`
        : undefined;
    },
  },
];

/** Names what was given to a verb in vain, before it begins. */
export function announceUnused(verb: Command): void {
  const flags: Flags = verb.opts();
  for (const { verbs, flag, reason } of rows) {
    const name = verb.options.find(({ long }) => long === flag)?.attributeName();
    if (!verbs.includes(verb.name()) || name === undefined) continue;
    const why = verb.getOptionValueSource(name) === "cli" ? reason(flags) : undefined;
    if (why !== undefined) process.stderr.write(`Note: ${flag} has no effect ${why}.\n`);
  }
}
