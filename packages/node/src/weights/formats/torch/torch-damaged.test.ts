import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { zipParts } from "../zip/write-zip.js";
import { readTorch } from "./torch.js";

/** Longest that one damaged file may take, and the most memory that all of them may. */
const timeLimitMs = 2000;
const memoryLimitBytes = 500e6;

function bytesOf(name: string): Buffer {
  return readFileSync(repositoryFile(`test/golden/torch/${name}`));
}

/** Reads a file and all its tensors; what it throws must be a `ModelError` in the usual words. */
function readOrRefuse(bytes: Uint8Array, what: string): "read" | "refused" {
  const start = performance.now();
  try {
    const file = readTorch(bytes, "fuzz");
    for (const [name, { dtype }] of file.entries) {
      if (!/bool|complex/.test(dtype)) file.floats(name);
    }
    return "read";
  } catch (error) {
    assert.ok(
      error instanceof ModelError,
      `${what}: ${error instanceof Error ? error.stack : error}`,
    );
    assert.match(error.message, /^Cannot read weights "fuzz": expected .+, got .*([^.]|\.\.\.)$/);
    assert.ok(error.message.length < 700, `${what}: ${error.message.length} characters`);
    return "refused";
  } finally {
    const ms = performance.now() - start;
    assert.ok(ms < timeLimitMs, `${what}: ${ms} ms`);
  }
}

/** The zip form around a pickle and one storage "0" of these bytes. */
function zipOf(pickle: string, storage = Buffer.alloc(8)): Buffer {
  const entries = [
    { name: "a/data.pkl", bytes: () => Buffer.from(pickle, "latin1") },
    { name: "a/data/0", bytes: () => storage },
  ];
  return Buffer.concat([...zipParts(entries, { alignment: 64 })]);
}

/** The legacy form around the pickle of an object, a list of keys, and what comes behind it. */
function legacyOf(pickle: string, keys = "].", rest: Uint8Array = Buffer.alloc(0)): Buffer {
  const magic = bytesOf("few-legacy.pth").subarray(0, 20);
  const head = Buffer.from(`M\xe9\x03.}.${pickle}${keys}`, "latin1");
  return Buffer.concat([magic.subarray(0, magic.indexOf(".") + 1), head, rest]);
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(5, "J");
  bytes.writeInt32LE(value, 1);
  return bytes.toString("latin1");
};
const storage = (elements: string, type = "Float", key = "0", view = "") =>
  `(U\x07storagectorch\n${type}Storage\nU${String.fromCharCode(key.length)}${key}U\x03cpu${elements}${view}tQ`;
