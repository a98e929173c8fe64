import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ByteReader } from "@inception-resnet-v2/core/internal/protobuf/byte-reader.js";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { fixtureBytes } from "@inception-resnet-v2/test/helpers/tf-checkpoints.js";
import {
  blockOf,
  sealBlocks,
  tableOf,
  varint,
} from "@inception-resnet-v2/test/helpers/tf-table.js";
import { crc32c } from "./crc32c.js";
import { decodeSnappy } from "./snappy.js";
import { isTfTable, readTfTable } from "./tf-table.js";

const bytes = (...list: number[]) => Uint8Array.from(list);
const read = (table: Uint8Array) => readTfTable(table, readingFailure("x"));

describe("crc32c()", () => {
  it("gives the check value of the catalogues, and those of RFC 3720", () => {
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e);
  });
});

describe("ByteReader", () => {
  it("reads 64-bit numbers with their sign", () => {
    const cases: [number[], number][] = [
      [[0], 0],
      [[0xac, 0x02], 300],
      [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 53 - 1],
      [[...Array(9).fill(0xff), 1], -1],
      [[0x80, 0x80, 0x80, 0x80, 0xf8, ...Array(4).fill(0xff), 1], -(2 ** 31)],
      [[...Array(9).fill(0x80), 1], -(2 ** 63)],
    ];
    for (const [list, expected] of cases) {
      assert.equal(new ByteReader(bytes(...list), Error).varint(), expected);
    }
  });

  it("refuses to read past the end, and numbers without one", () => {
    const fail = () => new Error("end");
    for (const list of [[], [0x80], [...Array(10).fill(0x80), 1]]) {
      assert.throws(() => new ByteReader(bytes(...list), fail).varint(), /^Error: end$/);
    }
    for (const length of [4, -1, Number.NaN, Infinity]) {
      assert.throws(() => new ByteReader(bytes(1, 2, 3), fail).take(length), /^Error: end$/);
    }
  });
});

describe("decodeSnappy()", () => {
  const fail = () => new Error("damaged");

  it("writes literals, and copies that overlap themselves", () => {
    const stream = bytes(11, 0b0000_1000, 97, 98, 99, 0b0001_0001, 3);
    assert.equal(Buffer.from(decodeSnappy(stream, fail)).toString(), "abcabcabcab");
  });

  const cases: [string, Uint8Array][] = [
    ["nothing", bytes()],
    ["more than any stream makes", bytes(0xff, 0xff, 0xff, 0xff, 7, 0, 97)],
    ["too little", bytes(2, 0, 97)],
    ["too much", bytes(1, 4, 97, 98)],
    ["a literal that is cut off", bytes(3, 8, 97)],
    ["a copy from before the start", bytes(5, 0, 97, 1, 2)],
    ["a copy from nowhere", bytes(5, 0, 97, 1, 0)],
    ["a copy that runs over", bytes(3, 0, 97, 1, 1)],
  ];
  for (const [what, stream] of cases) {
    it(`refuses ${what}`, () =>
      assert.throws(() => decodeSnappy(stream, fail), /^Error: damaged$/));
  }
});

describe("readTfTable()", () => {
  it("reads keys that share prefixes, as TensorFlow wrote them", () => {
    const file = fixtureBytes("v2.ckpt.index");
    const keys = [...read(file).keys()];
    assert.ok(isTfTable(file));
    assert.equal(keys[0], "");
    assert.ok(
      keys.includes("InceptionResnetV2/Repeat/block35_40/Branch_0/BatchNorm/moving_variance"),
    );
    assert.ok(keys.includes("gr\xc3\xb6\xc3\x9fe"));
  });

  it("reads several blocks, and only in their order", () => {
    const blocks = ["a", "b"].map((key) => blockOf([[key, bytes(1)]]));
    assert.deepEqual([...read(sealBlocks(blocks)).keys()], ["a", "b"]);
    assert.throws(() => read(sealBlocks(blocks.reverse())), {
      message: 'Cannot read weights "x": expected keys that ascend, got one out of order',
    });
  });

  it("gives views of the file", () => {
    const table = tableOf([["a", bytes(1, 2)]]);
    assert.equal(read(table).get("a")?.buffer, table.buffer);
  });

  const good = tableOf([["a", bytes(1, 2, 3)]]);
  const changed = (at: number, byte: number) =>
    good.map((old, place) => (place === at ? byte : old));
  const entry = (shared: number, rest: number, size: number, ...more: number[]) =>
    Buffer.concat([varint(shared), varint(rest), varint(size), bytes(...more, 0, 0, 0, 0)]);
  const cases: [string, Uint8Array, string, string][] = [
    [
      "an empty file",
      bytes(),
      "WEIGHTS_EMPTY",
      "expected a TensorFlow checkpoint, got an empty file",
    ],
    [
      "another kind of file",
      Buffer.from("<html>"),
      "WEIGHTS_FORMAT",
      "expected a TensorFlow checkpoint, got a web page",
    ],
    [
      "a file that is cut off",
      good.subarray(0, -1),
      "WEIGHTS_FORMAT",
      "expected a TensorFlow checkpoint, got a file that is cut off or of another kind",
    ],
    [
      "a damaged footer",
      good.map((byte, at) => (at >= good.length - 48 && at < good.length - 8 ? 0x80 : byte)),
      "WEIGHTS_FORMAT",
      "expected a table of TensorFlow, got a footer that is none",
    ],
    [
      "a block outside the file",
      Buffer.concat([good.subarray(0, -48), bytes(0, 8, 0xff, 0x7f, 127), good.subarray(-43)]),
      "WEIGHTS_OFFSETS",
      `expected a block between bytes 0 and ${good.length - 53}, got 127 bytes at 16383`,
    ],
    [
      "a changed byte",
      changed(4, 9),
      "WEIGHTS_CHECKSUM",
      "expected intact bytes, got a block at 0 that does not match its checksum",
    ],
    [
      "another compression",
      sealBlocks([blockOf([])], 4),
      "WEIGHTS_FORMAT",
      "expected blocks as they are or Snappy, got 4",
    ],
    [
      "Snappy that is none",
      sealBlocks([blockOf([["a", bytes(1)]])], 1),
      "WEIGHTS_FORMAT",
      "expected a Snappy stream at 0, got other bytes",
    ],
    [
      "more restart points than bytes",
      sealBlocks([bytes(0, 0, 0, 9)]),
      "WEIGHTS_FORMAT",
      "expected entries in a block, got other bytes",
    ],
    [
      "a prefix of no key",
      sealBlocks([entry(1, 0, 0)]),
      "WEIGHTS_FORMAT",
      "expected entries in a block, got other bytes",
    ],
    [
      "a value that is cut off",
      sealBlocks([entry(0, 1, 100, 97)]),
      "WEIGHTS_FORMAT",
      "expected entries in a block, got other bytes",
    ],
    [
      "a key without end",
      sealBlocks([entry(0, 5000, 0)]),
      "WEIGHTS_FORMAT",
      "expected keys of at most 4096 bytes, got a longer one",
    ],
    [
      "a key twice",
      tableOf([
        ["a", bytes()],
        ["a", bytes()],
      ]),
      "WEIGHTS_FORMAT",
      "expected keys that ascend, got one out of order",
    ],
  ];
  for (const [what, table, code, problem] of cases) {
    it(`refuses ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => read(table), { name: "ModelError", code, message });
    });
  }
});
