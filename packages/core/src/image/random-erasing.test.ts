import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom } from "../tensor/random.js";
import { tensor } from "../tensor/tensor.js";
import { defaultErasing, eraseAtRandom } from "./random-erasing.js";

const [height, width] = [40, 60];
const plane = height * width;
const blank = () => tensor([3, height, width], new Float32Array(3 * plane).fill(9));

/** The rows and columns that differ from a blank picture, in one channel. */
function touched(data: Float32Array, channel: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < plane; i++) if (data[channel * plane + i] !== 9) found.push(i);
  return found;
}

describe("eraseAtRandom()", () => {
  it("fills one rectangle, the same in each channel, of an area within the limits", () => {
    const random = createRandom(1);
    const areas = Array.from({ length: 300 }, () => {
      const picture = blank();
      eraseAtRandom(picture, { ...defaultErasing, probability: 1, fill: 0 }, random);
      const places = touched(picture.data, 0);
      assert.deepEqual(touched(picture.data, 1), places);
      assert.deepEqual(touched(picture.data, 2), places);
      const rows = new Set(places.map((i) => Math.floor(i / width)));
      const columns = new Set(places.map((i) => i % width));
      assert.equal(places.length, rows.size * columns.size);
      assert.ok(places.every((i) => picture.data[i] === 0));
      return places.length / plane;
    });
    assert.ok(areas.every((area) => area > 0.015 && area < 0.35));
    assert.ok(Math.min(...areas) < 0.04 && Math.max(...areas) > 0.3);
  });

  it("fills with standard normal noise", () => {
    const picture = blank();
    eraseAtRandom(
      picture,
      { probability: 1, area: [0.5, 0.5], aspect: [1, 1], fill: "noise" },
      createRandom(4),
    );
    const values = picture.data.filter((value) => value !== 9);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    assert.ok(Math.abs(values.length / (3 * plane) - 0.5) < 0.02);
    assert.ok(Math.abs(mean) < 0.06 && Math.abs(square - 1) < 0.1, `${mean} ${square}`);
  });

  it("touches as many pictures as the probability says", () => {
    const random = createRandom(2);
    const hit = Array.from({ length: 2000 }, () => {
      const picture = blank();
      eraseAtRandom(picture, defaultErasing, random);
      return touched(picture.data, 0).length > 0;
    }).filter(Boolean).length;
    assert.ok(Math.abs(hit / 2000 - 0.25) < 0.03, `${hit}`);
  });

  it("leaves a picture alone that has no room for the rectangle", () => {
    const picture = blank();
    const erasing = { probability: 1, area: [1, 1], aspect: [1, 1], fill: 0 } as const;
    eraseAtRandom(picture, erasing, createRandom(1));
    assert.deepEqual(picture, blank());
  });
});
