import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { selectOutputs } from "./select-outputs.js";

describe("selectOutputs()", () => {
  it("drops nodes, parameters and blocks that the outputs do not need", () => {
    const { graph } = smallGraph();
    const middle = graph.outputs.get("middle");
    assert.ok(middle);
    const selected = selectOutputs(graph, new Map([["middle", middle]]));
    assert.equal(selected.nodes.at(-1)?.name, "second/relu");
    assert.equal(
      selected.parameters.some(({ name }) => name.startsWith("up")),
      false,
    );
    assert.deepEqual([...selected.blocks.keys()], []);
  });
});
