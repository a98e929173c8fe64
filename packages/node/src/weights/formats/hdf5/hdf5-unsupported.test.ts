import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { readHdf5 } from "./hdf5.js";

/** A file of scripts/python/make-hdf5-fixtures.py. */
function fixture(name: string): Uint8Array {
  const packed = readFileSync(repositoryFile(`test/golden/hdf5/${name}.gz`));
  return new Uint8Array(gunzipSync(packed));
}

const filters: readonly (readonly [name: string, number: number])[] = [
  ["fletcher32", 3],
  ["szip", 4],
  ["nbit", 5],
  ["scaleoffset", 6],
  ["lzf", 32000],
  ["blosc", 32001],
  ["lz4", 32004],
  ["bitshuffle", 32008],
  ["zfp", 32013],
  ["zstd", 32015],
  ["blosc2", 32026],
];

const types: readonly (readonly [dataset: string, found: string])[] = [
  ["compound", "a compound type"],
  ["complex", "a compound type"],
  ["float128", "float128 of 80 bits"],
  ["enumeration", "an enumeration"],
  ["fixed", "text"],
  ["texts", "text"],
  ["lists", "lists of variable length"],
  ["arrays", "arrays"],
  ["references", "references"],
  ["opaque", "opaque5"],
  ["bits", "bit fields"],
  ["times", "times"],
  ["bias", "floats of 32 bits in an unusual form"],
];

const chunks = "expected contiguous data, or chunks in a tree, got";
const places: readonly (readonly [file: string, dataset: string, problem: string])[] = [
  ["virtual.h5", "virtual", `${chunks} a virtual dataset`],
  ["external.h5", "x", "expected data in the file itself, got external storage"],
  ...["fixed", "extensible", "single", "implicit", "tree"].map(
    (index) => [`index-${index}.h5`, "x", `${chunks} chunks with an index of HDF5 1.10`] as const,
  ),
];

describe("readHdf5() names what it lacks", () => {
  const file = readHdf5(fixture("unsupported.h5"), "x.h5");

  for (const [name, number] of [...filters, ["unregistered", 299] as const]) {
    it(`filter ${name}`, () => {
      const known = number === 299 ? "" : ` (${name})`;
      assert.throws(() => file.floats(`filters/${name}`), {
        name: "ModelError",
        code: "WEIGHTS_UNSUPPORTED",
        message: `Cannot read weights "x.h5": expected data without filters, or through gzip and shuffle, got chunks with filter ${number}${known} for tensor "filters/${name}"`,
      });
    });
  }

  for (const [name, found] of types) {
    it(`type ${name}`, () => {
      assert.throws(() => file.floats(`types/${name}`), {
        name: "ModelError",
        code: "WEIGHTS_DTYPE",
        message: `Cannot read weights "x.h5": expected float32, float16 or bfloat16 for tensor "types/${name}", got ${found}`,
      });
    });
  }

  for (const [name, dataset, problem] of places) {
    it(`data in ${name}`, () => {
      const one = readHdf5(fixture(name), name);
      assert.deepEqual(one.entries.get(dataset)?.shape, [4, 6]);
      assert.throws(() => one.floats(dataset), {
        name: "ModelError",
        code: "WEIGHTS_UNSUPPORTED",
        message: `Cannot read weights "${name}": ${problem} for tensor "${dataset}"`,
      });
    });
  }

  it("a committed datatype", () => {
    assert.throws(() => readHdf5(fixture("committed.h5"), "x.h5"), {
      name: "ModelError",
      code: "WEIGHTS_UNSUPPORTED",
      message:
        'Cannot read weights "x.h5": expected a type in its own dataset "x", got a committed datatype',
    });
  });

  it("a user block", () => {
    assert.throws(() => readHdf5(fixture("user-block.h5"), "x.h5"), {
      name: "ModelError",
      code: "WEIGHTS_FORMAT",
      message:
        'Cannot read weights "x.h5": expected an HDF5 file, got an HDF5 file behind a user block',
    });
  });
});
