import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LazyTensor } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { readHdf5 } from "./hdf5.js";
import { hdf5Parts } from "./write-hdf5.js";

const dataset = (shape: readonly number[], ...values: number[]): LazyTensor => ({
  shape,
  data: () => Float32Array.from(values),
});

describe("hdf5Parts()", () => {
  const datasets = new Map([
    ["a/b/kernel", dataset([2, 3], 1, 2, 3, 4, 5, 6)],
    ["a/b/bias", dataset([3], -0, 0.5, 65504)],
    ["a/scalar", dataset([], 7)],
    ["zwölf", dataset([0, 4])],
    ["last", dataset([1], 8)],
  ]);

  it("gives a file that readHdf5() reads, with views of its bytes", () => {
    const bytes = new Uint8Array(Buffer.concat([...hdf5Parts(datasets)]));
    const file = readHdf5(bytes, "x");
    assert.deepEqual([...file.entries.keys()], [...datasets.keys()]);
    for (const [path, { shape, data }] of datasets) {
      assert.deepEqual(file.entries.get(path)?.shape, shape);
      assert.deepEqual(file.floats(path), data());
      assert.equal(file.floats(path).byteOffset % 8, 0);
      assert.equal(file.floats(path).buffer, bytes.buffer);
    }
  });

  it("gives the same bytes for the same tensors, each made when its turn comes", () => {
    const order: string[] = [];
    const watched = new Map(
      [...datasets].map(([path, { shape, data }]): [string, LazyTensor] => [
        path,
        {
          shape,
          data: () => {
            order.push(path);
            return data();
          },
        },
      ]),
    );
    const parts = hdf5Parts(watched);
    const head = parts.next().value as Uint8Array;
    assert.deepEqual(order, []);
    assert.deepEqual(Buffer.concat([head, ...parts]), Buffer.concat([...hdf5Parts(datasets)]));
    assert.deepEqual(order, [...datasets.keys()]);
  });

  it("writes groups of a thousand members, and of none", () => {
    const many = new Map(
      Array.from({ length: 1000 }, (_, at) => [`g/member ${at}`, dataset([1], at)] as const),
    );
    const file = readHdf5(Buffer.concat([...hdf5Parts(many)]), "x");
    assert.equal(file.entries.size, 1000);
    assert.deepEqual(file.floats("g/member 999"), Float32Array.of(999));
    assert.equal(readHdf5(Buffer.concat([...hdf5Parts(new Map())]), "x").entries.size, 0);
  });
});
