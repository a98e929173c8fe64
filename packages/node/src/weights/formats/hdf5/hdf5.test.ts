import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kerasFixture } from "@inception-resnet-v2/test/helpers/small-keras.js";
import { type Hdf5File, readHdf5 } from "./hdf5.js";

const read = (name: string): Hdf5File => readHdf5(kerasFixture(name), name);

/** Quarters from -3, as the fixture has them. */
const quarters = Float32Array.from({ length: 24 }, (_, at) => (at - 12) / 4);
const counted = Float32Array.from({ length: 7 * 11 * 5 }, (_, at) => at);

describe("readHdf5()", () => {
  const odd = read("odd.h5");

  it("reads texts of fixed and of variable length, alone and in lists", () => {
    const texts = odd.texts.get("texts");
    assert.deepEqual(texts?.get("fixed"), ["one", "three", "zwölf"]);
    assert.deepEqual(texts?.get("variable"), ["one", "", "zwölf", "long ".repeat(1000)]);
    assert.deepEqual(texts?.get("scalar"), ["a text"]);
    assert.ok(!texts?.has("none") && !texts?.has("number"));
  });

  it("reads floats of every width exactly", () => {
    for (const name of ["float32", "float16", "bfloat16"]) {
      assert.equal(odd.entries.get(`numbers/${name}`)?.dtype, name);
      assert.deepEqual(odd.entries.get(`numbers/${name}`)?.shape, [4, 6]);
      assert.deepEqual(odd.floats(`numbers/${name}`), quarters, name);
    }
    assert.deepEqual(odd.floats("numbers/scalar"), Float32Array.of(2.5));
    assert.deepEqual(odd.entries.get("numbers/scalar")?.shape, []);
    assert.deepEqual(odd.floats("numbers/none"), new Float32Array());
    assert.deepEqual(odd.floats("compact"), Float32Array.of(0, 1, 2, 3, 4, 5));
  });

  it("gives a view of aligned float32, and the same one again", () => {
    const bytes = kerasFixture("odd.h5");
    const file = readHdf5(bytes, "odd.h5");
    assert.equal(file.floats("numbers/float32").buffer, bytes.buffer);
    assert.deepEqual(file.floats("compact"), file.floats("compact"));
  });

  it("reads chunks, with gaps at the edges, plain and through gzip and shuffle", () => {
    for (const name of ["plain", "gzip", "shuffled"]) {
      assert.deepEqual(odd.floats(`chunked/${name}`), counted, name);
    }
    const many = Float32Array.from({ length: 400 }, (_, at) => at);
    assert.deepEqual(odd.floats("chunked/many"), many); // in a tree of several levels
  });

  it("names the types of what holds no floats", () => {
    const types = ["float64", "int64", "uint32", "text"].map(
      (name) => odd.entries.get(`numbers/${name}`)?.dtype,
    );
    assert.deepEqual(types, ["float64", "int64", "uint32", "text"]);
  });

  it("reads groups with more members and attributes than one node holds", () => {
    const file = read("many-new.h5");
    assert.equal(file.texts.get("g")?.size, 60);
    assert.deepEqual(file.texts.get("g")?.get("a59"), ["text 59"]);
    assert.equal(read("many-old.h5").entries.size, 0);
  });

  it("reads the same in old and new structures", () => {
    const old = read("numbered.weights.h5");
    assert.equal(old.entries.size, 80);
    for (const version of ["v108", "latest"]) {
      const file = read(`${version}.weights.h5`);
      assert.deepEqual([...file.entries.keys()].sort(), [...old.entries.keys()].sort());
      for (const path of old.entries.keys()) {
        assert.deepEqual(file.floats(path), old.floats(path), path);
      }
      assert.deepEqual(new Map([...file.texts].sort()), new Map([...old.texts].sort()));
    }
  });

  const refusedTensors: [path: string, code: string, problem: string][] = [
    [
      "numbers/float64",
      "WEIGHTS_DTYPE",
      'expected float32, float16 or bfloat16 for tensor "numbers/float64", got float64',
    ],
    [
      "numbers/big",
      "WEIGHTS_DTYPE",
      'expected float32, float16 or bfloat16 for tensor "numbers/big", got big-endian float32',
    ],
    [
      "chunked/lzf",
      "WEIGHTS_UNSUPPORTED",
      'expected data without filters, or through gzip and shuffle, got chunks with filter 32000 (lzf) for tensor "chunked/lzf"',
    ],
    [
      "chunked/checked",
      "WEIGHTS_UNSUPPORTED",
      'expected data without filters, or through gzip and shuffle, got chunks with filter 3 (fletcher32) for tensor "chunked/checked"',
    ],
    [
      "chunked/some",
      "WEIGHTS_FORMAT",
      'expected 9 chunks of a dataset, got 1 for tensor "chunked/some"',
    ],
    [
      "numbers/unwritten",
      "WEIGHTS_FORMAT",
      'expected a dataset with data, got one that was never written for tensor "numbers/unwritten"',
    ],
    ["nothing", "WEIGHTS_FORMAT", 'expected a dataset "nothing", got none'],
  ];
  for (const [path, code, problem] of refusedTensors) {
    it(`refuses the tensor ${path}`, () => {
      const message = `Cannot read weights "odd.h5": ${problem}`;
      assert.throws(() => odd.floats(path), { name: "ModelError", code, message });
    });
  }

  it("refuses an index of chunks that it does not know", () => {
    assert.throws(() => read("chunks-latest.h5").floats("x"), {
      code: "WEIGHTS_UNSUPPORTED",
      message:
        'Cannot read weights "chunks-latest.h5": expected contiguous data, or chunks in a tree, got chunks with an index of HDF5 1.10 for tensor "x"',
    });
  });

  const refusedLinks: [name: string, problem: string][] = [
    ["link-hard.h5", 'expected a tree of groups, got "y" that is "g" too'],
    ["link-soft.h5", 'expected only members of their own groups, got a soft link, "y"'],
    ["link-soft-latest.h5", 'expected only members of their own groups, got a soft link, "y"'],
    ["link-external.h5", 'expected only members of their own groups, got an external link, "y"'],
  ];
  for (const [name, problem] of refusedLinks) {
    it(`refuses ${name}`, () => {
      assert.throws(() => read(name), {
        name: "ModelError",
        code: "WEIGHTS_UNSUPPORTED",
        message: `Cannot read weights "${name}": ${problem}`,
      });
    });
  }

  /** Bytes of a fixture with some of them changed. */
  function changed(name: string, at: number, ...bytes: number[]): Uint8Array {
    const file = kerasFixture(name);
    file.set(bytes, at);
    return file;
  }

  const refusedFiles: [what: string, bytes: Uint8Array, code: string, problem: string][] = [
    ["nothing", new Uint8Array(), "WEIGHTS_FORMAT", "expected an HDF5 file, got an empty one"],
    ["a text", Buffer.from("a text"), "WEIGHTS_FORMAT", "expected an HDF5 file, got other bytes"],
    [
      "an archive",
      kerasFixture("shifted.keras"),
      "WEIGHTS_FORMAT",
      "expected an HDF5 file, got a zip archive, as PyTorch's .pth and Keras' .keras files are",
    ],
    [
      "a file cut short",
      kerasFixture("released.h5").subarray(0, 100_000),
      "WEIGHTS_TRUNCATED",
      "expected 155632 bytes in total, got 100000",
    ],
    [
      "a superblock of the future",
      changed("released.h5", 8, 9),
      "WEIGHTS_UNSUPPORTED",
      "expected version 0 or 1 or 2 or 3 of the superblock, got version 9",
    ],
    [
      "short addresses",
      changed("released.h5", 13, 4),
      "WEIGHTS_UNSUPPORTED",
      "expected addresses and lengths of 8 bytes, got 4 and 8",
    ],
    [
      "a root outside of the file",
      changed("released.h5", 64, 0, 0, 0, 1),
      "WEIGHTS_TRUNCATED",
      "expected an object header in bytes 16777216 to 16777220, got a file of 155632 bytes",
    ],
    [
      "a root without an address",
      changed("released.h5", 64, ...new Uint8Array(8).fill(255)),
      "WEIGHTS_FORMAT",
      "expected an address of an object header, got none",
    ],
    [
      "a checksum that does not fit",
      changed("latest.weights.h5", 44, 1),
      "WEIGHTS_FORMAT",
      'expected the checksum of structure "\x89HDF" at byte 0, got another',
    ],
  ];
  for (const [what, bytes, code, problem] of refusedFiles) {
    it(`refuses ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readHdf5(bytes, "x"), { name: "ModelError", code, message });
    });
  }
});
