import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GraphBuilder } from "../builder.js";
import type { Value } from "../ir.js";
import { verifyGraph } from "../verify.js";
import { recompute, segmentsOf } from "./recompute.js";

const once = { stride: [1, 1], padding: [0, 0] } as const;
const norm = { epsilon: 1e-3 };

/** conv, norm, relu (a block ends), conv, relu; and a walk back that reads the last and the middle. */
function prepare() {
  const builder = new GraphBuilder();
  const x = builder.input("x", [2, 3, 4, 4]);
  const weight = builder.parameter("weight", [3, 3, 1, 1], "weight");
  const beta = builder.parameter("beta", [3], "beta");
  const first = builder.add("conv2d", "first", [x, weight], once);
  const [normal = first] = builder.apply("batch_norm_training", "norm", [first, beta], norm);
  const middle = builder.add("relu", "middle", [normal], {});
  const end = builder.add("conv2d", "end", [middle, weight], once);
  const second = builder.add("conv2d", "second", [end, weight], once);
  const last = builder.add("relu", "last", [second], {});
  const forward = builder.finish("forward", new Map([["last", last]]));
  const walk = GraphBuilder.from(forward);
  const dlast = walk.add("relu_gradient", "dlast", [last, last], {});
  const dsecond = walk.add("multiply", "dsecond", [dlast, second], {});
  const dmiddle = walk.add("relu_gradient", "dmiddle", [dsecond, middle], {});
  const dfirst = walk.add("multiply", "dfirst", [dmiddle, first], {});
  const outputs = new Map([
    ["last", last],
    ["dfirst", dfirst],
  ]);
  const graph = walk.finish("step", outputs, new Map([["block", end]]));
  return { graph, forward: new Set(forward.nodes) };
}

const names = (values: readonly Value[] | undefined) => values?.map(({ name }) => name);

describe("segmentsOf()", () => {
  it("drops by degree what is cheap, then all but the ends of blocks", () => {
    const { graph, forward } = prepare();
    const { list } = segmentsOf(graph, forward);
    assert.equal(list.length, 1); // what follows the last block stays
    assert.deepEqual(names(list[0]?.[0]), []);
    assert.deepEqual(names(list[0]?.[1]), ["norm", "middle"]);
    assert.deepEqual(names(list[0]?.[2]), ["first", "norm", "middle"]);
  });
});

describe("recompute()", () => {
  it("makes dropped values again just before the walk back reads them", () => {
    const { graph, forward } = prepare();
    const [segment] = segmentsOf(graph, forward).list;
    const made = recompute(graph, forward, new Set(segment?.[2]));
    verifyGraph(made);
    assert.deepEqual(
      made.nodes.map(({ name }) => name),
      [
        ...["first", "norm", "middle", "end", "second", "last", "dlast", "dsecond"],
        ...["first/again", "norm/again", "middle/again", "dmiddle", "dfirst"],
      ],
    );
    const last = made.nodes.at(-1);
    assert.deepEqual(names(last?.inputs), ["dmiddle", "first/again"]);
  });

  it("leaves a graph alone where nothing is dropped", () => {
    const { graph, forward } = prepare();
    assert.equal(recompute(graph, forward, new Set()), graph);
  });
});
