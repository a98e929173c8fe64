import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";
import { divide, stageRates } from "./freeze.js";

const network = lower(
  configureNetwork({ width: 0.1, inputSize: 107, classes: 4, auxiliary: true }),
  { batch: 2 },
);
const frozen = (freeze: string) => {
  const division = divide(network, freeze);
  return network.parameters.flatMap((one) => (division.isFrozen(one) ? [one.name] : []));
};

describe("divide()", () => {
  it("freezes nothing, or all that a block depends on and no more", () => {
    assert.deepEqual(frozen("none"), []);
    const first = frozen("conv2d_2a");
    assert.deepEqual(
      new Set(first.map((name) => name.split("/")[0])),
      new Set(["conv2d_1a", "conv2d_2a"]),
    );
    const middle = frozen("block17_20");
    assert.ok(middle.some((name) => name.startsWith("block17_20/")));
    assert.ok(!middle.some((name) => /^(mixed_7a|block8|logits|aux)/.test(name)));
  });

  it("freezes all but the classifiers as body", () => {
    const kept = new Set(frozen("body"));
    const left = network.parameters.filter(({ name }) => !kept.has(name));
    assert.ok(left.every(({ name }) => /^(logits|aux_)/.test(name)));
    assert.ok(kept.has("conv2d_7b/weight"));
  });

  it("tells which batch norms are frozen", () => {
    const { isFrozenNorm } = divide(network, "mixed_6a");
    const norms = network.nodes.filter(({ op }) => op === "batch_norm").map(({ name }) => name);
    assert.ok(norms.filter((name) => name.startsWith("block35")).every(isFrozenNorm));
    assert.ok(!norms.filter((name) => name.startsWith("block17")).some(isFrozenNorm));
  });

  it("freezes every batch norm where that is asked for", () => {
    const { isFrozen, isFrozenNorm } = divide(network, "none", true);
    const roles = new Set(network.parameters.filter(isFrozen).map(({ role }) => role));
    assert.deepEqual(roles, new Set(["beta"]));
    assert.ok(isFrozenNorm("block17_1/branch_0/conv2d_1x1/batch_norm"));
  });

  it("refuses an unknown block, and the classifier", () => {
    for (const name of ["block99", "logits", "aux_logits"]) {
      assert.throws(() => divide(network, name), { name: "UsageError", code: "BLOCK_UNKNOWN" });
    }
  });
});

describe("stageRates()", () => {
  it("falls from stage to stage, away from the classifier", () => {
    const rate = stageRates(network, 0.5);
    const rates = [
      "logits/weight",
      "conv2d_7b/weight",
      "block8_3/up/bias",
      "mixed_7a",
      "conv2d_1a/beta",
    ];
    const of = (start: string) => {
      const found = network.parameters.find(({ name }) => name.startsWith(start));
      assert.ok(found, start);
      return rate(found);
    };
    assert.deepEqual(rates.map(of), [1, 0.5, 0.25, 0.125, 0.5 ** 8]);
  });
});
