import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProgram } from "./program.js";
import { renamedFlags } from "./renamed-flags.js";

const sentences: Readonly<Record<string, string>> = {
  "--accumulate":
    "Expected another flag for --accumulate, which is now --micro-batch with the photos computed at once: --batch 32 --accumulate 4 is --batch 32 --micro-batch 8",
  "--auxiliary": "Expected another flag for --auxiliary, which is now --aux",
  "--clip": "Expected another flag for --clip, which is now --clip-norm",
  "--weights":
    "Expected another flag for --weights, which is now an argument, as in import: irv2 export best.safetensors --out model.onnx",
};

describe("a flag that had another name", () => {
  for (const { old, verbs } of renamedFlags) {
    for (const verb of verbs) {
      for (const given of [[old, "2"], [`${old}=2`], [old]]) {
        it(`is refused with the new one: irv2 ${verb} ${given.join(" ")}`, async () => {
          await assert.rejects(createProgram().parseAsync([verb, ...given], { from: "user" }), {
            name: "UsageError",
            code: "OPTION_RENAMED",
            message: sentences[old],
          });
        });
      }
    }
  }

  it("is refused in its short form too, and is in no help", async () => {
    const program = createProgram();
    await assert.rejects(program.parseAsync(["export", "-w", "x"], { from: "user" }), {
      code: "OPTION_RENAMED",
    });
    for (const verb of program.commands) {
      const old = renamedFlags.filter(({ verbs }) => verbs.includes(verb.name()));
      for (const { old: flag } of old) {
        assert.doesNotMatch(verb.helpInformation(), new RegExp(`${flag}[ ,]`));
      }
    }
  });
});
