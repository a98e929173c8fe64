import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom } from "../tensor/random.js";
import { decodeMessage } from "./decode.js";
import { encodeMessage } from "./encode.js";
import { many, message, one } from "./schema.js";

const part = message("Part", { name: one("text", 1), bytes: one("bytes", 2) });
const whole = message("Whole", {
  number: one("int", 1),
  numbers: many("int", 2),
  text: one("text", 3),
  texts: many("text", 4),
  part: one(part, 5),
  parts: many(part, 6),
  float: one("float", 7),
  floats: many("float", 8),
  double: one("double", 9),
  doubles: many("double", 10),
  late: one("int", 20),
});
const nothing = {
  number: 0,
  numbers: [],
  text: "",
  texts: [],
  part: null,
  parts: [],
  float: 0,
  floats: [],
  double: 0,
  doubles: [],
  late: 0,
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const fail = (problem: string) => new RangeError(problem);
const decode = (text: string) => decodeMessage(whole, Buffer.from(text, "hex"), fail);

describe("encodeMessage() and decodeMessage()", () => {
  // Bytes as protobufjs 7.6.6 writes them.
  const cases = [
    [{}, ""],
    [{ number: 150 }, "089601"],
    [{ number: -1 }, "08ffffffffffffffffff01"],
    [{ number: Number.MAX_SAFE_INTEGER }, "08ffffffffffffff0f"],
    [{ number: Number.MIN_SAFE_INTEGER }, "088180808080808" + "0f0ff01"],
    [{ numbers: [3, 270, 86942] }, "1206038e029ea705"],
    [{ text: "testing" }, "1a0774657374696e67"],
    [{ text: "ä€" }, "1a05c3a4e282ac"],
    [{ texts: ["a", ""] }, "2201612200"],
    [{ part: { name: "p" } }, "2a030a0170"],
    [{ parts: [{}, { bytes: Uint8Array.of(1, 2) }] }, "3200320412020102"],
    [{ float: 1.5, floats: [2, -0.5] }, "3d0000c03f420800000040000000bf"],
    [{ double: 0.1, doubles: [1] }, "499a9999999999b93f5208000000000000f03f"],
    [{ late: 1 }, "a00101"],
  ] as const;

  for (const [written, bytes] of cases) {
    it(`spell ${JSON.stringify(written)} as protobufjs does`, () => {
      assert.equal(hex(encodeMessage(whole, written)), bytes);
      const read = decode(bytes);
      const parts = read.parts.map(({ bytes, ...rest }) => ({ ...rest, bytes: [...bytes] }));
      const expected = "parts" in written ? [{}, { bytes: [1, 2] }] : [];
      assert.deepEqual(
        { ...read, parts, part: read.part && { name: read.part.name } },
        {
          ...nothing,
          ...written,
          parts: expected.map((one) => ({ name: "", bytes: [], ...one })),
          ...("float" in written && { float: 1.5 }),
        },
      );
    });
  }

  it("read lists of numbers that are not packed, and skip what they do not know", () => {
    assert.deepEqual(decode("1003108e02").numbers, [3, 270]);
    assert.deepEqual(decode("450000004045000000bf").floats, [2, -0.5]);
    assert.deepEqual(decode("f80101" + "fa0102ffff" + "0805"), { ...nothing, number: 5 });
  });

  it("take the last of several numbers, and merge messages", () => {
    assert.equal(decode("08010802").number, 2);
    const { part: merged } = decode("2a030a0170" + "2a04" + "12020102");
    assert.deepEqual([merged?.name, hex(merged?.bytes ?? new Uint8Array())], ["p", "0102"]);
  });

  it("copy no bytes when reading, and take each once when writing", () => {
    const bytes = new Uint8Array(100_000).map((_, at) => at);
    const file = encodeMessage(whole, { part: { name: "big", bytes }, late: 7 });
    assert.equal(file.length, file.buffer.byteLength);
    const read = decodeMessage(whole, file, fail);
    assert.deepEqual(read.part?.bytes, bytes);
    assert.equal(read.part?.bytes.buffer, file.buffer);
    assert.equal(read.late, 7);
  });

  it("refuse bytes that are no message, in a sentence", () => {
    const damaged = /^expected Whole as a protocol buffer, got other bytes$/;
    for (const bytes of ["08", "0a05", "0b", "00", "0fff", "08ffffffffffffffffffff01"]) {
      assert.throws(() => decode(bytes), { name: "RangeError", message: damaged });
    }
    assert.throws(() => decode("2a030a0570"), {
      message: "expected Part as a protocol buffer, got other bytes",
    });
    const wrong: readonly [string, number][] = [
      ["0d00000000", 1],
      ["1801", 3],
      ["2801", 5],
      ["3801", 7],
      ["1202ffff", 2],
      ["4203000000", 8],
    ];
    for (const [bytes, id] of wrong) {
      assert.throws(() => decode(bytes), {
        message: `expected Whole with another kind of field ${id}`,
      });
    }
    assert.throws(() => decodeMessage(whole, new Uint8Array(2 ** 21 + 2).fill(8), fail), {
      message: "expected at most 1048576 fields in Whole, got more",
    });
    assert.throws(() => encodeMessage(whole, { number: 0.5 }), {
      message: "Expected a whole number, got 0.5",
    });
  });

  it("read or refuse whatever they are given", () => {
    const random = createRandom(1, "protobuf");
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
      try {
        decodeMessage(whole, bytes, fail);
      } catch (error) {
        assert.ok(error instanceof RangeError && error.message.startsWith("expected "));
      }
    }
  });
});
