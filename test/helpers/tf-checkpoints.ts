/**
 * @file The small checkpoints that TensorFlow wrote, and what it reads from them itself:
 * scripts/python/make-tf-checkpoint-fixtures.py.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { TensorFile } from "@inception-resnet-v2/core/internal/weights/formats/tensor-file.js";
import { repositoryFile } from "./paths.js";

const expected = JSON.parse(readFileSync(repositoryFile("test/golden/tf-checkpoint.json"), "utf8"));

/** Path of a file of the fixtures. */
export function fixture(name: string): string {
  return repositoryFile(`test/golden/tf-checkpoint/${name}`);
}

/** Bytes of a file of the fixtures, in memory of their own. */
export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixture(name)));
}

/** Loads shards of the fixtures. */
export async function loadFixture(name: string): Promise<Uint8Array | undefined> {
  return existsSync(fixture(basename(name))) ? fixtureBytes(basename(name)) : undefined;
}

/** Compares types, shapes and the bits of all numbers to what TensorFlow reads. */
export function assertAsTensorFlow(file: TensorFile, name: string): void {
  const tensors: Record<string, { dtype: string; shape: number[]; floats?: string }> =
    expected[name];
  assert.deepEqual([...file.entries.keys()].sort(), Object.keys(tensors).sort());
  for (const [tensor, { dtype, shape, floats }] of Object.entries(tensors)) {
    const entry = file.entries.get(tensor);
    assert.deepEqual([tensor, entry?.dtype, entry?.shape], [tensor, dtype, shape]);
    if (floats === undefined) continue;
    const { buffer, byteOffset, byteLength } = file.floats(tensor);
    assert.equal(Buffer.from(buffer, byteOffset, byteLength).toString("base64"), floats, tensor);
  }
}
