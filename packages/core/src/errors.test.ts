import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorCodes } from "./error-codes.js";
import {
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
  const classes = { Irv2Error, UsageError, InputError, ModelError, ResourceError, GraphError };
  for (const [name, Kind] of Object.entries(classes)) {
    it(`of class ${name} keep it across threads`, () => {
      const error = new Kind("WEIGHTS_SHAPE", "Cannot do this", { cause: "that" });
      assert.ok(error instanceof Irv2Error);
      assert.deepEqual([error.name, error.cause], [name, "that"]);
      const back = unpackError(structuredClone(packError(error)));
      assert.ok(back instanceof Kind);
      assert.deepEqual(
        [back.name, back.code, back.message, back.stack],
        [name, "WEIGHTS_SHAPE", "Cannot do this", error.stack],
      );
    });
  }

  it("of usage keep the option that they name, across threads too", () => {
    const error = new UsageError("OPTION_RANGE", "Cannot do this", { option: "batch" });
    const back = unpackError(structuredClone(packError(error)));
    assert.ok(back instanceof UsageError);
    assert.equal(back.option, "batch");
    assert.equal(new UsageError("OPTION_RANGE", "Cannot do this").option, undefined);
  });
});

describe("errorCodes", () => {
  it("name a subject and a problem, and say what they stand for in a line", () => {
    for (const [code, meaning] of Object.entries(errorCodes)) {
      assert.match(code, /^(UNEXPECTED|[A-Z]+(_[A-Z]+)+)$/);
      assert.doesNotMatch(code, /^(NO|UNKNOWN|ILLEGAL|BAD|INVALID)_/);
      assert.match(meaning, /^[a-z][^\n]{10,110}[^.\n]$/);
    }
  });

  it("say something different each", () => {
    const meanings = Object.values(errorCodes);
    assert.equal(new Set(meanings).size, meanings.length);
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
    const cause = new NativeError("NATIVE_CALL", "Cannot run", { status: 5 });
    const error = new ResourceError("ENGINE_STOPPED", "Cannot go on", { cause });
    const back = unpackError(structuredClone(packError(error)));
    assert.ok(back.cause instanceof NativeError);
    assert.deepEqual(
      [back.cause.name, back.cause.code, back.cause.status],
      ["NativeError", "NATIVE_CALL", 5],
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
