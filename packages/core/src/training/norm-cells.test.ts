import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { checkNorms, findStarvedNorm, trainedNorms } from "./norm-cells.js";

const build = (inputSize: number, auxiliary = false) =>
  lower(configureNetwork({ width: 0.05, inputSize, auxiliary }));
const all = { freeze: "none", freezeNorms: false, photos: 1 } as const;

describe("findStarvedNorm()", () => {
  it("finds the first norm on a grid of one cell where photos come one by one", () => {
    const small = build(75);
    assert.match(findStarvedNorm(small, all) ?? "", /^mixed_7a\//);
    assert.equal(findStarvedNorm(small, { ...all, photos: 2 }), undefined);
    assert.equal(findStarvedNorm(small, { ...all, freezeNorms: true }), undefined);
    assert.equal(findStarvedNorm(small, { ...all, freeze: "body" }), undefined);
    assert.match(findStarvedNorm(small, { ...all, freeze: "block8_3" }) ?? "", /^block8_4\//);
  });

  it("finds none where every grid has several cells", () => {
    assert.equal(findStarvedNorm(build(139), all), undefined);
  });

  it("finds that of the auxiliary classifier, whose grid is one cell at 299 pixels", () => {
    assert.match(findStarvedNorm(build(299, true), all) ?? "", /^aux_/);
  });
});

describe("trainedNorms()", () => {
  it("lists those that are not frozen", () => {
    const network = build(75);
    const norms = network.nodes.filter(({ op }) => op === "batch_norm").length;
    assert.equal(trainedNorms(network, all).length, norms);
    assert.equal(trainedNorms(network, { ...all, freezeNorms: true }).length, 0);
  });
});

describe("checkNorms()", () => {
  it("says what to set", () => {
    const norm = findStarvedNorm(build(75), all);
    assert.throws(() => checkNorms(build(75), all, "batch"), {
      name: "UsageError",
      code: "OPTION_RANGE",
      message: `Cannot train on 1 photo at once: expected at least 2 values per channel for the statistics of every batch norm, got 1 in "${norm}"; set batch to 2 or more, a larger inputSize, or freezeNorms`,
    });
    checkNorms(build(75), { ...all, photos: 2 }, "batch");
  });
});
