import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { oneLine, printable } from "./printable.js";

describe("printable()", () => {
  it("escapes what moves, colors or turns, and nothing else", () => {
    const harmless = "émoji😀 日本語 e\u0301\tcolumn\nline — \u00a0";
    assert.equal(printable(harmless), harmless);
    assert.equal(
      printable("\x1b[31mred\x07\r\x9b2J\x7f"),
      "\\u001b[31mred\\u0007\\u000d\\u009b2J\\u007f",
    );
    assert.equal(printable("txt.\u202egpj"), "txt.\\u202egpj");
  });

  it("leaves the value of JSON as it was", () => {
    const value = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
    const text = printable(JSON.stringify(value));
    assert.equal(JSON.parse(text), value);
    assert.doesNotMatch(text, /[\p{Cc}\u202e]/u);
  });
});

describe("oneLine()", () => {
  it("escapes line ends and tabs too", () => {
    assert.equal(oneLine("a\nirv2: done\tb\x1b"), "a\\nirv2: done\\tb\\u001b");
  });
});
