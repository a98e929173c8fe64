import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  exitCodes,
  GraphError,
  InputError,
  Irv2Error,
  ModelError,
  NativeError,
  packError,
  ResourceError,
  UsageError,
  unpackError,
} from "./errors.js";

describe("errors", () => {
  const classes = [
    [Irv2Error, "Irv2Error", 1],
    [UsageError, "UsageError", 2],
    [InputError, "InputError", 3],
    [ModelError, "ModelError", 4],
    [ResourceError, "ResourceError", 5],
    [GraphError, "GraphError", 1],
  ] as const;
  for (const [Kind, name, exitCode] of classes) {
    it(`of class ${name} end the command line with ${exitCode}, across threads too`, () => {
      const error = new Kind("SOME_CODE", "Cannot do this", { cause: "that" });
      assert.ok(error instanceof Irv2Error);
      assert.deepEqual([error.name, error.exitCode, error.cause], [name, exitCode, "that"]);
      const back = unpackError(structuredClone(packError(error)));
      assert.ok(back instanceof Kind);
      assert.deepEqual(
        [back.name, back.code, back.message, back.exitCode, back.stack],
        [name, "SOME_CODE", "Cannot do this", exitCode, error.stack],
      );
    });
  }

  it("have the documented exit codes", () => {
    assert.deepEqual(exitCodes, {
      done: 0,
      failed: 1,
      usage: 2,
      badInput: 3,
      badModel: 4,
      resource: 5,
      qualityGate: 6,
      interrupted: 130,
    });
  });
});

describe("packError()", () => {
  it("takes whatever is thrown", () => {
    assert.deepEqual(
      { ...packError(new RangeError("too far")), stack: undefined },
      { name: "RangeError", code: "UNEXPECTED", message: "too far", stack: undefined, fields: {} },
    );
    for (const [thrown, message] of [
      ["text", "text"],
      [undefined, "undefined"],
      [7, "7"],
    ] as const) {
      const { name, code, message: packed } = packError(thrown);
      assert.deepEqual([name, code, packed], ["Error", "UNEXPECTED", message]);
    }
  });

  it("keeps the class of an error of the language, and the code of one of the system", () => {
    const back = unpackError(structuredClone(packError(new RangeError("too far"))));
    assert.ok(back instanceof RangeError);
    assert.equal(back.message, "too far");
    const found = Object.assign(new Error("no such file"), { code: "ENOENT", errno: -2 });
    const again = unpackError(structuredClone(packError(found)));
    assert.ok(!(again instanceof Irv2Error));
    assert.deepEqual({ ...again }, { code: "ENOENT", errno: -2 });
  });

  it("keeps what a native library returned, and the error behind an error", () => {
    const cause = new NativeError("ONEDNN", "Cannot run", { status: 5 });
    const error = new ResourceError("ENGINE_STOPPED", "Cannot go on", { cause });
    const back = unpackError(structuredClone(packError(error)));
    assert.ok(back.cause instanceof NativeError);
    assert.deepEqual(
      [back.cause.name, back.cause.code, back.cause.status],
      ["NativeError", "ONEDNN", 5],
    );
  });

  it("gives an error of an unknown class back as a plain one of its name", () => {
    class Cut extends Error {
      override readonly name = "Cut";
    }
    const back = unpackError(structuredClone(packError(new Cut("too short"))));
    assert.deepEqual([back.constructor, back.name, back.message], [Error, "Cut", "too short"]);
  });
});
