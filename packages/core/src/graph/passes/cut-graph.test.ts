import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import type { Value } from "../ir.js";
import { verifyGraph } from "../verify.js";
import { cutGraph } from "./cut-graph.js";

const network = lower(
  configureNetwork({ width: 0.1, inputSize: 107, classes: 4, auxiliary: true }),
  { batch: 2 },
);

describe("cutGraph()", () => {
  it("leaves what comes after a value, which becomes the input", () => {
    const head = cutGraph(network, network.outputs.get("features") as Value, "features");
    verifyGraph(head);
    assert.deepEqual(head.inputs, [{ name: "features", shape: [2, 152] }]);
    assert.deepEqual([...head.outputs.keys()], ["logits"]);
    assert.deepEqual(
      head.parameters.map(({ name }) => name),
      ["logits/weight", "logits/bias"],
    );
  });
});
