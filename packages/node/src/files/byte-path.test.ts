import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readablePath, systemPath, textOfName } from "./byte-path.js";

describe("names that are no UTF-8", () => {
  const latin1 = Buffer.from("Käse.jpg", "latin1");

  it("come back as the bytes that they were, inside any path", () => {
    const text = textOfName(latin1);
    assert.deepEqual(systemPath(`ö/😀/${text}`), Buffer.concat([Buffer.from("ö/😀/"), latin1]));
    assert.equal(readablePath(`ö/${text}`), "ö/Käse.jpg");
  });

  it("leave others alone", () => {
    for (const name of ["Käse 😀.jpg", "a\ufffd.jpg", "Ka\u0308se"]) {
      assert.equal(textOfName(Buffer.from(name)), name);
      assert.equal(systemPath(name), name);
      assert.equal(readablePath(name), name);
    }
  });
});
