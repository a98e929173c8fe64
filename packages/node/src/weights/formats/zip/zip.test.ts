import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import { zipParts } from "./write-zip.js";
import { isZip, readZip } from "./zip.js";

const failure = readingFailure("x");
const entry = (name: string, text: string) => ({ name, bytes: () => Buffer.from(text) });

/** An archive with entries "a" and "dir/ü"; places are those of its directory. */
function makeArchive(): { bytes: Buffer; directory: number; end: number } {
  const bytes = Buffer.concat([
    ...zipParts([entry("a", "first"), entry("dir/ü", "second one")], { alignment: 64 }),
  ]);
  const end = bytes.length - 22;
  return { bytes, directory: bytes.readUInt32LE(end + 16), end };
}

/** What Python writes: zipfile.ZipFile(file, "w").writestr(zipfile.ZipInfo("a"), "first"). */
const stored =
  "UEsDBBQAAAAAAAAAIQBX7nGSBQAAAAUAAAABAAAAYWZpcnN0UEsBAhQDFAAAAAAAAAAhAFfucZIFAAAABQAAAAEAAAAAAAAAAAAAAIABAAAAAGFQSwUGAAAAAAEAAQAvAAAAJAAAAAAA";

describe("zipParts()", () => {
  it("puts entries at multiples of the alignment, and readZip() finds them as views", () => {
    const { bytes } = makeArchive();
    const entries = readZip(bytes, failure);
    assert.ok(isZip(bytes));
    assert.deepEqual([...entries.keys()], ["a", "dir/ü"]);
    for (const [name, text] of [
      ["a", "first"],
      ["dir/ü", "second one"],
    ] as const) {
      const found = entries.get(name)?.() ?? new Uint8Array();
      assert.equal(Buffer.from(found).toString(), text);
      assert.equal(found.buffer, bytes.buffer);
      assert.equal((found.byteOffset - bytes.byteOffset) % 64, 0);
    }
  });

  it("writes an archive of nothing", () => {
    const bytes = Buffer.concat([...zipParts([], { alignment: 64 })]);
    assert.equal(readZip(bytes, failure).size, 0);
  });

  it("refuses more entries than the format holds", () => {
    const many = Array.from({ length: 65536 }, (_, index) => entry(String(index), ""));
    assert.throws(() => [...zipParts(many, { alignment: 1 })], {
      name: "ModelError",
      code: "WEIGHTS_TOO_LARGE",
      message:
        "Cannot write a zip archive: expected at most 4294967295 bytes in 65535 entries, got more",
    });
  });
});

describe("readZip()", () => {
  it("reads what Python's zipfile wrote, with a comment behind it", () => {
    const bytes = Buffer.concat([Buffer.from(stored, "base64"), Buffer.from("comment")]);
    bytes.writeUInt16LE(7, bytes.length - 9);
    assert.equal(Buffer.from(readZip(bytes, failure).get("a")?.() ?? []).toString(), "first");
  });

  it("does not check sums where none was computed", () => {
    const { bytes, directory } = makeArchive();
    bytes.writeUInt32LE(0, directory + 16);
    bytes[64] = 0;
    assert.equal(readZip(bytes, failure).get("a")?.()[0], 0);
  });

  const cases: [
    what: string,
    code: string,
    problem: string,
    damage: (archive: ReturnType<typeof makeArchive>) => void,
  ][] = [
    [
      "no end record",
      "WEIGHTS_TRUNCATED",
      "expected the end of a zip archive, got another end of file",
      ({ bytes, end }) => bytes.writeUInt8(0, end),
    ],
    [
      "a comment longer than the file",
      "WEIGHTS_TRUNCATED",
      "expected the end of a zip archive, got another end of file",
      ({ bytes, end }) => bytes.writeUInt16LE(5, end + 20),
    ],
    [
      "a directory outside the file",
      "WEIGHTS_ZIP",
      "expected a directory of 2 entries before byte 237 of the archive, got 99 bytes at 4026531839",
      ({ bytes, end }) => bytes.writeUInt32LE(0xefffffff, end + 16),
    ],
    [
      "more entries than the directory holds",
      "WEIGHTS_ZIP",
      "expected a directory of 60000 entries before byte 237 of the archive, got 99 bytes at 138",
      ({ bytes, end }) => bytes.writeUInt16LE(60000, end + 10),
    ],
    [
      "large numbers without their record",
      "WEIGHTS_ZIP",
      "expected a ZIP64 record at the end of the archive, got none",
      ({ bytes, end }) => bytes.writeUInt32LE(0xffffffff, end + 16),
    ],
    [
      "a large size without its field",
      "WEIGHTS_ZIP",
      'expected size and place of entry "a", got none that fit',
      ({ bytes, directory }) => bytes.writeUInt32LE(0xffffffff, directory + 24),
    ],
    [
      "a name longer than the directory",
      "WEIGHTS_ZIP",
      "expected the directory to end at 237, got entry 0 to 65719",
      ({ bytes, directory }) => bytes.writeUInt16LE(0xffff, directory + 28),
    ],
    [
      "other bytes in the directory",
      "WEIGHTS_ZIP",
      "expected entry 1 of the directory at 185, got other bytes",
      ({ bytes, directory }) => bytes.writeUInt8(0, directory + 47),
    ],
    [
      "an entry that is somewhere else",
      "WEIGHTS_ZIP",
      'expected entry "a" at byte 1, got other bytes',
      ({ bytes, directory }) => bytes.writeUInt32LE(1, directory + 42),
    ],
    [
      "an entry of another name",
      "WEIGHTS_ZIP",
      'expected entry "b" at byte 0, got other bytes',
      ({ bytes, directory }) => bytes.write("b", directory + 46),
    ],
    [
      "an entry longer than the file",
      "WEIGHTS_TRUNCATED",
      'expected 268435456 bytes of entry "a", got 74',
      ({ bytes, directory }) => {
        bytes.writeUInt32LE(0x10000000, directory + 20);
        bytes.writeUInt32LE(0x10000000, directory + 24);
      },
    ],
    [
      "entries that overlap",
      "WEIGHTS_ZIP",
      'expected entries that do not overlap, got "dir/ü" at 69 in another',
      ({ bytes, directory }) => {
        bytes.writeUInt32LE(6, directory + 20);
        bytes.writeUInt32LE(6, directory + 24);
      },
    ],
    [
      "damaged bytes",
      "WEIGHTS_CHECKSUM",
      'expected bytes of entry "a" that fit its CRC-32, got others',
      ({ bytes }) => bytes.write("F", 64),
    ],
    [
      "compressed bytes",
      "WEIGHTS_ZIP",
      'expected stored entries, got "a" compressed by method 8',
      ({ bytes, directory }) => bytes.writeUInt16LE(8, directory + 10),
    ],
    [
      "encrypted bytes",
      "WEIGHTS_ZIP",
      'expected stored entries, got "a" encrypted',
      ({ bytes, directory }) => bytes.writeUInt16LE(1, directory + 8),
    ],
  ];
  for (const [what, code, problem, damage] of cases) {
    it(`refuses ${what}`, () => {
      const archive = makeArchive();
      damage(archive);
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readZip(archive.bytes, failure).get("a")?.(), {
        name: "ModelError",
        code,
        message,
      });
    });
  }

  it("refuses a name that is there twice", () => {
    const bytes = Buffer.concat([
      ...zipParts([entry("a", "1"), entry("a", "2")], { alignment: 1 }),
    ]);
    assert.throws(() => readZip(bytes, failure), {
      code: "WEIGHTS_ZIP",
      message: 'Cannot read weights "x": expected each entry once, got "a" again',
    });
  });
});
