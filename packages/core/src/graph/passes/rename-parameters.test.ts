import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smallGraph } from "@inception-resnet-v2/test/helpers/small-graph.js";
import { verifyGraph } from "../verify.js";
import { renameParameters } from "./rename-parameters.js";

describe("renameParameters()", () => {
  it("gives parameters other names wherever they are read, and keeps all else", () => {
    const { graph } = smallGraph();
    const renamed = renameParameters(graph, ({ name }) =>
      name.startsWith("up/") ? `average/${name}` : name,
    );
    verifyGraph(renamed);
    assert.deepEqual(
      renamed.parameters.map(({ name }) => name),
      graph.parameters.map(({ name }) => name.replace(/^up/, "average/up")),
    );
    const up = renamed.nodes.find(({ name }) => name === "up/conv");
    assert.deepEqual(
      up?.inputs.map(({ name }) => name),
      ["second/relu", "average/up/weight", "average/up/bias"],
    );
    assert.equal(renamed.parameters[0], graph.parameters[0]);
    assert.deepEqual([...renamed.outputs], [...graph.outputs]);
  });
});