const rebuild = (from: string, offset: string, size: string, stride: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}${offset}${size}${stride}\x89NtR`;
const dictionary = (value: string) => `}U\x01w${value}s.`;
const two = int32(2);
const good = rebuild(storage(two), int32(0), `${two}\x85`, `${int32(1)}\x85`);
const huge = `\x8a\x07${"\xff".repeat(6)}\x0f`; // 2^52 - 1

describe("readTorch() of files made to harm", () => {
  it("reads the files that the others are made from", () => {
    assert.equal(readOrRefuse(zipOf(dictionary(good)), "zip"), "read");
    const count = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(readOrRefuse(legacyOf(dictionary(good), "]U\x010a.", count), "legacy"), "read");
  });

  const tensors: [what: string, tensor: string, code: string, problem: string][] = [
    [
      "a storage larger than its bytes",
      rebuild(storage(huge), int32(0), `${two}\x85`, `${int32(1)}\x85`),
      "WEIGHTS_OFFSETS",
      'expected 18014398509481980 bytes of storage "0", got 8',
    ],
    [
      "a storage that is not there",
      rebuild(storage(two, "Float", "7"), int32(0), `${two}\x85`, `${int32(1)}\x85`),
      "WEIGHTS_OFFSETS",
      'expected 8 bytes of storage "7", got none',
    ],
    [
      "a storage of fewer than no elements",
      rebuild(storage(int32(-2)), int32(0), `${two}\x85`, `${int32(1)}\x85`),
      "WEIGHTS_PICKLE",
      'expected the type, key and size of a storage, got "storage", an object, "0", "cpu", -2',
    ],
    [
      "one storage of two types",
      `${good}0${rebuild(storage(int32(1), "Long"), int32(0), ")", ")")}`,
      "WEIGHTS_PICKLE",
      'expected one type and size for storage "0", got 2 of float32 and 1 of int64',
    ],
    [
      "a tensor larger than its storage",
      rebuild(storage(two), int32(0), `${int32(3)}\x85`, `${int32(1)}\x85`),
      "WEIGHTS_OFFSETS",
      "expected tensors within their storage of 2 elements, got one that ends at 3",
    ],
    [
      "a tensor that begins behind its storage",
      rebuild(storage(two), huge, ")", ")"),
      "WEIGHTS_OFFSETS",
      "expected tensors within their storage of 2 elements, got one that ends at 4503599627370496",
    ],
    [
      "strides beyond whole numbers",
      rebuild(storage(two), int32(0), `${huge}${huge}\x86`, `${huge}${huge}\x86`),
      "WEIGHTS_OFFSETS",
      "expected tensors within their storage of 2 elements, got one that ends at 4.0564819207303314e+31",
    ],
    [
      "strides that go back",
      rebuild(storage(two), int32(1), `${two}\x85`, `${int32(-1)}\x85`),
      "WEIGHTS_FORMAT",
      "expected a tensor's offset, sizes and strides, got 1, a list of 1, a list of 1",
    ],
    [
      "sizes without strides",
      rebuild(storage(two), int32(0), `${two}\x85`, ")"),
      "WEIGHTS_FORMAT",
      "expected a tensor's offset, sizes and strides, got 0, a list of 1, a list of 0",
    ],
    [
      "more axes than a tensor has",
      rebuild(storage(two), int32(0), `(${int32(1).repeat(17)}t`, `(${int32(1).repeat(17)}t`),
      "WEIGHTS_FORMAT",
      "expected a tensor's offset, sizes and strides, got 0, a list of 17, a list of 17",
    ],
    [
      "one element repeated a thousand million times",
      rebuild(storage(two), int32(0), `${int32(1e9)}\x85`, `${int32(0)}\x85`),
      "WEIGHTS_OFFSETS",
      "expected at most 4194304 elements of a storage of 2, got 1000000000",
    ],
    [
      "a tensor of no storage",
      rebuild("N", int32(0), ")", ")"),
      "WEIGHTS_PICKLE",
      "expected a storage for a tensor, got None",
    ],
    [
      "a parameter of no tensor",
      "ctorch._utils\n_rebuild_parameter\nN\x85R",
      "WEIGHTS_PICKLE",
      "expected a tensor for a parameter, got None",
    ],
    [
      "a negated tensor",
      good.replace("NtR", "N}U\x03neg\x88stR"),
      "WEIGHTS_PICKLE",
      "expected a tensor without flags, got a dictionary of 1",
    ],
    [
      "a call that calls itself without end",
      // l = [rebuild, None, l, None]; rebuild(*l)
      "ctorch._tensor\n_rebuild_from_type_v2\nq\x01](h\x01Nep\x32\n".replace("p\x32\n", "q\x02") +
        "h\x02aNah\x01h\x02R",
      "WEIGHTS_PICKLE",
      "expected a way to make a tensor, got a class or function",
    ],
    [
      "a long list of pairs that becomes a dictionary again and again",
      `](${"NN\x86".repeat(2000)}eq\x01\x85q\x02${"ccollections\nOrderedDict\nh\x02R0".repeat(501)}`,
      "WEIGHTS_PICKLE",
      "expected at most 1000000 pairs, got 1002000",
    ],
    [
      "a dictionary of single values",
      "ccollections\nOrderedDict\n](K\x01\x85e\x85R",
      "WEIGHTS_PICKLE",
      "expected keys with values, got a list of 1",
    ],
    [
      "a number as name",
      `${good}s}K\x01${good}`,
      "WEIGHTS_FORMAT",
      "expected texts as names of tensors, got 1",
    ],
  ];
  for (const [what, tensor, code, problem] of tensors) {
    it(`refuses ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readTorch(zipOf(dictionary(tensor)), "x"), {
        name: "ModelError",
        code,
        message,
      });
    });
  }

  it("refuses a dictionary that holds itself, however deep it is asked", () => {
    assert.throws(() => readTorch(zipOf("}q\x01U\x05modelh\x01s."), "x"), {
      code: "WEIGHTS_FORMAT",
      message:
        'Cannot read weights "x": expected tensors in the dictionary or in one inside of it, got "model"',
    });
  });

  const legacies: [what: string, bytes: Buffer, code: string, problem: string][] = [
    [
      "another version",
      Buffer.concat([legacyOf("").subarray(0, 15), Buffer.from("K\x05.")]),
      "WEIGHTS_FORMAT",
      "expected protocol 1001 of PyTorch's legacy format, got 5",
    ],
    [
      "a list without a storage",
      legacyOf(dictionary(good)),
      "WEIGHTS_FORMAT",
      'expected a list of all storages, got one without "0"',
    ],
    [
      "a list with a storage of nobody",
      legacyOf(dictionary(good), "]U\x017a."),
      "WEIGHTS_FORMAT",
      'expected storages of the pickle once, got "7"',
    ],
    [
      "another count of elements",
      legacyOf(dictionary(good), "]U\x010a.", Buffer.alloc(16, 0xff)),
      "WEIGHTS_OFFSETS",
      'expected 2 elements of storage "0", got a count of 18446744073709551615',
    ],
    [
      "elements that are not there",
      legacyOf(dictionary(good), "]U\x010a.", Buffer.alloc(12)),
      "WEIGHTS_TRUNCATED",
      'expected 8 bytes of storage "0", got 4',
    ],
    [
      "a part that is larger than its storage",
      legacyOf(dictionary(good.replace("tQ", `(U\x01p${int32(1)}${two}ttQ`))),
      "WEIGHTS_OFFSETS",
      'expected a part of the 2 elements of storage "0", got 1 and 2',
    ],
  ];
  for (const [what, bytes, code, problem] of legacies) {
    it(`refuses a legacy file with ${what}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readTorch(bytes, "x"), { name: "ModelError", code, message });
    });
  }

  it("refuses archives without the pickle, or of an unknown byte order", () => {
    const archive = (...names: string[]) =>
      Buffer.concat([
        ...zipParts(
          names.map((name) => ({ name, bytes: () => Buffer.from("?") })),
          { alignment: 64 },
        ),
      ]);
    assert.throws(() => readTorch(archive("metadata.json", "model.weights.h5"), "x"), {
      code: "WEIGHTS_FORMAT",
      message:
        'Cannot read weights "x": expected one data.pkl in the archive, got "metadata.json", "model.weights.h5"',
    });
    assert.throws(() => readTorch(archive("a/data.pkl", "a/byteorder"), "x"), {
      code: "WEIGHTS_FORMAT",
      message: 'Cannot read weights "x": expected byte order "little" or "big", got "?"',
    });
  });
});

describe("readTorch() of damaged files", () => {
  for (const name of ["few-zip.pth", "few-legacy.pth", "no-sums.pth", "zip64.pth"]) {
    it(`refuses ${name} cut anywhere`, () => {
      const bytes = bytesOf(name);
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(readOrRefuse(bytes.subarray(0, length), `${length} bytes`), "refused");
      }
    });
  }

  it("reads or refuses files with other bytes in them, soon and in little memory", () => {
    const random = createRandom(20160830);
    const opcodes = Buffer.from(
      "().0}]abceghijlopqrstuNRQKMJX\x81\x85\x86\x87\x88\x93\x94",
      "latin1",
    );
    const outcomes = { read: 0, refused: 0 };
    const originals = [
      "odd-zip-2.pth",
      "odd-zip-4.pth",
      "odd-legacy-2.pth",
      "odd-legacy-4.pth",
      "few-legacy-1.pth",
      "no-sums.pth",
      "zip64.pth",
      "python-2.pth",
      "timm-training.pth",
    ].map((name) => withoutSums(bytesOf(name)));
    for (let round = 0; round < 6000; round++) {
      const bytes = Buffer.from(originals[round % originals.length] as Buffer);
      for (let change = random.below(4); change >= 0; change--) {
        const at = random.below(
          random.below(2) === 0 ? bytes.length : Math.min(1500, bytes.length),
        );
        const kind = random.below(4);
        if (kind === 0) bytes[at] = random.below(256);
        if (kind === 1) bytes[at] = opcodes[random.below(opcodes.length)] as number;
        if (kind === 2) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
        if (kind === 3) bytes.fill(0xff, at, Math.min(at + random.below(9), bytes.length));
      }
      outcomes[readOrRefuse(bytes, `round ${round}`)]++;
    }
    assert.ok(outcomes.read > 300 && outcomes.refused > 3000, JSON.stringify(outcomes));
    const { maxRSS } = process.resourceUsage(); // kilobytes
    assert.ok(maxRSS * 1024 < memoryLimitBytes, `${maxRSS} kB`);
  });
});

/** A copy without CRC-32 where it is a zip, so that damage gets past the archive. */
function withoutSums(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf("PK\x01\x02"); at >= 0; at = copy.indexOf("PK\x01\x02", at + 4)) {
    copy.writeUInt32LE(0, at + 16);
  }
  return copy;
}
