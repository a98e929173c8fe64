import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wrapperPrefix } from "./torch-wrappers.js";

describe("wrapperPrefix()", () => {
  it("finds what all names begin with, also where wrappers are nested", () => {
    assert.equal(wrapperPrefix(["module.classif.bias", "module.classif.weight"]), "module.");
    assert.equal(wrapperPrefix(["module._orig_mod.a", "module._orig_mod.b"]), "module._orig_mod.");
  });

  it("finds nothing where a name lacks it, and nothing of other modules", () => {
    assert.equal(wrapperPrefix(["module.a", "b"]), "");
    assert.equal(wrapperPrefix(["repeat.0.conv2d.bias", "repeat.1.conv2d.bias"]), "");
    assert.equal(wrapperPrefix([]), "");
  });
});
