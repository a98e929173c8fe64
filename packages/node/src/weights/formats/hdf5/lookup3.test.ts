import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lookup3 } from "./lookup3.js";

describe("lookup3()", () => {
  it("gives the sums that its author prints", () => {
    assert.equal(lookup3(new Uint8Array()), 0xdeadbeef);
    assert.equal(lookup3(Buffer.from("Four score and seven years ago")), 0x17770551);
  });
});
