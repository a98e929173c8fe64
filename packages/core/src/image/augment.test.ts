import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hashPixels } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import { createRandom } from "../tensor/random.js";
import {
  type Augmentation,
  augment,
  noAugmentation,
  slimAugmentation,
  smallAugmentation,
} from "./augment.js";
import { slimCrop } from "./augment-crop.js";
import type { Pixels } from "./pixels.js";
import { preprocess } from "./preprocess.js";
import { presetNames, presets } from "./presets.js";
import { defaultErasing } from "./random-erasing.js";

const picture = hashPixels(90, 70, 1);
const size = 32;
const square = { width: size, height: size };

/** A picture whose red rises from left to right and whose green rises from top to bottom. */
function ramp(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data[3 * i] = Math.round(((i % width) / (width - 1)) * 255);
    data[3 * i + 1] = Math.round((Math.floor(i / width) / (height - 1)) * 255);
  }
  return { width, height, data };
}

describe("augment()", () => {
  it("gives what preprocess() gives when nothing is to be done", () => {
    for (const name of presetNames) {
      const out = augment(picture, square, presets[name], noAugmentation, createRandom(1));
      assert.deepEqual(out, preprocess(picture, presets[name], square), name);
    }
  });

  it("goes through levels from black to white and back without a change", () => {
    const still: Augmentation = { ...noAugmentation, randAugment: { operations: 0, magnitude: 9 } };
    for (const name of presetNames) {
      const out = augment(picture, square, presets[name], still, createRandom(1));
      const plain = preprocess(picture, presets[name], square);
      // TensorFlow's filters make levels between whole ones, which RandAugment rounds.
      const tolerance = name === "timm" ? 0 : 1.01 / 255;
      out.data.forEach((value, i) => {
        assert.ok(Math.abs(value - (plain.data[i] as number)) <= tolerance, name);
      });
    }
  });

  it("gives the same for the same state of the random numbers, and leaves the picture alone", () => {
    const before = picture.data.slice();
    const all: Augmentation = {
      ...slimAugmentation,
      randAugment: { operations: 2, magnitude: 9 },
      erasing: { ...defaultErasing, probability: 1 },
    };
    for (const augmentation of [slimAugmentation, smallAugmentation, all]) {
      const draw = (seed: number) =>
        augment(picture, square, presets.timm, augmentation, createRandom(seed));
      assert.deepEqual(draw(1), draw(1));
      assert.notDeepEqual(draw(1), draw(2));
      assert.deepEqual(draw(1).shape, [3, size, size]);
    }
    assert.deepEqual(picture.data, before);
  });

  it("gives numbers within the preset's black and white", () => {
    const random = createRandom(9);
    for (const name of presetNames) {
      for (const augmentation of [slimAugmentation, smallAugmentation]) {
        for (let i = 0; i < 20; i++) {
          const { data } = augment(picture, square, presets[name], augmentation, random);
          assert.ok(data.every((value) => value >= -1 && value <= 1));
        }
      }
    }
  });

  it("mirrors half of the pictures, left to right", () => {
    const random = createRandom(4);
    const flipOnly: Augmentation = { ...noAugmentation, flip: true };
    const plain = augment(picture, square, presets.keras, noAugmentation, random);
    const mirrored = plain.data.map((_, i) => {
      const column = i % size;
      return plain.data[i - column + (size - 1 - column)] as number;
    });
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      const { data } = augment(picture, square, presets.keras, flipOnly, random);
      if (data[0] === plain.data[0]) assert.deepEqual(data, plain.data);
      else {
        assert.deepEqual(data, mirrored);
        count++;
      }
    }
    assert.ok(Math.abs(count - 500) < 60, `${count} of 1000`);
  });

  it("stretches the crop it draws to the whole tensor", () => {
    const random = createRandom(6);
    const cropOnly: Augmentation = { ...noAugmentation, crop: { ...slimCrop, area: [0.2, 0.5] } };
    for (let i = 0; i < 50; i++) {
      const { data } = augment(ramp(200, 160), square, presets.timm, cropOnly, random);
      const at = (channel: number, y: number, x: number) =>
        ((data[(channel * size + y) * size + x] as number) + 1) / 2;
      const wide = at(0, 0, size - 1) - at(0, 0, 0);
      const high = at(1, size - 1, 0) - at(1, 0, 0);
      assert.ok(wide * high > 0.16 && wide * high < 0.55, `${wide} x ${high}`);
      const aspect = (wide * 200) / (high * 160);
      assert.ok(aspect > 0.7 && aspect < 1.4, `${aspect}`);
    }
  });

  it("is plain data that survives JSON", () => {
    const read: Augmentation = JSON.parse(JSON.stringify(slimAugmentation));
    assert.deepEqual(read, slimAugmentation);
    const draw = (augmentation: Augmentation) =>
      augment(picture, square, presets.slim, augmentation, createRandom(3));
    assert.deepEqual(draw(read), draw(slimAugmentation));
  });
});
