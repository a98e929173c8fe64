import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { halve } from "./phases.js";
import type { Phase } from "./settings.js";

const phase: Phase = {
  name: "train",
  freeze: "none",
  epochs: 1,
  learningRate: 1,
  warmupEpochs: 0,
  batch: 6,
  parts: 1,
};
const build = (inputSize: number) => lower(configureNetwork({ width: 0.05, inputSize }));

describe("halve()", () => {
  it("takes the next number of parts that divides the batch", () => {
    const network = build(139);
    assert.equal(halve(phase, network, false)?.parts, 2);
    assert.equal(halve({ ...phase, parts: 2 }, network, false)?.parts, 6);
    assert.equal(halve({ ...phase, parts: 6 }, network, false), undefined);
  });

  it("leaves every batch norm that is trained several values per channel", () => {
    const network = build(75); // its last grids are of one cell
    assert.equal(halve({ ...phase, parts: 1 }, network, false)?.parts, 2);
    assert.equal(halve({ ...phase, parts: 3 }, network, false), undefined);
    assert.equal(halve({ ...phase, parts: 3 }, network, true)?.parts, 6);
  });
});
