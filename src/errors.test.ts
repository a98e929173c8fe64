import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodes, InputError, ModelError, packError, UsageError, unpackError } from "./errors.js";

describe("errors", () => {
  it("know their exit codes", () => {
    assert.equal(new UsageError("A", "a").exitCode, exitCodes.usage);
    assert.equal(new InputError("B", "b").exitCode, 3);
    assert.equal(new ModelError("C", "c").exitCode, 4);
  });

  it("keep class, code and message from thread to thread", () => {
    const back = unpackError(structuredClone(packError(new ModelError("WEIGHTS_SHAPE", "no"))));
    assert.ok(back instanceof ModelError);
    assert.equal(back.code, "WEIGHTS_SHAPE");
    assert.equal(back.message, "no");
    assert.equal(unpackError(packError("text")).message, "text");
  });
});
