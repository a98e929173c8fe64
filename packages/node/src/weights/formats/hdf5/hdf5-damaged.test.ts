import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { kerasFixture } from "@inception-resnet-v2/test/helpers/small-keras.js";
import { readKeras } from "../keras.js";
import { readHdf5 } from "./hdf5.js";
import { lookup3 } from "./lookup3.js";

const longestMs = 2000;
const mostBytes = 500 * 2 ** 20;

/** Reads a file and all its tensors: whether it could, or a clear error. */
function tryAll(bytes: Uint8Array): boolean {
  const start = process.cpuUsage(); // not the clock, which other programs hold up
  try {
    const file = readKeras(bytes, "x");
    for (const [path, { dtype }] of file.entries) if (dtype === "float32") file.floats(path);
    return true;
  } catch (error) {
    assert.ok(error instanceof ModelError, String(error instanceof Error ? error.stack : error));
    assert.ok(error.message.length < 700 && !error.message.includes("\n"), error.message);
    return false;
  } finally {
    const { user, system } = process.cpuUsage(start);
    assert.ok((user + system) / 1000 < longestMs, `${user + system} microseconds`);
  }
}

const files = [
  "released.h5",
  "numbered.weights.h5",
  "compressed.h5",
  "tuned.h5",
  "shifted.keras",
  "latest.weights.h5",
];

describe("damaged HDF5 files", () => {
  for (const name of files) {
    it(`${name} cut anywhere gives a clear error`, () => {
      const whole = kerasFixture(name);
      for (let length = 0; length < whole.length; length += Math.max(1, length >> 5)) {
        assert.equal(tryAll(whole.subarray(0, length)), false, `${length} bytes`);
      }
    });

    it(`${name} with other bytes gives a clear error or loads`, () => {
      const whole = kerasFixture(name);
      const telling = [...whole.keys()].filter((at) => whole[at] !== 0);
      const random = createRandom(1, name);
      const below = (limit: number) => random.below(limit);
      let refused = 0;
      for (let round = 0; round < 400; round++) {
        const bytes = whole.slice();
        for (let change = below(4); change >= 0; change--) {
          const at = below(8) > 0 ? (telling[below(telling.length)] ?? 0) : below(whole.length);
          bytes[at] = below(3) > 0 ? below(256) : 255;
        }
        if (name.startsWith("latest")) resealFirst(bytes);
        if (!tryAll(bytes)) refused++;
      }
      assert.ok(refused > 0);
      assert.ok(process.memoryUsage().rss < mostBytes, "memory");
    });
  }
});

/** Gives every object header of one block the checksum that fits, so that damage gets past it. */
function resealFirst(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sign = Buffer.from("OHDR");
  let at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(sign);
  for (; at >= 0; at = Buffer.from(bytes.buffer).indexOf(sign, at + 4)) {
    const flags = bytes[at + 5] ?? 0;
    const sizeAt = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    if (width > 2 || sizeAt + 2 > bytes.length) continue;
    const size = width === 1 ? view.getUint8(sizeAt) : view.getUint16(sizeAt, true);
    const end = sizeAt + width + size;
    if (end + 4 <= bytes.length) view.setUint32(end, lookup3(bytes.subarray(at, end)), true);
  }
}

/** Little-endian numbers of so many bytes. */
function numbers(bytes: 2 | 4 | 8, ...values: number[]): Buffer {
  const all = Buffer.alloc(bytes * values.length);
  values.forEach((value, at) => {
    all.writeUIntLE(value, at * bytes, Math.min(bytes, 6));
  });
  return all;
}

/** A message of an old object header, padded. */
function message(type: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const pad = Buffer.alloc(-body.length & 7);
  return Buffer.concat([numbers(2, type, body.length + pad.length), Buffer.alloc(4), body, pad]);
}

/** Where the messages of the root are in a file of `fileOf`. */
const messagesAt = 64;

/** A file whose root has these messages, with these bytes behind it. */
function fileOf(messages: Uint8Array, behind: Uint8Array = new Uint8Array()): Uint8Array {
  const head = Buffer.concat([
    numbers(2, 1, 1),
    numbers(4, 1, messages.length, 0), // version 1, counts, length
    messages,
    behind,
  ]);
  const start = Buffer.concat([
    Buffer.from("\x89HDF\r\n\x1a\n\x02\x08\x08\x00", "latin1"),
    numbers(8, 0),
    Buffer.alloc(8, 255),
    numbers(8, 48 + head.length, 48),
  ]);
  return Buffer.concat([start, numbers(4, lookup3(start)), head]);
}

describe("hostile HDF5 files", () => {
  const tooMuch = 'Cannot read weights "x": expected at most';

  it("whose header goes on in itself end in an error", () => {
    const bytes = fileOf(message(0x10, numbers(8, messagesAt, 24)));
    assert.throws(() => readHdf5(bytes, "x"), {
      name: "ModelError",
      code: "WEIGHTS_FORMAT",
      message: `${tooMuch} 65535 messages of an object, got more`,
    });
  });

  it("that name one long text again and again end in an error", () => {
    const [count, length] = [4000, 2 ** 20];
    const heapAt = (size: number) => messagesAt + size;
    const type = Buffer.concat([Buffer.from([0x19, 1, 0, 0]), numbers(4, 16)]); // texts
    const space = Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]), numbers(8, count)]);
    const attribute = (heap: number) => {
      const reference = Buffer.concat([numbers(4, length), numbers(8, heap), numbers(4, 1)]);
      const references = Array.from({ length: count }, () => reference);
      const sizes = numbers(2, 1, 2, type.length, space.length);
      return message(0x0c, sizes, Buffer.from("a\0\0\0\0\0\0\0"), type, space, ...references);
    };
    const heap = Buffer.concat([
      Buffer.from("GCOL\x01\0\0\0"),
      numbers(8, 32 + length),
      numbers(2, 1, 1, 0, 0),
      numbers(8, length),
      Buffer.alloc(length, "a"),
    ]);
    const bytes = fileOf(attribute(heapAt(attribute(0).length)), heap);
    assert.throws(() => readHdf5(bytes, "x"), {
      name: "ModelError",
      code: "WEIGHTS_FORMAT",
      message: `${tooMuch} 67108864 bytes of tables and texts, got more`,
    });
  });

  it("with attributes of texts are read, when they are honest", () => {
    const type = Buffer.concat([Buffer.from([0x13, 0, 0, 0]), numbers(4, 4)]);
    const space = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    const sizes = numbers(2, 1, 2, type.length, space.length);
    const name = Buffer.from("a\0\0\0\0\0\0\0");
    const file = readHdf5(
      fileOf(message(0x0c, sizes, name, type, space, Buffer.from("text"))),
      "x",
    );
    assert.deepEqual(file.texts.get("")?.get("a"), ["text"]);
    assert.equal(file.metadata.get("a"), "text");
  });
});
