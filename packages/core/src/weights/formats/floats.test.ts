import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeFloats, encodeFloats } from "./floats.js";

describe("floats of files", () => {
  it("are exact in both half types, and rounded to nearest even", () => {
    const bits = Uint32Array.from([0x3f800001, 0x3f808000, 0x3f818000, 0x7f800000, 0xff800000]);
    const given = new Float32Array(bits.buffer);
    const brain = decodeFloats(encodeFloats(given, "BF16", "x"), "BF16");
    assert.deepEqual([...brain], [1, 1, 1.015625, Infinity, -Infinity]);
    const half = (list: number[]) => [
      ...decodeFloats(encodeFloats(Float32Array.from(list), "F16", "x"), "F16"),
    ];
    assert.deepEqual(half([65504, -65504, 1, 2 ** -14, 2 ** -24, 2 ** -25, 0, -0]), [
      65504,
      -65504,
      1,
      2 ** -14,
      2 ** -24,
      0,
      0,
      -0,
    ]);
    assert.deepEqual(half([1 + 2 ** -11, 1 + 3 * 2 ** -11, 3 * 2 ** -25]), [
      1,
      1 + 2 ** -9,
      2 ** -23,
    ]);
    assert.ok(Number.isNaN(half([Number.NaN])[0]));
  });

  it("survive a round trip of all 65536 halves", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, at) => at);
    const wide = decodeFloats(new Uint8Array(all.buffer), "F16");
    const back = new Uint16Array(encodeFloats(wide, "F16", "x").buffer);
    back.forEach((half, at) => {
      const isNaN16 = (at & 0x7c00) === 0x7c00 && (at & 0x3ff) !== 0;
      if (!isNaN16) assert.equal(half, at);
    });
  });

  it("refuse to overflow float16", () => {
    assert.throws(() => encodeFloats(Float32Array.of(1, 65520), "F16", "w"), {
      code: "WEIGHTS_OVERFLOW",
      message: 'Cannot write "w" as float16: expected values up to 65504, got 65520',
    });
  });

  it("refuse to overflow bfloat16, and leave infinities as they are", () => {
    const largest = (2 - 2 ** -7) * 2 ** 127;
    assert.throws(() => encodeFloats(Float32Array.of(Infinity, 3.4028234e38), "BF16", "w"), {
      code: "WEIGHTS_OVERFLOW",
      message: `Cannot write "w" as bfloat16: expected values up to ${largest}, got 3.4028234663852886e+38`,
    });
    const kept = Float32Array.of(largest, -Infinity, Infinity);
    assert.deepEqual(decodeFloats(encodeFloats(kept, "BF16", "w"), "BF16"), kept);
  });

  it("find a value that overflows behind an infinity", () => {
    assert.throws(() => encodeFloats(Float32Array.of(Infinity, 1e6), "F16", "w"), {
      message: 'Cannot write "w" as float16: expected values up to 65504, got 1000000',
    });
  });

  it("keep NaN a NaN whichever bits it has", () => {
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xffffffff, 0x7fc00000).buffer);
    for (const dtype of ["F16", "BF16"] as const) {
      assert.ok(decodeFloats(encodeFloats(nans, dtype, "w"), dtype).every(Number.isNaN));
    }
  });
});
