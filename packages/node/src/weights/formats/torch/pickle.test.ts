import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { readPickle } from "./pickle.js";
import type { PickleRules } from "./pickle-machine.js";

const failure = readingFailure("x");

/** What Python itself uses for bytes and sets in old protocols. */
const globals = new Map<string, unknown>([
  ["_codecs.encode", (text: string) => new Uint8Array(Buffer.from(text, "latin1"))],
  ["__builtin__.bytes", () => new Uint8Array()],
  ["__builtin__.set", (items: unknown[]) => new Set(items)],
  ["builtins.set", (items: unknown[]) => new Set(items)],
]);

function read(text: string, rules: PickleRules = { globals }): unknown {
  return readPickle(Buffer.from(text, "latin1"), 0, rules, failure).value;
}

const plain = new Map<unknown, unknown>([
  ["texts", ["", "é", "long ".repeat(60), "\u{1f600}\n"]],
  [
    "ints",
    [0, 1, 255, 256, 65535, 65536, -1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 2n ** 53n, -(2n ** 70n)],
  ],
  ["floats", [0.5, -1e300, 1e-5, Infinity]],
  ["flags", [true, false, null]],
  ["tuples", [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
  ["bytes", [new Uint8Array(), Uint8Array.of(0, 255), new Uint8Array(300).fill(0xe9)]],
  ["sets", [new Set(), new Set([1])]],
  ["nested", new Map([["a", new Map([["b", [[], new Map()]]])]])],
  ["shared", [["x"], ["x"]]],
  ["many", Array.from({ length: 1100 }, (_, index) => index)],
  [7, "a number as key"],
]);

describe("readPickle()", () => {
  /** Protocol to bytes: made by scripts/python/make-torch-fixtures.py. */
  const pickles = JSON.parse(
    readFileSync(repositoryFile("test/golden/torch-pickles.json"), "utf8"),
  ) as Record<string, string>;

  for (const [protocol, base64] of Object.entries(pickles)) {
    it(`reads what Python wrote in protocol ${protocol}`, () => {
      const bytes = Buffer.from(base64, "base64");
      const { value, end } = readPickle(bytes, 0, { globals }, failure);
      assert.deepEqual(value, plain);
      assert.equal(end, bytes.length);
      const { shared } = Object.fromEntries(value as Map<string, unknown[]>);
      assert.equal(shared?.[0], shared?.[1]);
    });
  }

  it("knows the opcodes that Python itself no longer writes", () => {
    assert.deepEqual(read("(I1\nI01\nl."), [1, true]);
    assert.deepEqual(read("(S'a'\nI2\nd."), new Map([["a", 2]]));
    assert.deepEqual(read("(I1\nI2\n0t."), [1]);
    assert.deepEqual(read("I1\n(I2\n1."), 1);
    assert.deepEqual(read("I1\n(0."), 1);
    assert.deepEqual(
      read("]2a."),
      (() => {
        const list: unknown[] = [];
        list.push(list);
        return list;
      })(),
    );
    assert.deepEqual(read("(](I1\n00i__builtin__\nset\n."), new Set());
    assert.deepEqual(read("(c__builtin__\nset\n]o."), new Set());
    assert.deepEqual(read("c__builtin__\nset\n]\x85}\x92."), new Set());
    assert.deepEqual(read("V\\u00e9\\U0001f600\n."), "é\u{1f600}");
    assert.deepEqual(read("T\x02\0\0\0abU\x01c\x86."), ["ab", "c"]);
    assert.deepEqual(read("F-inf\n."), -Infinity);
  });

  it("asks for what a persistent id stands for", () => {
    const persistent = (id: unknown) => ({ id });
    assert.deepEqual(read("K\x07\x85Q.", { globals, persistent }), { id: [7] });
  });

  it("refuses a global that is not in the table before anything else happens", () => {
    let calls = 0;
    const counting = new Map([["a.b", () => calls++]]);
    for (const text of [
      "cos\nsystem\n(S'true'\ntR.",
      "U\x02osU\x06system\x93.",
      "(ios\nsystem\n.",
    ]) {
      assert.throws(() => read(text, { globals: counting }), {
        name: "ModelError",
        code: "WEIGHTS_PICKLE_GLOBAL",
        message:
          'Cannot read weights "x": expected tensors and plain data in the pickle, got the global "os.system"',
      });
    }
    assert.throws(() => read("ca\nb.c\n.", { globals: counting }), {
      code: "WEIGHTS_PICKLE_GLOBAL",
    });
    assert.equal(calls, 0);
  });

  const cases: [what: string, text: string, problem: string][] = [
    ["a byte that is no opcode", "N\x00.", "expected an opcode at byte 1, got 0"],
    ["code by number from a registry", "\x82\x01.", "expected an opcode at byte 0, got 130"],
    ["memory of another program", "\x97.", "expected an opcode at byte 0, got 151"],
    ["ids as text", "Pid\n.", "expected an opcode at byte 0, got 80"],
    ["a later protocol", "\x80\x06N.", "expected a pickle of protocol 0 to 5, got 6"],
    ["an empty stack", ".", "expected a value on the stack before byte 1, got none"],
    ["a value below the mark", "N(.", "expected a value on the stack before byte 3, got none"],
    ["a mark that is not there", "t.", "expected a value on the stack before byte 1, got none"],
    ["a memo that is not set", "h\x05.", "expected memo 5 to be set, got nothing"],
    ["a call of a text", "U\x01a)R.", 'expected a call before byte 5, got "a" with a list of 0'],
    [
      "arguments that are no list",
      "c_codecs\nencode\nNR.",
      "expected a call before byte 18, got a class or function with None",
    ],
    ["adding to a text", "U\x01aNa.", 'expected a list to add to, got "a"'],
    [
      "an item of a list by key",
      "]NNs.",
      "expected keys and values for a dictionary, got 2 values for a list of 0",
    ],
    [
      "a key without a value",
      "}(Nu.",
      "expected keys and values for a dictionary, got 1 values for a dictionary of 0",
    ],
    ["a global named by a number", "NK\x01\x93.", "expected the name of a global, got None and 1"],
    [
      "bytes that are no UTF-8",
      "X\x01\0\0\0\xff.",
      "expected UTF-8 at byte 5 of a pickle, got other bytes",
    ],
    ["an integer of letters", "Iabc\n.", "expected an integer before byte 5, got another text"],
    [
      "an integer of a thousand digits",
      `L${"9".repeat(1000)}L\n.`,
      "expected an integer before byte 1003, got another text",
    ],
    [
      "an integer of a thousand bytes",
      `\x8b\xe8\x03\0\0${"\x01".repeat(1000)}.`,
      "expected integers of at most 255 bytes, got 1000",
    ],
    ["a float of letters", "Fabc\n.", "expected a number before byte 5, got another text"],
    [
      "a text without quotes",
      "Sabc\n.",
      "expected a text in quotes before byte 5, got another one",
    ],
    [
      "a negative place in the memo",
      "Np-1\n.",
      "expected a place in the memo before byte 5, got another text",
    ],
    ["a persistent id where none may be", "NQ.", "expected no storages in this pickle, got one"],
    [
      "more opcodes than a weight file has",
      "N0".repeat(250_000),
      "expected at most 500000 opcodes, got more",
    ],
  ];
  for (const [what, text, problem] of cases) {
    it(`refuses ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => read(text), { name: "ModelError", code: "WEIGHTS_PICKLE", message });
    });
  }

  it("refuses lengths beyond the end", () => {
    const lengths: [text: string, problem: string][] = [
      ["", "expected 1 more bytes of a pickle at byte 0, got 0"],
      ["X\xff\xff\xff\xffabc", "expected 4294967295 more bytes of a pickle at byte 5, got 3"],
      ["B\xff\xff\xff\xff", "expected 4294967295 more bytes of a pickle at byte 5, got 0"],
      [
        `\x8d${"\xff".repeat(8)}`,
        "expected 18446744073709552000 more bytes of a pickle at byte 9, got 0",
      ],
      ["cos", "expected 3 more bytes of a pickle at byte 1, got 2"],
      ["J\0", "expected 4 more bytes of a pickle at byte 1, got 1"],
    ];
    for (const [text, problem] of lengths) {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => read(text), { code: "WEIGHTS_TRUNCATED", message });
    }
    const long = Buffer.alloc(2 ** 25 + 10);
    long.write("B\xff\xff\xff\x02", "latin1");
    assert.throws(() => readPickle(long, 0, { globals }, failure), {
      code: "WEIGHTS_PICKLE",
      message:
        'Cannot read weights "x": expected a pickle of at most 33554432 bytes, got a longer one',
    });
  });
});
