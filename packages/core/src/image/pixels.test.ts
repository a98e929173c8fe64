import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../errors.js";
import { cropPixels, fromRawPixels, type RawPixels } from "./pixels.js";

describe("fromRawPixels()", () => {
  it("takes RGB as it is, without copying", () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const pixels = fromRawPixels({ width: 2, height: 1, data, channels: 3 });
    assert.deepEqual(pixels, { width: 2, height: 1, data });
    assert.equal(pixels.data.buffer, data.buffer);
  });

  it("repeats grey in the three channels", () => {
    const { data } = fromRawPixels({ width: 1, height: 2, data: Uint8Array.of(7, 200) });
    assert.deepEqual([...data], [7, 7, 7, 200, 200, 200]);
  });

  it("drops alpha and keeps the color under it", () => {
    const grey = { width: 2, height: 1, data: Uint8Array.of(9, 0, 10, 255) };
    assert.deepEqual([...fromRawPixels(grey).data], [9, 9, 9, 10, 10, 10]);
    const color = { width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 0) };
    assert.deepEqual([...fromRawPixels(color).data], [1, 2, 3]);
  });

  it("puts a background behind transparent pixels", () => {
    const data = Uint8Array.of(100, 0, 255, 128, 1, 2, 3, 0, 4, 5, 6, 255);
    const pixels = fromRawPixels({ width: 3, height: 1, data }, { background: [0, 255, 10] });
    assert.deepEqual([...pixels.data], [50, 127, 133, 0, 255, 10, 4, 5, 6]);
    const grey = { width: 1, height: 1, data: Uint8Array.of(50, 51) };
    assert.deepEqual([...fromRawPixels(grey, { background: [0, 100, 250] }).data], [10, 90, 210]);
    const opaque = { width: 1, height: 1, data: Uint8Array.of(50) };
    assert.deepEqual([...fromRawPixels(opaque, { background: [0, 1, 2] }).data], [50, 50, 50]);
  });

  const refusals: [what: string, raw: RawPixels, message: string][] = [
    [
      "a height of 0",
      { width: 2, height: 0, data: new Uint8Array() },
      "Cannot read raw pixels: expected a size in whole pixels above 0, got 2x0",
    ],
    [
      "a broken width",
      { width: 1.5, height: 2, data: new Uint8Array(9) },
      "Cannot read raw pixels: expected a size in whole pixels above 0, got 1.5x2",
    ],
    [
      "floats",
      { width: 1, height: 1, data: new Float32Array(3) as unknown as Uint8Array },
      "Cannot read raw pixels: expected data as Uint8Array or Uint8ClampedArray, got Float32Array",
    ],
    [
      "too few bytes",
      { width: 2, height: 2, data: new Uint8Array(11) },
      "Cannot read raw pixels of 2x2: expected 1 to 4 bytes per pixel, got 11 bytes",
    ],
    [
      "bytes that disagree with the channels",
      { width: 2, height: 2, data: new Uint8Array(16), channels: 3 },
      "Cannot read raw pixels of 2x2: expected 3 bytes per pixel, got 16 bytes",
    ],
  ];
  for (const [what, raw, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => fromRawPixels(raw), new InputError("PIXELS_INVALID", message));
    });
  }
});

describe("cropPixels()", () => {
  it("cuts a rectangle out", () => {
    const data = Uint8Array.from({ length: 36 }, (_, i) => i);
    const crop = cropPixels({ width: 4, height: 3, data }, { x: 1, y: 1, width: 2, height: 2 });
    assert.deepEqual([crop.width, crop.height], [2, 2]);
    assert.deepEqual([...crop.data], [15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32]);
  });
});
