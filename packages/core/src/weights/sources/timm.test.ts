import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { isTimmCounter, modernTimmName, timmCounters, timmNames } from "./timm.js";

/** Names and shapes: made by scripts/python/make-timm-names.py. */
const golden = (name: string) =>
  new Map(
    readFileSync(repositoryFile(`test/golden/${name}`), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t") as [string, string]),
  );

describe("timm's names", () => {
  const networks = [
    ["inception_resnet_v2", "timm-names.tsv", 1306],
    ["inception_v4", "timm-names-inception-v4.tsv", 896],
  ] as const;
  for (const [arch, file, count] of networks) {
    it(`are those of timm's ${arch}, all ${count} with the counters, with their shapes`, () => {
      const theirs = golden(file);
      const { parameters } = lower(configureNetwork({ arch }), { batchNormScale: true });
      const names = timmNames(
        parameters.map(({ name }) => name),
        arch,
      );
      const counters = timmCounters(names.keys(), arch);
      assert.equal(theirs.size, count);
      assert.deepEqual([...names.values(), ...counters].sort(), [...theirs.keys()].sort());
      for (const { name, shape } of parameters) {
        assert.equal(shape.join("x"), theirs.get(names.get(name) ?? ""), name);
      }
      assert.ok(counters.every(isTimmCounter));
    });
  }

  it("include Cadene's classifier under its old name", () => {
    assert.equal(modernTimmName("last_linear.weight"), "classif.weight");
    assert.equal(modernTimmName("last_linear.weight", "inception_v4"), "last_linear.weight");
  });
});
