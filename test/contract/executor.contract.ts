/**
 * @file What every executor must do: each op gives PyTorch's numbers, at any batch size.
 *
 * The cases are in `test/golden/ops-pytorch.json`, made by `scripts/python/make-op-goldens.py`. A graph
 * of many nodes must give what `reference` gives, whatever an executor folds in it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Executor } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { createReferenceExecutor } from "@inception-resnet-v2/core/internal/executors/reference/executor.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { type OpName, ops } from "@inception-resnet-v2/core/internal/graph/ops.js";
import {
  item,
  relativeL2,
  sizeOf,
  stack,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { forwardAndBackward } from "../helpers/forward-and-backward.js";
import { repositoryFile } from "../helpers/paths.js";
import { trainingContract } from "./training.contract.js";

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly name: string;
  readonly op: OpName;
  readonly attributes: object;
  readonly inputs: readonly Packed[];
  readonly outputs: readonly Packed[];
}

const golden = JSON.parse(readFileSync(repositoryFile("test/golden/ops-pytorch.json"), "utf8")) as {
  readonly cases: readonly Case[];
};

/** Three steps of each optimiser, made by `scripts/python/make-optimizer-goldens.py`. */
const optimizers = JSON.parse(
  readFileSync(repositoryFile("test/golden/optimizers.json"), "utf8"),
) as {
  readonly rate: number;
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly op: "rmsprop_update" | "sgd_update" | "adamw_update";
    readonly attributes: object;
    readonly weights: readonly (readonly number[])[];
  }[];
};

/** Float32 rounding of sums of a few dozen products. */
const float32Tolerance = 1e-6;

