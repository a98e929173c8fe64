/** @file Against numbers that PyTorch 2.13 gives for the same bytes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeNumbers, type NumberType } from "./numbers.js";

const bytes = (values: { readonly buffer: ArrayBufferLike }) => new Uint8Array(values.buffer);

describe("decodeNumbers()", () => {
  const cases: [type: NumberType, bytes: Uint8Array, expected: number[]][] = [
    ["F64", bytes(Float64Array.of(0.1, -1e300, 1e-320)), [Math.fround(0.1), -Infinity, 0]],
    ["I64", bytes(BigInt64Array.of(-5n, 2n ** 40n)), [-5, 2 ** 40]],
    ["I32", bytes(Int32Array.of(-5, 2 ** 30)), [-5, 2 ** 30]],
    ["U16", bytes(Uint16Array.of(65535)), [65535]],
    ["I8", bytes(Int8Array.of(-128, 127)), [-128, 127]],
    ["BOOL", Uint8Array.of(0, 1), [0, 1]],
    [
      "F8_E4M3",
      Uint8Array.of(0, 1, 8, 0x38, 0x7e, 0xfe, 0x7f, 0x87),
      [0, 2 ** -9, 2 ** -6, 1, 448, -448, NaN, -0.013671875],
    ],
    [
      "F8_E5M2",
      Uint8Array.of(0, 1, 4, 0x3c, 0x7b, 0x7c, 0xfc, 0x7e),
      [0, 2 ** -16, 2 ** -14, 1, 57344, Infinity, -Infinity, NaN],
    ],
  ];
  for (const [type, given, expected] of cases) {
    it(`reads ${type}`, () => assert.deepEqual([...decodeNumbers(given, type)], expected));
  }

  it("reads elements that do not begin at a multiple of their size", () => {
    const shifted = new Uint8Array(17);
    shifted.set(bytes(Float64Array.of(0.5, 0.25)), 1);
    assert.deepEqual([...decodeNumbers(shifted.subarray(1), "F64")], [0.5, 0.25]);
  });
});
