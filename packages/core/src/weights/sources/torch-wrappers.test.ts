import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cuts, isAverage, sharedSegments, withoutWrappers } from "./torch-wrappers.js";

describe("withoutWrappers()", () => {
  it("drops what wrappers put anywhere in a name, and nothing of other modules", () => {
    assert.equal(withoutWrappers("_orig_mod.repeat._orig_mod.0.conv"), "repeat.0.conv");
    assert.equal(
      withoutWrappers("model._fsdp_wrapped_module.block8._fsdp_wrapped_module.conv2d.bias"),
      "model.block8.conv2d.bias",
    );
    assert.equal(withoutWrappers("my_orig_mod.a"), "my_orig_mod.a");
  });
});

describe("cuts()", () => {
  it("cuts a name at every dot", () => {
    assert.deepEqual(
      [...cuts("model.1.bias")],
      [
        ["", "model.1.bias"],
        ["model.", "1.bias"],
        ["model.1.", "bias"],
      ],
    );
  });
});

describe("isAverage()", () => {
  for (const prefix of ["state_dict_ema.", "ema_model.module.", "model_ema.", "ema.", "a.swa."]) {
    it(`is told by ${prefix}`, () => assert.ok(isAverage(prefix)));
  }
  for (const prefix of ["", "model.", "schema.", "emanation."]) {
    it(`is not told by "${prefix}"`, () => assert.ok(!isAverage(prefix)));
  }
});

describe("sharedSegments()", () => {
  it("counts what two prefixes begin with alike", () => {
    assert.equal(sharedSegments("student.net.", "student.fc.weight"), 1);
    assert.equal(sharedSegments("student.", "teacher.fc.weight"), 0);
  });
});
