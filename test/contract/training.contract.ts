/**
 * @file What every executor must do with training steps: each run overwrites the variables that it
 * should, by what it was given, and nothing that a run gave changes later.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import type {
  Executor,
  TrainingStep,
} from "@inception-resnet-v2/core/internal/executors/executor.js";
import { createReferenceExecutor } from "@inception-resnet-v2/core/internal/executors/reference/executor.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import {
  relativeL2,
  type Shape,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";

const [rows, features, classes] = [3, 5, 4];
const random = createRandom(15, "training steps");

function numbers(shape: Shape): Tensor {
  const made = tensor(shape);
  made.data.forEach((_, at) => {
    made.data[at] = random.uniform() - 0.5;
  });
  return made;
}

/** A classifier's gradient, added to what was there; a running average of it; and a step of SGD. */
function classifierSteps(): readonly TrainingStep[] {
  const size = [classes, features];
  const first = new GraphBuilder();
  const x = first.input("x", [rows, features]);
  const targets = first.input("targets", [rows, classes]);
  const keep = first.input("keep", []);
  const head = [first.parameter("w", size, "weight"), first.parameter("bias", [classes], "bias")];
  const logits = first.add("linear", "logits", [x, ...head], {});
  const loss = first.add("softmax_cross_entropy", "loss", [logits, targets], {});
  const d = first.add("softmax_cross_entropy_gradient", "d", [logits, targets], { weight: 1 });
  const gradient = first.add("linear_weight_gradient", "dw", [d, x], {});
  const before = first.parameter("sum", size, "state");
  const sum = first.add("accumulate", "sum/next", [before, gradient, keep], {});
  const average = first.parameter("average", size, "state");
  const constants = { decay: 0.9, gain: 1 };
  const moved = first.add("moving_average", "average/next", [average, gradient], constants);
  const outputs = { loss, sum, average: moved };

  const second = new GraphBuilder();
  const given = [second.parameter("w", size, "weight"), second.parameter("sum", size, "state")];
  const slot = second.parameter("velocity", size, "state");
  const scalars = ["rate", "clip"].map((name) => second.input(name, []));
  const attributes = { momentum: 0.9, nesterov: false, weightDecay: 0.01, rateFactor: 1 };
  const [w, velocity] = second.apply(
    "sgd_update",
    "step",
    [...given, slot, ...scalars],
    attributes,
  ) as [Value, Value];
  return [
    {
      graph: first.finish("gradients", new Map(Object.entries(outputs))),
      assign: new Map([
        ["sum", "sum"],
        ["average", "average"],
      ]),
    },
    {
      graph: second.finish("update", new Map(Object.entries({ w, velocity }))),
      assign: new Map([
        ["w", "w"],
        ["velocity", "velocity"],
      ]),
    },
  ];
}

/** The variables that change; the bias does not. */
const changing = ["w", "sum", "average", "velocity"];
const scalar = (value: number) => tensor([], Float32Array.of(value));

/** Adds the tests to the suite of an executor, which `get` gives. */
export function trainingContract(get: () => Executor, tolerance: number): void {
  const near = (found: Tensors, expected: Tensors, what: string) => {
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
    for (const [name, { data }] of expected) {
      const distance = relativeL2(found.get(name)?.data ?? [], data);
      assert.ok(distance <= 4 * tolerance, `${what}, ${name}: relative L2 distance ${distance}`);
    }
  };

  it("changes each variable in every run of a step, as reference does", async () => {
    const start = new Map([
      ...changing.map((name) => [name, numbers([classes, features])] as const),
      ["bias", numbers([classes])],
    ]);
    const programs = [];
    for (const one of [get(), createReferenceExecutor()]) {
      const own = [...start].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.slice() },
      ]);
      programs.push(await one.compileTraining(classifierSteps(), new Map(own as never)));
    }
    const [program, reference] = programs as [(typeof programs)[0], (typeof programs)[0]];
    let before: Tensors = start;
    for (let step = 0; step < 4; step++) {
      const inputs = new Map([
        ["x", numbers([rows, features])],
        ["targets", numbers([rows, classes])],
        ["keep", scalar(step % 2)],
      ]);
      const settings = new Map([
        ["rate", scalar(0.1 * (step + 1))],
        ["clip", scalar(1)],
      ]);
      const [found, expected] = [await program.run(0, inputs), await reference.run(0, inputs)];
      near(found, expected, `outputs of step ${step}`);
      const [none, nothing] = [await program.run(1, settings), await reference.run(1, settings)];
      near(none, nothing, `update ${step}`);
      const now = await program.read(changing);
      near(now, await reference.read(changing), `variables after step ${step}`);
      for (const [name, { data }] of now) {
        assert.notDeepEqual(data, before.get(name)?.data, `${name} stays in step ${step}`);
      }
      before = now;
    }
    await program.write(start);
    const back = await program.read(changing);
    for (const name of changing)
      assert.deepEqual(back.get(name)?.data, start.get(name)?.data, name);
    await program.dispose();
  });

  it("gives other outputs for other inputs, and leaves the first as they were", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [1, 2, 2, 2]);
    const relu = graph.add("relu", "relu", [x], {});
    const outputs = new Map([
      ["relu", relu],
      ["scaled", graph.add("scale", "scaled", [relu], { factor: 3 })],
    ]);
    const program = await get().compile(graph.finish("twice", outputs), new Map());
    const run = (value: number) =>
      program.run(new Map([["x", tensor([1, 2, 2, 2], new Float32Array(8).fill(value))]]));
    const values = (found: Tensors) => [...found].map(([name, { data }]) => [name, data[0]]);
    const first = await run(1);
    const second = await run(2);
    const third = await run(-1);
    const rest = [first, second, third].map(values);
    assert.deepEqual(rest, [
      [
        ["relu", 1],
        ["scaled", 3],
      ],
      [
        ["relu", 2],
        ["scaled", 6],
      ],
      [
        ["relu", 0],
        ["scaled", 0],
      ],
    ]);
    await program.dispose();
  });
}
