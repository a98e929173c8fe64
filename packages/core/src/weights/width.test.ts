import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { widthOf } from "./width.js";

describe("widthOf()", () => {
  for (const width of [0.1, 0.25, 0.35, 0.37, 0.375, 0.5, 1, 1.4, 2]) {
    it(`finds a width whose network has the channels of ${width}`, () => {
      const shapes = (one: number) =>
        new Map(lower(configureNetwork({ width: one })).parameters.map((p) => [p.name, p.shape]));
      const given = shapes(width);
      const found = widthOf((name) => given.get(name)?.[0]);
      assert.deepEqual([...shapes(found)], [...given]);
      if (width === 1) assert.equal(found, 1);
    });
  }
});
