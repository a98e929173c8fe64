import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelError } from "../../errors.js";
import { createRandom } from "../../tensor/random.js";
import { tensor } from "../../tensor/tensor.js";
import { encodeSafetensors, readSafetensors } from "./safetensors.js";

const values = Float32Array.of(0, -0, 1, -2.5, 65504, 1e-7, 6e-8, 3.25, 2 ** -24, 2 ** -14);
const tensors = new Map([
  ["b", tensor([2, 5], values)],
  ["a", tensor([3], Float32Array.of(1, 2, 3))],
]);

/** A file with this header and this many bytes behind it. */
function fileOf(header: unknown, bytes: number): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const file = new Uint8Array(8 + Buffer.byteLength(text) + bytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(Buffer.byteLength(text)), true);
  file.set(Buffer.from(text), 8);
  return file;
}

const one = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe("readSafetensors()", () => {
  it("reads what was written, with metadata and counters", () => {
    const bytes = encodeSafetensors(tensors, {
      metadata: { format: "pt" },
      counters: new Map([["n", 7n]]),
    });
    const file = readSafetensors(bytes, "test");
    assert.deepEqual([...file.entries.keys()], ["n", "a", "b"]);
    assert.deepEqual(file.entries.get("b")?.shape, [2, 5]);
    assert.deepEqual(file.floats("b"), values);
    assert.equal(file.metadata.get("format"), "pt");
    assert.equal(file.entries.get("n")?.dtype, "I64");
  });

  it("gives views of the file where it holds aligned float32", () => {
    const file = readSafetensors(encodeSafetensors(tensors), "test");
    assert.equal(file.floats("a").buffer, file.bytes.buffer);
  });

  it("copies float32 that a header of odd length has put out of line", () => {
    const file = fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ', 4);
    new DataView(file.buffer).setFloat32(file.length - 4, 1.5, true);
    assert.deepEqual(readSafetensors(file, "test").floats("a"), Float32Array.of(1.5));
    const buffer = Buffer.from(file.buffer); // whose slice() is a view
    assert.deepEqual(readSafetensors(buffer, "test").floats("a"), Float32Array.of(1.5));
  });

  it("keeps names in order and whole, whatever they are", () => {
    const names = ["10", "9", "__proto__", "constructor", 'a"\n'];
    const file = readSafetensors(
      encodeSafetensors(new Map(names.map((name) => [name, tensor([1])]))),
      "test",
    );
    assert.deepEqual([...file.entries.keys()].sort(), [...names].sort());
  });

  const cases: [string, Uint8Array, string, string][] = [
    [
      "an empty file",
      new Uint8Array(),
      "WEIGHTS_EMPTY",
      "expected a safetensors file, got an empty one",
    ],
    [
      "a stub",
      new Uint8Array(5),
      "WEIGHTS_TRUNCATED",
      "expected a header of at least 8 bytes, got 5",
    ],
    [
      "a header of 100 MB and more",
      Uint8Array.of(1, 225, 245, 5, 0, 0, 0, 0, 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors header of at most 100000000 bytes, got a length of 100000001",
    ],
    [
      "a header longer than the file",
      Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 123),
      "WEIGHTS_TRUNCATED",
      "expected 200 bytes of header, got 1 in the file",
    ],
    [
      "no JSON",
      fileOf("no json", 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors header of JSON, got something else",
    ],
    [
      "a list",
      fileOf([], 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors header of JSON, got something else",
    ],
    [
      "metadata of numbers",
      fileOf({ __metadata__: { a: 1 } }, 0),
      "WEIGHTS_FORMAT",
      'expected texts in "__metadata__", got ["a",1]',
    ],
    [
      "a type that weights do not have",
      fileOf({ a: one([1], [0, 8], "C64") }, 8),
      "WEIGHTS_DTYPE",
      'expected one of F32, F16, BF16, F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL for tensor "a", got "C64"',
    ],
    [
      "a negative size",
      fileOf({ a: one([-1], [0, 4]) }, 4),
      "WEIGHTS_FORMAT",
      'expected a shape for tensor "a", got [-1]',
    ],
    [
      "one offset",
      fileOf({ a: one([1], [0]) }, 4),
      "WEIGHTS_FORMAT",
      'expected two offsets for tensor "a", got [0]',
    ],
    [
      "offsets that do not fit the shape",
      fileOf({ a: one([2, 3], [0, 20]) }, 20),
      "WEIGHTS_OFFSETS",
      'expected 24 bytes for tensor "a" (F32 2x3), got offsets 0 to 20',
    ],
    [
      "tensors that overlap",
      fileOf({ a: one([2], [0, 8]), b: one([2], [4, 12]) }, 12),
      "WEIGHTS_OFFSETS",
      'expected tensors that do not overlap, got "b" at 4 before the end of another at 8',
    ],
    [
      "a hole",
      fileOf({ a: one([1], [0, 4]), b: one([1], [8, 12]) }, 12),
      "WEIGHTS_OFFSETS",
      'expected tensors without holes, got "b" at 8 and nothing from 4',
    ],
    [
      "offsets outside the file",
      fileOf({ a: one([4], [0, 16]) }, 8),
      "WEIGHTS_TRUNCATED",
      "expected 79 bytes in total, got 71",
    ],
    [
      "a type that is a word of the language",
      fileOf({ a: one([1], [0, 4], "constructor") }, 4),
      "WEIGHTS_DTYPE",
      'expected one of F32, F16, BF16, F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL for tensor "a", got "constructor"',
    ],
    [
      "a type in a list",
      fileOf({ a: one([1], [0, 4], ["F32"]) }, 4),
      "WEIGHTS_DTYPE",
      'expected one of F32, F16, BF16, F64, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL for tensor "a", got ["F32"]',
    ],
    [
      "a size beyond whole numbers",
      fileOf({ a: one([2 ** 52, 2 ** 52, 0], [0, 0]), b: one([2 ** 52, 4], [0, 4]) }, 4),
      "WEIGHTS_FORMAT",
      'expected a shape for tensor "b", got [4503599627370496,4]',
    ],
    [
      "a shape too deep to print",
      fileOf(
        `{"a":{"dtype":"F32","shape":${"[".repeat(2e5)}${"]".repeat(2e5)},"data_offsets":[0,4]}}`,
        4,
      ),
      "WEIGHTS_FORMAT",
      'expected a shape for tensor "a", got something nested too deep to show',
    ],
    [
      "a long shape, in one short line",
      fileOf({ "a\nb": one([-1, ...Array<number>(1e4).fill(1)], [0, 4]) }, 4),
      "WEIGHTS_FORMAT",
      `expected a shape for tensor "a\\nb", got [-1${",1".repeat(38)},...`,
    ],
    [
      "a byte order mark",
      fileOf("\ufeff{}", 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors header of JSON, got something else",
    ],
    [
      "a zip archive, saying so",
      Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 8, 0, 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors file, got a zip archive, as PyTorch's .pth and Keras' .keras files are",
    ],
    [
      "an HDF5 file, saying so",
      Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0),
      "WEIGHTS_FORMAT",
      "expected a safetensors file, got an HDF5 file, as Keras' .h5 files are",
    ],
    [
      "the pointer that a clone without Git LFS leaves",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0"),
      "WEIGHTS_FORMAT",
      "expected a safetensors file, got a Git LFS pointer in place of the file",
    ],
    [
      "a web page, as a failed download leaves",
      Buffer.from("<!DOCTYPE html><html><body>Not found</body></html>"),
      "WEIGHTS_FORMAT",
      "expected a safetensors file, got a web page",
    ],
    [
      "bytes at the end",
      fileOf({ a: one([1], [0, 4]) }, 9),
      "WEIGHTS_OFFSETS",
      "expected the file to end at byte 66, got 5 bytes more",
    ],
  ];
  for (const [what, bytes, code, problem] of cases) {
    it(`refuses ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readSafetensors(bytes, "x"), { name: "ModelError", code, message });
    });
  }

  it("reads or refuses any damaged file, and never anything else", () => {
    const good = encodeSafetensors(tensors, { metadata: { format: "pt" } });
    const random = createRandom(20160830);
    for (let round = 0; round < 3000; round++) {
      const bytes = good.slice(0, round % 3 === 0 ? random.below(good.length) : good.length);
      for (let change = random.below(4); change >= 0; change--) {
        const limit = random.below(2) === 0 ? 130 : bytes.length;
        bytes[random.below(Math.min(limit, bytes.length) || 1)] = random.below(256);
      }
      try {
        const file = readSafetensors(bytes, "fuzz");
        for (const [name, { dtype }] of file.entries) if (dtype !== "I64") file.floats(name);
      } catch (error) {
        assert.ok(error instanceof ModelError, `round ${round}: ${error}`);
        assert.match(error.message, /^Cannot read weights "fuzz": expected .+, got .*[^.]$/);
      }
    }
  });
});
