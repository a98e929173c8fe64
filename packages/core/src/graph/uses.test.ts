import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GraphBuilder } from "./builder.js";
import { Uses } from "./uses.js";

describe("Uses", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", [1, 2]);
  const a = builder.add("relu", "a", [x], {});
  const b = builder.add("add", "b", [a, a], {});
  const c = builder.add("add", "c", [a, b], {});
  const d = builder.add("relu", "d", [b], {});
  const graph = builder.finish("graph", new Map([["c", c]]));
  const uses = new Uses(graph);

  it("knows makers, and readers in their order", () => {
    assert.equal(uses.maker(x), undefined);
    assert.equal(uses.maker(c)?.name, "c");
    const names = uses.readers(a).map(({ name }) => name);
    assert.deepEqual(names, ["b", "b", "c"]);
    assert.deepEqual(uses.readers(d), []);
    assert.equal(uses.lastReader(a)?.name, "c");
    assert.equal(uses.lastReader(d), undefined);
  });

  it("knows what one node alone reads, once, and nobody outside", () => {
    assert.equal(uses.onlyReader(x)?.name, "a");
    assert.equal(uses.onlyReader(a), undefined);
    const twice = new Uses({ nodes: graph.nodes.slice(0, 2) });
    assert.equal(twice.onlyReader(a), undefined);
    assert.equal(new Uses({ ...graph, outputs: new Map([["x", x]]) }).onlyReader(x), undefined);
  });

  it("tells outputs, and values without use", () => {
    assert.deepEqual([uses.isOutput(c), uses.isOutput(a)], [true, false]);
    assert.deepEqual([uses.isUsed(c), uses.isUsed(a), uses.isUsed(d)], [true, true, false]);
  });

  it("takes values that are names", () => {
    const nodes = [
      { op: "Conv", inputs: ["image", "w"], outputs: ["y"] },
      { op: "Relu", inputs: ["y"], outputs: ["z"] },
    ];
    const names = new Uses({ nodes });
    assert.equal(names.onlyReader("y")?.op, "Relu");
    assert.equal(names.maker("z")?.op, "Relu");
  });
});
