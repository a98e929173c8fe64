import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Tensors, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { buffersOf, copyTensors, packTensors } from "./buffers.js";

const many = (): Tensors =>
  new Map(
    Array.from({ length: 20 }, (_, at) => [`t${at}`, tensor([2], Float32Array.of(at, at + 0.5))]),
  );

describe("packTensors()", () => {
  it("moves many buffers into one and frees them", () => {
    const given = many();
    const packed = packTensors(given);
    assert.deepEqual(packed, many());
    assert.equal(buffersOf(packed).length, 1);
    assert.ok([...given.values()].every(({ data }) => data.length === 0));
  });

  it("leaves buffers that tensors share", () => {
    const shared = Float32Array.of(1, 2);
    const given = new Map([...many(), ["a", tensor([2], shared)], ["b", tensor([2], shared)]]);
    const packed = packTensors(given);
    assert.deepEqual(packed, given);
    assert.equal(buffersOf(packed).length, 1);
  });

  it("gives few buffers back as they are", () => {
    const few: Tensors = new Map([["a", tensor([3])]]);
    assert.equal(packTensors(few), few);
    assert.equal(packTensors(new Map()).size, 0);
  });
});

describe("copyTensors()", () => {
  it("copies into one buffer and leaves the originals", async () => {
    const given = many();
    const copies = await copyTensors(given);
    assert.deepEqual(copies, given);
    assert.equal(buffersOf(copies).length, 1);
    assert.ok([...given.values()].every(({ data }) => data.length === 2));
  });
});
