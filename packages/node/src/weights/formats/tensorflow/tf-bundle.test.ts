import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readingFailure } from "@inception-resnet-v2/core/internal/weights/formats/failure.js";
import {
  assertAsTensorFlow,
  fixtureBytes,
  loadFixture,
} from "@inception-resnet-v2/test/helpers/tf-checkpoints.js";
import { tableOf } from "@inception-resnet-v2/test/helpers/tf-table.js";
import { readTfBundle } from "./tf-bundle.js";
import { readTfTable } from "./tf-table.js";

const index = fixtureBytes("v2.ckpt.index");

/** The index with another value under a key. */
function changed(key: string, change: (value: Uint8Array) => Uint8Array): Uint8Array {
  const entries = [...readTfTable(index, readingFailure("x"))];
  return tableOf(entries.map(([one, value]) => [one, one === key ? change(value.slice()) : value]));
}

describe("readTfBundle()", () => {
  for (const name of ["v2.ckpt", "v2-snappy.ckpt", "v2-sharded.ckpt", "far"]) {
    it(`reads ${name} as TensorFlow does, bit for bit`, async () => {
      const path = `${name}.index`;
      const file = await readTfBundle(fixtureBytes(path), loadFixture, path);
      assertAsTensorFlow(file, name.replace("-snappy", ""));
    });
  }

  it("gives views of the shards, and loads each once", async () => {
    const loaded: [string, Uint8Array | undefined][] = [];
    const load = async (name: string) => {
      const bytes = await loadFixture(name);
      loaded.push([name, bytes]);
      return bytes;
    };
    const path = "v2-sharded.ckpt.index";
    const file = await readTfBundle(fixtureBytes(path), load, path);
    assert.deepEqual(
      loaded.map(([name]) => name),
      ["v2-sharded.ckpt.data-00000-of-00002", "v2-sharded.ckpt.data-00001-of-00002"],
    );
    const buffers = loaded.map(([, bytes]) => bytes?.buffer);
    for (const name of ["first", "second"]) assert.ok(buffers.includes(file.floats(name).buffer));
  });

  it("names the shards that are missing", async () => {
    const load = async (name: string) =>
      name.includes("data-00001") ? undefined : loadFixture(name);
    const path = "some/where/v2-sharded.ckpt.index";
    await assert.rejects(readTfBundle(fixtureBytes("v2-sharded.ckpt.index"), load, path), {
      name: "ModelError",
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${path}": expected 2 data files beside it, got no "v2-sharded.ckpt.data-00001-of-00002"`,
    });
  });

  it("finds any byte changed of numbers that it reads", async () => {
    const data = fixtureBytes("v2-sharded.ckpt.data-00000-of-00002");
    const path = "v2-sharded.ckpt.index";
    for (let at = 0; at < data.length; at++) {
      const damaged = data.map((byte, place) => (place === at ? byte ^ 16 : byte));
      const load = async (name: string) =>
        name.includes("data-00000") ? damaged : loadFixture(name);
      await assert.rejects(readTfBundle(fixtureBytes(path), load, path), {
        code: "WEIGHTS_CHECKSUM",
        message: /^Cannot read weights ".+": expected intact bytes, got .+ match its checksum$/,
      });
    }
  });

  it("refuses an index or a shard that is cut off at any byte", async () => {
    const path = "v2-sharded.ckpt.index";
    const good = fixtureBytes(path);
    for (let length = 0; length < good.length; length++) {
      const cut = readTfBundle(good.subarray(0, length), loadFixture, path);
      await assert.rejects(cut, { name: "ModelError" });
    }
    const data = fixtureBytes("v2-sharded.ckpt.data-00000-of-00002");
    for (let length = 0; length < data.length; length++) {
      const load = async (name: string) =>
        name.includes("data-00000") ? data.subarray(0, length) : loadFixture(name);
      await assert.rejects(readTfBundle(good, load, path), { code: "WEIGHTS_TRUNCATED" });
    }
  });

  const cases: [string, Uint8Array, string, string][] = [
    [
      "a checkpoint of the first kind",
      fixtureBytes("v1.ckpt"),
      "WEIGHTS_FORMAT",
      "expected the index of a bundle, got another table",
    ],
    [
      "big-endian numbers",
      changed("", () => Uint8Array.of(8, 1, 16, 1)),
      "WEIGHTS_FORMAT",
      "expected little-endian numbers, got big-endian ones",
    ],
    [
      "a bundle without data files",
      changed("", () => Uint8Array.of(8, 0)),
      "WEIGHTS_FORMAT",
      "expected 1 to 99999 data files, got 0",
    ],
    [
      "a shard of another number",
      changed("odd", (value) => Buffer.concat([value, Uint8Array.of(24, 7)])),
      "WEIGHTS_FORMAT",
      "expected data files 0 to 0, got one 7",
    ],
    [
      "a tensor outside its shard",
      changed("odd", (value) => Buffer.concat([value, Uint8Array.of(32, 255, 63)])),
      "WEIGHTS_TRUNCATED",
      'expected "odd" within data file 0 of 4226 bytes, got 36 bytes at 8191',
    ],
    [
      "tensors that overlap",
      changed("odd", (value) => Buffer.concat([value, Uint8Array.of(32, 0)])),
      "WEIGHTS_OFFSETS",
      'expected tensors that do not overlap, got "odd" at 0 before the end of another at 8',
    ],
    [
      "another type than the bytes are for",
      changed("odd", (value) => Buffer.concat([value, Uint8Array.of(8, 2)])),
      "WEIGHTS_OFFSETS",
      'expected 72 bytes for "odd" (9 of float64), got 36',
    ],
    [
      "slices of another type",
      changed("rows", (value) => Buffer.concat([value, Uint8Array.of(8, 3)])),
      "WEIGHTS_INCOMPLETE",
      'expected the slices of "rows", got one of another type or shape',
    ],
    [
      "a name that is no text",
      tableOf([
        ["", Uint8Array.of(8, 1)],
        ["\xff", Uint8Array.of()],
      ]),
      "WEIGHTS_FORMAT",
      "expected names in UTF-8, got one that is not",
    ],
  ];
  for (const [what, bytes, code, problem] of cases) {
    it(`refuses ${what}`, async () => {
      const message = `Cannot read weights "v2.ckpt.index": ${problem}`;
      await assert.rejects(readTfBundle(bytes, loadFixture, "v2.ckpt.index"), {
        name: "ModelError",
        code,
        message,
      });
    });
  }
});
