import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { isTimmCounter, modernTimmName, timmCounters, timmNames } from "./timm.js";

/** name, shape: made by scripts/python/make-timm-names.py. */
const theirs = new Map(
  readFileSync(repositoryFile("test/golden/timm-names.tsv"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split("\t") as [string, string]),
);

describe("timm's names", () => {
  const { parameters } = lower(configureNetwork(), { batchNormScale: true });
  const names = timmNames(parameters.map(({ name }) => name));

  it("are those of timm's state dict, all 1306 with the counters, with their shapes", () => {
    const counters = timmCounters(names.keys());
    assert.equal(theirs.size, 1306);
    assert.deepEqual([...names.values(), ...counters].sort(), [...theirs.keys()].sort());
    for (const { name, shape } of parameters) {
      assert.equal(shape.join("x"), theirs.get(names.get(name) ?? ""), name);
    }
    assert.ok(counters.every(isTimmCounter));
  });

  it("include Cadene's classifier under its old name", () => {
    assert.equal(modernTimmName("last_linear.weight"), "classif.weight");
  });
});
