import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError, ModelError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { flagsByOption, hintFor, hintsByCode } from "./hints.js";
import { createProgram } from "./program.js";

/** The flags of every verb, without those that are refused. */
function knownFlags(): ReadonlyMap<string, ReadonlySet<string>> {
  const { commands } = createProgram();
  return new Map(
    commands.map((verb) => {
      const shown = verb.options.filter(({ hidden }) => !hidden);
      return [verb.name(), new Set(shown.map(({ long }) => long ?? ""))];
    }),
  );
}

describe("hintFor()", () => {
  it("names the flag of the option that an error names", () => {
    const hint = (option: string, verb: string) =>
      hintFor(new UsageError("OPTION_RANGE", "Cannot", { option }), verb);
    assert.equal(hint("batch", "train"), "--batch");
    assert.equal(hint("microBatch", "train"), "--micro-batch");
    assert.equal(hint("learningRate", "lr-find"), "--lr");
    assert.equal(hint("preprocessing", "classify"), "--preprocess");
    assert.equal(hint("preprocessing", "export"), "--with-preprocessing");
  });

  it("says what helps against a code, and nothing where nothing does", () => {
    assert.equal(hintFor(new ModelError("WEIGHTS_BACKGROUND", "Cannot"), "x"), "--drop-background");
    assert.equal(hintFor(new InputError("IMAGE_CORRUPT", "Cannot"), "classify"), undefined);
    assert.equal(hintFor(new UsageError("OPTION_MISSING", "Expected --out"), "export"), undefined);
  });

  it("names no flag that the command line has not", () => {
    const flags = knownFlags();
    const all = new Set([...flags.values()].flatMap((some) => [...some]));
    for (const hint of [...Object.values(hintsByCode), ...Object.values(flagsByOption)]) {
      const [flag = ""] = /--[a-z-]+/.exec(hint) ?? [];
      assert.ok(all.has(flag), `${hint} is no flag`);
    }
    assert.ok(flags.get("export")?.has(flagsByOption["export preprocessing"] ?? ""));
  });
});
