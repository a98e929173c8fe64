import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import {
  assertAsTensorFlow,
  fixtureBytes,
  loadFixture,
} from "@inception-resnet-v2/test/helpers/tf-checkpoints.js";
import {
  blocksOf,
  sealBlocks,
  type TableEntry,
  tableOf,
} from "@inception-resnet-v2/test/helpers/tf-table.js";
import protobuf from "protobufjs/light.js";
import { readTfBundle } from "./tf-bundle.js";
import { readTfCheckpoint } from "./tf-checkpoint.js";
import { sliceKey } from "./tf-slices.js";

/** A message, field by field: numbers become varints, the rest a length and bytes. */
function message(...fields: [id: number, value: number | Uint8Array | string][]): Uint8Array {
  const writer = new protobuf.Writer();
  for (const [id, value] of fields) {
    if (typeof value === "number") writer.uint32(id * 8).int64(value);
    else if (typeof value === "string") writer.uint32(id * 8 + 2).string(value);
    else writer.uint32(id * 8 + 2).bytes(value);
  }
  return writer.finish();
}

const shapeOf = (...sizes: number[]) =>
  message(...sizes.map((size): [number, Uint8Array] => [2, message([1, size])]));
const sliceOf = (...extents: [start: number, length: number][]) =>
  message(
    ...extents.map(([start, length]): [number, Uint8Array] => [
      1,
      length < 0 ? message([1, start]) : message([1, start], [2, length]),
    ]),
  );

interface Slice {
  readonly at: readonly [start: number, length: number][];
  readonly tensor?: Uint8Array;
}

/** A checkpoint of one tensor "w". */
function checkpointOf(
  shape: readonly number[],
  type: number,
  slices: readonly Slice[],
): Uint8Array {
  const tensor = message(
    [1, "w"],
    [2, shapeOf(...shape)],
    [3, type],
    ...slices.map(({ at }): [number, Uint8Array] => [4, sliceOf(...at)]),
  );
  const records = slices.flatMap(({ at, tensor }): TableEntry[] => {
    const key = sliceKey(
      "w",
      at.map(([start, length]) => ({ start, length })),
    );
    if (!tensor) return [];
    return [[key, message([2, message([1, "w"], [2, sliceOf(...at)], [3, tensor])])]];
  });
  return tableOf([["", message([1, message([1, tensor])])], ...records]);
}

const floats = (...list: number[]) => new Uint8Array(Float32Array.from(list).buffer);

describe("readTfCheckpoint()", () => {
  it("reads all types, slices and odd numbers as TensorFlow does, bit for bit", () => {
    assertAsTensorFlow(readTfCheckpoint(fixtureBytes("v1.ckpt"), "x"), "v1.ckpt");
  });

  it("reads blocks in Snappy", () => {
    assertAsTensorFlow(readTfCheckpoint(fixtureBytes("v1-snappy.ckpt"), "x"), "v1.ckpt");
  });

  it("reads shards, and slices spread over them", () => {
    const shards = [0, 1].map((at) => fixtureBytes(`v1-sharded.ckpt-0000${at}-of-00002`));
    assertAsTensorFlow(readTfCheckpoint(shards, "x"), "v1-sharded.ckpt");
    assert.throws(() => readTfCheckpoint(shards.slice(0, 1), "x"), {
      code: "WEIGHTS_INCOMPLETE",
      message: 'Cannot read weights "x": expected slices that make up "both" (12 elements), got 6',
    });
  });

  it("reads elements as in memory, which others may write", () => {
    const half = message([1, 19], [4, Uint8Array.of(0, 0x3c, 0, 0xc0)]);
    const file = readTfCheckpoint(checkpointOf([2], 19, [{ at: [[0, -1]], tensor: half }]), "x");
    assert.deepEqual(file.floats("w"), Float32Array.of(1, -2));
  });

  it("says which type it cannot read, when asked for the numbers", () => {
    const file = readTfCheckpoint(fixtureBytes("v1.ckpt"), "x");
    assert.throws(() => file.floats("byte"), {
      code: "WEIGHTS_DTYPE",
      message:
        'Cannot read weights "x": expected one of the types float32, float64, float16, bfloat16, int32, int64, got uint8 in "byte"',
    });
  });

  const whole: [number, number][] = [[0, -1]];
  const pair = message([5, floats(1, 2)]);
  const [first, both]: [[number, number], [number, number]] = [
    [0, 1],
    [0, 2],
  ];
  const cases: [string, Uint8Array, string, string][] = [
    [
      "the index of a bundle",
      fixtureBytes("v2.ckpt.index"),
      "WEIGHTS_FORMAT",
      "expected a table that begins with a list of slices, got the index of a bundle, or another table",
    ],
    [
      "a table of other things",
      tableOf([["a", floats(1)]]),
      "WEIGHTS_FORMAT",
      "expected a table that begins with a list of slices, got a table without it",
    ],
    [
      "a list that is no message",
      tableOf([["", Uint8Array.of(10, 3, 0, 0, 0)]]),
      "WEIGHTS_FORMAT",
      "expected the list of tensors as a protocol buffer, got other bytes",
    ],
    [
      "a negative size",
      checkpointOf([-1], 1, []),
      "WEIGHTS_FORMAT",
      'expected a shape for "w", got [-1]',
    ],
    [
      "a size beyond whole numbers",
      checkpointOf([2 ** 40, 2 ** 40], 1, []),
      "WEIGHTS_FORMAT",
      'expected a shape for "w", got [1099511627776,1099511627776]',
    ],
    [
      "a tensor without elements",
      checkpointOf([2], 1, [{ at: whole }]),
      "WEIGHTS_INCOMPLETE",
      'expected the elements of "w", got none',
    ],
    [
      "too few floats",
      checkpointOf([3], 1, [{ at: whole, tensor: pair }]),
      "WEIGHTS_OFFSETS",
      'expected 12 bytes for "w" (3 of float32), got 8',
    ],
    [
      "too few whole numbers",
      checkpointOf([2], 3, [{ at: whole, tensor: message([7, Uint8Array.of(200, 1)]) }]),
      "WEIGHTS_OFFSETS",
      'expected 2 elements for "w", got 1',
    ],
    [
      "a slice outside the shape",
      checkpointOf([3], 1, [{ at: [[2, 2]], tensor: pair }]),
      "WEIGHTS_FORMAT",
      'expected slices within the shape [3] of "w", got [{"start":2,"length":2}]',
    ],
    [
      "slices of another rank",
      checkpointOf([2, 1], 1, [{ at: whole, tensor: pair }]),
      "WEIGHTS_FORMAT",
      'expected slices within the shape [2,1] of "w", got [{"start":0,"length":-1}]',
    ],
    [
      "slices that leave a gap",
      checkpointOf([3], 1, [{ at: [[0, 2]], tensor: pair }]),
      "WEIGHTS_INCOMPLETE",
      'expected slices that make up "w" (3 elements), got 2',
    ],
    [
      "slices that overlap",
      checkpointOf([2, 2], 1, [
        { at: [first, both], tensor: pair },
        { at: [both, first], tensor: pair },
      ]),
      "WEIGHTS_OFFSETS",
      'expected slices of "w" that do not overlap, got some that do',
    ],
  ];
  for (const [what, bytes, code, problem] of cases) {
    it(`refuses ${what}`, () => {
      const text = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readTfCheckpoint(bytes, "x"), {
        name: "ModelError",
        code,
        message: text,
      });
    });
  }

  it("refuses a file that is cut off at any byte", () => {
    const good = fixtureBytes("v1-sharded.ckpt-00000-of-00002");
    for (let length = 0; length < good.length; length++) {
      assert.throws(() => readTfCheckpoint(good.subarray(0, length), "x"), ModelError);
    }
  });

  it("finds any byte of its blocks changed", () => {
    const good = fixtureBytes("v1.ckpt");
    const random = createRandom(6);
    const end = blocksOf(good).reduce((sum, block) => sum + block.length + 5, 0);
    for (let round = 0; round < 300; round++) {
      const bytes = good.slice();
      const at = random.below(end);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      assert.throws(() => readTfCheckpoint(bytes, "x"), { code: "WEIGHTS_CHECKSUM" });
    }
  });
});

