import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { verifyGraph } from "../verify.js";
import { dropDropout } from "./drop-dropout.js";

describe("dropDropout()", () => {
  it("gives readers and outputs what went into it", () => {
    const { graph } = smallGraph();
    const dropped = dropDropout(graph);
    verifyGraph(dropped);
    assert.ok(graph.nodes.some(({ op }) => op === "dropout"));
    assert.ok(!dropped.nodes.some(({ op }) => op === "dropout"));
    assert.equal(dropped.outputs.get("sum"), dropped.blocks.get("sum"));
  });
});
