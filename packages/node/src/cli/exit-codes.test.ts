import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
} from "@inception-resnet-v2/core/internal/errors.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";

describe("exitCodeOf()", () => {
  it("maps each class to its documented code, on this side of a thread and the other", () => {
    const cases: [error: Error, exitCode: number][] = [
      [new Irv2Error("TRAINING_NOT_FINITE", "Cannot go on"), 1],
      [new UsageError("OPTION_RANGE", "Cannot start"), 2],
      [new InputError("IMAGE_CORRUPT", "Cannot decode"), 3],
      [new ModelError("WEIGHTS_SHAPE", "Cannot load"), 4],
      [new ResourceError("DISK_FULL", "Cannot save"), 5],
      [new GraphError("GRAPH_SHAPE", "Cannot build"), 1],
      [new NativeError("NATIVE_CALL", "Cannot run", { status: 3 }), 1],
      [new RangeError("not of this library"), 1],
    ];
    for (const [error, exitCode] of cases) {
      assert.equal(exitCodeOf(error), exitCode, error.name);
      assert.equal(exitCodeOf(unpackError(structuredClone(packError(error)))), exitCode);
    }
    assert.equal(exitCodeOf("text"), 1);
  });

  it("knows the documented codes", () => {
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