describe("damaged checkpoints", () => {
  const readAll = (file: TensorFile) => {
    for (const [name, { dtype }] of file.entries) {
      if (!["uint8", "string"].includes(dtype) && !dtype.startsWith("type")) readOne(file, name);
    }
  };
  const readOne = (file: TensorFile, name: string) => {
    try {
      file.floats(name);
    } catch (error) {
      assertClear(error);
    }
  };
  const assertClear = (error: unknown) => {
    assert.ok(error instanceof ModelError, String((error as Error).stack));
    assert.match(error.message, /^Cannot read weights "fuzz": expected [^\n]+, got [^\n]*[^.\n]$/);
  };
  /** Changes some bytes; in every second round the checksums of the blocks fit again. */
  const mutate = (good: Uint8Array, random: ReturnType<typeof createRandom>, round: number) => {
    const change = (bytes: Uint8Array) => {
      for (let left = random.below(4); left >= 0; left--) {
        bytes[random.below(bytes.length)] = random.below(4) === 0 ? 255 : random.below(256);
      }
      return bytes;
    };
    if (round % 2 === 0) return change(good.slice());
    const blocks = blocksOf(good).map((block) => block.slice());
    change(blocks[random.below(blocks.length)] as Uint8Array);
    return sealBlocks(blocks);
  };

  it("of the first kind are read or refused, and never anything else", () => {
    const random = createRandom(1602);
    const rounds = { "v1.ckpt": 500, "v1-sharded.ckpt-00000-of-00002": 2500 };
    for (const [name, times] of Object.entries(rounds)) {
      const good = fixtureBytes(name);
      for (let round = 0; round < times; round++) {
        try {
          readAll(readTfCheckpoint(mutate(good, random, round), "fuzz"));
        } catch (error) {
          assertClear(error);
        }
      }
    }
  });

  it("in Snappy are read or refused, and never anything else", () => {
    const random = createRandom(1603);
    const blocks = blocksOf(fixtureBytes("v1-snappy.ckpt"));
    for (let round = 0; round < 500; round++) {
      const changed = blocks.map((block) => block.slice());
      const block = changed[random.below(changed.length)] as Uint8Array;
      block[random.below(block.length)] = random.below(256);
      try {
        readAll(readTfCheckpoint(sealBlocks(changed, 1), "fuzz"));
      } catch (error) {
        assertClear(error);
      }
    }
  });

  it("of the second kind are read or refused, and never anything else", async () => {
    const random = createRandom(1604);
    const rounds = { "v2.ckpt": 500, "v2-sharded.ckpt": 1500, far: 1000 };
    for (const [name, times] of Object.entries(rounds)) {
      const good = fixtureBytes(`${name}.index`);
      for (let round = 0; round < times; round++) {
        const index = mutate(good, random, round);
        const load = (file: string) => loadFixture(file.replace(/^fuzz/, name));
        await readTfBundle(index, load, "fuzz").then(readAll, assertClear);
      }
    }
  });
});
