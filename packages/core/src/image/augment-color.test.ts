import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { createRandom } from "../tensor/random.js";
import { adjustColor, type ColorChange, colorDistortions, distortColor } from "./augment-color.js";

interface Golden {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly changes: readonly (readonly [ColorChange, number])[];
    readonly input: readonly number[];
    readonly output: readonly number[];
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/augment-color.json"), "utf8"),
);

const hill = (length: number) =>
  Float32Array.from({ length }, (_, i) => (i * 37) % 101).map((x) => x / 100);

describe("adjustColor()", () => {
  it(`gives the colors of TensorFlow ${golden.madeWith["tensorflow"]}`, () => {
    assert.ok(golden.cases.length >= 20);
    for (const { changes, input, output } of golden.cases) {
      const planes = Float32Array.from(input);
      for (const [change, amount] of changes) adjustColor(planes, change, amount);
      planes.forEach((value, i) => {
        const expected = output[i] as number;
        const difference = Math.abs(value - expected);
        assert.ok(difference < 2e-6, `${JSON.stringify(changes)} at ${i}: ${value}, ${expected}`);
      });
    }
  });

  it("leaves colors where they are for amounts that change nothing", () => {
    for (const [change, amount] of [
      ["brightness", 0],
      ["saturation", 1],
      ["hue", 1],
      ["contrast", 1],
    ] as const) {
      const planes = hill(300);
      adjustColor(planes, change, amount);
      planes.forEach((value, i) => {
        assert.ok(Math.abs(value - (hill(300)[i] as number)) < 1e-6, change);
      });
    }
  });
});

describe("distortColor()", () => {
  it("knows the orders of slim", () => {
    const whole = golden.cases.filter(({ changes }) => changes.length === 4);
    const orders = new Set(whole.map(({ changes }) => changes.map(([change]) => change).join()));
    assert.deepEqual(new Set(colorDistortions.slim.orders.map((order) => order.join())), orders);
  });

  it("gives numbers from 0 to 1, the same for the same state of the random numbers", () => {
    for (const how of Object.values(colorDistortions)) {
      for (let seed = 0; seed < 20; seed++) {
        const [once, again] = [hill(300), hill(300)];
        distortColor(once, how, createRandom(seed));
        distortColor(again, how, createRandom(seed));
        assert.deepEqual(once, again);
        assert.ok(once.every((value) => value >= 0 && value <= 1));
        assert.notDeepEqual(once, hill(300));
      }
    }
  });

  it("draws brightness evenly within its limit, either way", () => {
    const random = createRandom(5);
    const how = { ...colorDistortions.slim, orders: [["brightness"]] } as const;
    const drawn = Array.from({ length: 4000 }, () => {
      const planes = Float32Array.of(0.5, 0.5, 0.5);
      distortColor(planes, how, random);
      return ((planes[0] as number) - 0.5) * 255;
    }).sort((a, b) => a - b);
    [0, 0.25, 0.5, 0.75, 0.99975].forEach((part) => {
      const expected = -32 + 64 * part;
      assert.ok(Math.abs((drawn[Math.floor(part * 4000)] as number) - expected) < 2, `${part}`);
    });
  });
});
