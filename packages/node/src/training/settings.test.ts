import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { recipeNames, recipes } from "@inception-resnet-v2/core/internal/training/recipes.js";
import { type SettleOptions, settle } from "./settings.js";

const data = "photos";

describe("settle()", () => {
  it("takes a recipe whole and survives JSON", () => {
    for (const recipe of recipeNames) {
      const settings = settle({ data, recipe });
      assert.deepEqual(JSON.parse(JSON.stringify(settings)), settings);
      assert.equal(settings.phases[0]?.learningRate, recipes[recipe].learningRate);
      assert.deepEqual(settings.optimizer, recipes[recipe].optimizer);
    }
  });

  it("starts small without weights, and lets everything be overridden", () => {
    const settings = settle({ data, epochs: 3, batch: 8, microBatch: 4, ema: 0.99, mixup: 0.2 });
    assert.equal(settings.recipe, "from-scratch-small");
    assert.deepEqual(settings.preprocessing, presets.timm);
    assert.equal(settings.ema, 0.99);
    assert.equal(settings.mixup, 0.2);
    const [phase] = settings.phases;
    assert.deepEqual([phase?.epochs, phase?.batch, phase?.parts], [3, 8, 2]);
  });

  it("plans the classifier alone, and the two phases of a fine-tuning", () => {
    const weights = "model.safetensors";
    const head = settle({ data, weights, freeze: "body" }).phases;
    assert.deepEqual(
      head.map(({ name, freeze }) => [name, freeze]),
      [["head", "body"]],
    );
    const usual = settle({ data, weights, fineTune: true }).phases;
    assert.deepEqual(
      usual.map(({ epochs }) => epochs),
      [20, 5],
    );
    const both = settle({ data, weights, fineTune: true, headEpochs: 2, epochs: 3 }).phases;
    assert.deepEqual(
      both.map(({ name, freeze, epochs }) => [name, freeze, epochs]),
      [
        ["head", "body", 2],
        ["tune", "block17_20", 3],
      ],
    );
    const [first, second] = both.map(({ learningRate }) => learningRate);
    assert.ok((first ?? 0) > (second ?? 0));
  });

  const wrong: [string, Partial<SettleOptions>, string][] = [
    ["an unknown recipe", { recipe: "best" as never }, "RECIPE_UNKNOWN"],
    ["no epochs", { epochs: 0 }, "OPTION_RANGE"],
    ["half a photo", { batch: 1.5 }, "OPTION_RANGE"],
    ["a rate that is not a number", { learningRate: Number.NaN }, "OPTION_RANGE"],
    ["a micro-batch that does not divide the batch", { batch: 8, microBatch: 3 }, "OPTION_RANGE"],
    ["an average that never moves", { ema: 1 }, "OPTION_RANGE"],
    ["a negative seed", { seed: -1 }, "OPTION_RANGE"],
    ["an unknown engine", { engine: "gpu" as never }, "OPTION_RANGE"],
    ["a network without channels", { width: 0 }, "OPTION_RANGE"],
    ["a frozen body without weights", { freeze: "body" }, "OPTION_MISSING"],
    ["a first phase without a second", { headEpochs: 3 }, "OPTION_UNUSED"],
    ["fine-tuning without weights", { fineTune: true }, "OPTION_MISSING"],
  ];
  for (const [name, options, code] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => settle({ data, ...options }), { name: "UsageError", code });
    });
  }
});
