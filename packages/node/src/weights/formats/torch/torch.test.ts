import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { readTorch } from "./torch.js";

/** What torch.load found in each file: scripts/python/make-torch-fixtures.py. */
interface Expected {
  readonly metadata: Record<string, string>;
  readonly tensors: Record<string, { dtype: string; shape: number[]; values: string }>;
}

const files = JSON.parse(
  readFileSync(repositoryFile("test/golden/torch-files.json"), "utf8"),
) as Record<string, Expected>;

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(repositoryFile(`test/golden/torch/${name}`)));
}

const base64 = (floats: Float32Array) =>
  Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString("base64");

/** A file in the form of the golden. */
function describeFile({ entries, metadata, floats }: TensorFile): Expected {
  const tensors = [...entries].map(([name, { dtype, shape }]) => [
    name,
    { dtype, shape, values: base64(floats(name)) },
  ]);
  return { metadata: Object.fromEntries(metadata), tensors: Object.fromEntries(tensors) };
}

describe("readTorch()", () => {
  for (const [name, expected] of Object.entries(files)) {
    it(`reads from ${name} what PyTorch reads, bit for bit`, () => {
      assert.deepEqual(describeFile(readTorch(bytesOf(name), name)), expected);
    });
  }

  it("reads bytes that begin anywhere in memory", () => {
    for (const name of ["odd-zip-2.pth", "odd-legacy-2.pth"]) {
      const bytes = bytesOf(name);
      const moved = new Uint8Array(bytes.length + 3).subarray(3);
      moved.set(bytes);
      assert.deepEqual(describeFile(readTorch(moved, name)), files[name]);
    }
  });

  it("gives views of the file, and of shared storages, where the elements are in order", () => {
    const bytes = bytesOf("odd-zip-2.pth");
    const file = readTorch(bytes, "x");
    const [first, second] = ["view.first", "view.second"].map((name) => file.floats(name));
    assert.equal(first?.buffer, bytes.buffer);
    assert.equal(second?.buffer, bytes.buffer);
    assert.equal((second?.byteOffset ?? 0) - (first?.byteOffset ?? 0), 2 * 4);
    assert.notEqual(file.floats("transposed").buffer, bytes.buffer);
  });

  it("keeps the prefix of a wrapper, which is part of the names", () => {
    const file = readTorch(bytesOf("data-parallel.pth"), "x");
    assert.ok([...file.entries.keys()].every((name) => name.startsWith("module.")));
  });

  const cases: [file: string, code: string, problem: string][] = [
    [
      "hostile-zip.pth",
      "WEIGHTS_PICKLE_GLOBAL",
      'expected tensors and plain data in the pickle, got the global "posix.system"',
    ],
    [
      "hostile-legacy.pth",
      "WEIGHTS_PICKLE_GLOBAL",
      'expected tensors and plain data in the pickle, got the global "posix.system"',
    ],
    [
      "hostile-pickle.bin",
      "WEIGHTS_PICKLE_GLOBAL",
      'expected tensors and plain data in the pickle, got the global "posix.system"',
    ],
    [
      "whole-model.pth",
      "WEIGHTS_PICKLE_GLOBAL",
      'expected tensors and plain data in the pickle, got the global "torch.nn.modules.linear.Linear"',
    ],
    [
      "torch-script.pt",
      "WEIGHTS_FORMAT",
      "expected a file of torch.save, got a TorchScript archive",
    ],
    ["one-tensor.pth", "WEIGHTS_FORMAT", "expected a dictionary of tensors, got one tensor"],
    [
      "no-tensors.pth",
      "WEIGHTS_FORMAT",
      'expected tensors in the dictionary or in one inside of it, got "epoch", "lr"',
    ],
  ];
  for (const [name, code, problem] of cases) {
    it(`refuses ${name}`, () => {
      const message = `Cannot read weights "x": ${problem}`;
      assert.throws(() => readTorch(bytesOf(name), "x"), {
        name: "ModelError",
        code,
        message,
      });
    });
  }

  it("has run nothing", () => {
    assert.ok(!existsSync("irv2-was-here"));
  });

  it("refuses values that are no real numbers only when they are asked for", () => {
    const file = readTorch(bytesOf("no-numbers.pth"), "x");
    assert.equal(file.entries.get("flags")?.dtype, "bool");
    for (const [name, got] of [
      ["flags", "bool"],
      ["waves", "complex64"],
      ["other", "no such tensor"],
    ] as const) {
      const message = `Cannot read weights "x": expected numbers in tensor "${name}", got ${got}`;
      assert.throws(() => file.floats(name), { code: "WEIGHTS_DTYPE", message });
    }
  });

  it("says what else a file is", () => {
    const others: [bytes: Uint8Array, code: string, got: string][] = [
      [new Uint8Array(), "WEIGHTS_EMPTY", "an empty one"],
      [
        Buffer.from("\x89HDF\r\n\x1a\n", "latin1"),
        "WEIGHTS_FORMAT",
        "an HDF5 file, as Keras' .h5 files are",
      ],
      [Buffer.from("<!DOCTYPE html>"), "WEIGHTS_FORMAT", "a web page"],
      [Buffer.from("\x80\x02K\x01.", "latin1"), "WEIGHTS_FORMAT", "something else"],
    ];
    for (const [bytes, code, got] of others) {
      const message = `Cannot read weights "x": expected a PyTorch file, got ${got}`;
      assert.throws(() => readTorch(bytes, "x"), { name: "ModelError", code, message });
    }
  });
});