/** Runs the suite on an executor; the tolerance is a relative L2 distance. */
export function executorContract(
  name: string,
  create: () => Promise<Executor>,
  tolerance = float32Tolerance,
): void {
  describe(`${name} executor`, () => {
    let executor: Executor;
    before(async () => {
      executor = await create();
    });
    after(() => executor.dispose());

    it("is tested on every op", () => {
      const tested = new Set([...golden.cases, ...optimizers.cases].map(({ op }) => op));
      assert.deepEqual([...tested].sort(), Object.keys(ops).sort());
    });

    for (const one of golden.cases) {
      it(`computes ${one.op}, ${one.name}, as PyTorch does`, async () => {
        const { graph, parameters, inputs } = singleNode(one);
        const program = await executor.compile(graph, parameters);
        const outputs = await program.run(inputs);
        one.outputs.forEach((expected, index) => {
          const actual = outputs.get(`output_${index}`);
          assert.deepEqual(actual?.shape, expected.shape);
          const distance = relativeL2(actual?.data ?? [], expected.data);
          assert.ok(distance <= tolerance, `relative L2 distance ${distance}`);
        });
        await program.dispose();
      });
    }

    for (const one of optimizers.cases) {
      it(`steps as TensorFlow or PyTorch do: ${one.op}, ${one.name}`, async () => {
        const slots = one.op === "sgd_update" ? 1 : 2;
        const size = [optimizers.start.length];
        const builder = new GraphBuilder();
        const names = ops[one.op].inputs;
        const values = names.map((name, at) => builder.input(name, at < 2 + slots ? size : []));
        const attributes = { weightDecay: 0, rateFactor: 1, ...one.attributes };
        const results = builder.apply(one.op, "step", values, attributes as never);
        const outputs = new Map(results.map((value, at) => [`${at}`, value]));
        const program = await executor.compile(builder.finish("step", outputs), new Map());
        const first = one.op === "rmsprop_update" ? 1 : 0; // TensorFlow's square slot starts at 1
        let state: Float32Array[] = [
          Float32Array.from(optimizers.start),
          new Float32Array(size[0] ?? 0).fill(first),
          new Float32Array(size[0] ?? 0),
        ].slice(0, 1 + slots);
        for (const [at, gradient] of optimizers.gradients.entries()) {
          const [w, ...rest] = state as [Float32Array, ...Float32Array[]];
          const scalars = [
            optimizers.rate,
            1,
            1 / (1 - 0.9 ** (at + 1)),
            1 / (1 - 0.999 ** (at + 1)),
          ];
          const given = [w, Float32Array.from(gradient), ...rest].map((data) => tensor(size, data));
          const all = [...given, ...scalars.map((value) => tensor([], Float32Array.of(value)))];
          const inputs = new Map(names.map((name, index) => [name, all[index] as Tensor]));
          const found = await program.run(inputs);
          state = results.map((_, index) => (found.get(`${index}`) as Tensor).data);
          const distance = relativeL2(state[0] ?? [], one.weights[at] ?? []);
          assert.ok(distance <= 2e-6, `step ${at + 1}: relative L2 distance ${distance}`);
        }
        await program.dispose();
      });
    }

    for (const roles of [[], ["gamma", "beta", "bias"], ["weight"]] as const) {
      it(`gives the logits and gradients of one graph as reference does, by ${["image", ...roles].join(", ")}`, async () => {
        const { graph, parameters, inputs } = forwardAndBackward(roles);
        const expected = await (await createReferenceExecutor().compile(graph, parameters)).run(
          inputs,
        );
        for (const consume of [false, true]) {
          const program = await executor.compile(graph, parameters, { consume });
          const found = await program.run(inputs);
          for (const [output, { data }] of expected) {
            const distance = relativeL2(found.get(output)?.data ?? [], data);
            assert.ok(distance <= 4 * tolerance, `${output}: relative L2 distance ${distance}`);
          }
          await program.dispose();
        }
      });
    }

    trainingContract(() => executor, tolerance);

    it("runs another batch size than the graph was built with, each item as if alone", async () => {
      const one = golden.cases.find(({ op }) => op === "conv2d") as Case;
      const { graph, parameters, inputs } = singleNode(one);
      const program = await executor.compile(graph, parameters);
      const batch = inputs.get("input_0") as Tensor;
      const items = Array.from({ length: 5 }, (_, at) => item(batch, at % (batch.shape[0] ?? 1)));
      const together = await program.run(new Map([["input_0", stack(items)]]));
      for (const [at, alone] of items.entries()) {
        const single = await program.run(new Map([["input_0", stack([alone])]]));
        const expected = single.get("output_0")?.data as Float32Array;
        const actual = item(together.get("output_0") as Tensor, at).data;
        assert.ok(relativeL2(actual, expected) <= tolerance);
      }
      await program.dispose();
    });

    it("gives only the outputs asked for, two of them one value, and leaves the inputs as they were", async () => {
      const graph = new GraphBuilder();
      const x = graph.input("x", [1, 1, 2, 2]);
      const outputs = new Map([
        ["relu", graph.add("relu", "relu", [x], {})],
        ["scaled", graph.add("scale", "scaled", [x], { factor: 2 })],
      ]);
      outputs.set("again", outputs.get("scaled") as Value);
      const program = await executor.compile(graph.finish("pair", outputs), new Map());
      const input = tensor([1, 1, 2, 2], Float32Array.of(-1, 2, -3, 4));
      const found = await program.run(new Map([["x", input]]), { outputs: ["scaled", "again"] });
      assert.deepEqual([...found.keys()], ["scaled", "again"]);
      assert.deepEqual(found.get("again"), found.get("scaled"));
      assert.deepEqual([...(found.get("scaled")?.data ?? [])], [-2, 4, -6, 8]);
      assert.deepEqual([...input.data], [-1, 2, -3, 4]);
      await program.dispose();
    });
  });
}

/** A graph of one node; what the op table calls neither x, a nor b becomes a parameter. */
function singleNode(one: Case): { graph: Graph; parameters: Tensors; inputs: Tensors } {
  const builder = new GraphBuilder();
  const parameters = new Map<string, Tensor>();
  const inputs = new Map<string, Tensor>();
  const names = ops[one.op].inputs;
  const values = one.inputs.map(({ shape, data }, index) => {
    const given = tensor(shape, Float32Array.from(data));
    assert.equal(data.length, sizeOf(shape));
    const name = names[Math.min(index, names.length - 1)] ?? "";
    if (/^(\.\.\.)?(x|a|b|y|dy|logits|targets|average|value|sum|gradient|decay|keep)$/.test(name)) {
      inputs.set(`input_${index}`, given);
      return builder.input(`input_${index}`, shape);
    }
    parameters.set(`parameter_${index}`, given);
    return builder.parameter(`parameter_${index}`, shape, "weight");
  });
  const results = builder.apply(one.op, "node", values, one.attributes as never);
  const outputs = new Map(results.map((value, index) => [`output_${index}`, value]));
  return { graph: builder.finish(one.op, outputs), parameters, inputs };
}
