import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import {
  relativeL2,
  type Tensor,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { executorContract } from "@inception-resnet-v2/test/contract/executor.contract.js";
import { branches, wave } from "@inception-resnet-v2/test/helpers/branches.js";
import { noBf16, noOneDnn } from "@inception-resnet-v2/test/helpers/engines.js";
import { createExecutor } from "../index.js";

if (noOneDnn) it("computes as PyTorch does", { skip: noOneDnn }, () => {});
else executorContract("onednn", () => createExecutor("onednn", { threads: 2 }));

/** Eight bits of mantissa, and sums of rounded numbers that cancel. */
const bf16Tolerance = 2e-2;
const half = { threads: 2, precision: "bf16" } as const;
if (noBf16) it("computes as PyTorch does, in bf16", { skip: noBf16 }, () => {});
else executorContract("onednn in bf16", () => createExecutor("onednn", half), bf16Tolerance);

/** relu(x + 0.1 (w x + b)) and its concatenation with x: what is done along with a convolution. */
function residual(channels: number) {
  const graph = new GraphBuilder();
  const x = graph.input("x", [2, channels, 5, 5]);
  const w = graph.parameter("w", [channels, channels, 1, 1], "weight");
  const b = graph.parameter("b", [channels], "bias");
  const window = { stride: [1, 1], padding: [0, 0] } as const;
  const up = graph.add("conv2d", "up", [x, w, b], window);
  const sum = graph.add("add", "sum", [x, graph.add("scale", "scaled", [up], { factor: 0.1 })], {});
  const y = graph.add("relu", "y", [sum], {});
  const both = graph.add("concat", "both", [y, x], {});
  const parameters = new Map([w, b].map(({ name, shape }) => [name, wave(shape, 1)]));
  return { graph: graph.finish("residual", new Map([["both", both]])), parameters };
}

describe("the onednn executor", { skip: noOneDnn }, () => {
  for (const channels of [3, 8, 16, 24, 48]) {
    it(`takes along what follows a convolution of ${channels} channels, as the reference computes it`, async () => {
      const { graph, parameters } = residual(channels);
      const inputs = new Map([["x", wave([2, channels, 5, 5], 0)]]);
      const [found, expected] = await Promise.all(
        (["onednn", "reference"] as const).map(async (engine) => {
          const executor = await createExecutor(engine);
          const program = await executor.compile(graph, parameters);
          const outputs = await program.run(inputs);
          await executor.dispose();
          return outputs.get("both")?.data ?? [];
        }),
      );
      assert.ok(relativeL2(found ?? [], expected ?? []) < 1e-6);
    });
  }

  for (const widths of [
    [16, 32],
    [48, 16],
    [16, 24], // no whole blocks
  ] as const) {
    it(`computes siblings of ${widths.join(" and ")} channels as the reference does, for any batch at any time`, async () => {
      const executors = await Promise.all([
        createExecutor("onednn", { threads: 2 }),
        createExecutor("reference"),
      ]);
      for (const order of [
        [1, 3, 1],
        [3, 1, 3],
      ]) {
        const { graph, parameters } = branches(order[0] ?? 1, widths);
        const programs = await Promise.all(executors.map((one) => one.compile(graph, parameters)));
        for (const batch of order) {
          const inputs = new Map([["x", wave([batch, 32, 5, 5], batch)]]);
          const results = await Promise.all(programs.map((one) => one.run(inputs)));
          const [found, expected] = results.map((one) => one.get("both")?.data ?? []);
          assert.ok(relativeL2(found ?? [], expected ?? []) < 1e-6);
        }
      }
      await Promise.all(executors.map((one) => one.dispose()));
    });
  }

  it("keeps the right numbers while it goes from one batch size to another", async () => {
    const { graph, parameters } = residual(16);
    const executor = await createExecutor("onednn", { threads: 2 });
    const program = await executor.compile(graph, parameters);
    const first = new Map<number, Float32Array>();
    for (const batch of [1, 2, 3, 4, 5, 6, 1, 6, 3]) {
      const outputs = await program.run(new Map([["x", wave([batch, 16, 5, 5], 0)]]));
      const { data } = outputs.get("both") as Tensor;
      assert.deepEqual(first.get(batch) ?? data, data);
      first.set(batch, data);
    }
    await executor.dispose();
  });

  it("computes in bf16 to two or three digits", { skip: noBf16 }, async () => {
    const { graph, parameters } = residual(48);
    const inputs = new Map([["x", wave([2, 48, 5, 5], 0)]]);
    const [half, full] = await Promise.all(
      (["bf16", "fp32"] as const).map(async (precision) => {
        const executor = await createExecutor("onednn", { precision });
        const outputs = await (await executor.compile(graph, parameters)).run(inputs);
        await executor.dispose();
        return outputs.get("both")?.data ?? [];
      }),
    );
    const distance = relativeL2(half ?? [], full ?? []);
    assert.ok(distance > 1e-5 && distance < 1e-2, `${distance}`);
  });

  it("adds up where there is nothing to add: one image, one cell, one class", async () => {
    const graph = new GraphBuilder();
    const rows = graph.input("rows", [1, 3]);
    const cells = graph.input("cells", [1, 3, 1, 1]);
    const logits = graph.input("logits", [2, 1]);
    const outputs = new Map([
      ["rows", graph.add("channel_sum", "of_rows", [rows], {})],
      ["cells", graph.add("channel_sum", "of_cells", [cells], {})],
      ["loss", graph.add("softmax_cross_entropy", "loss", [logits, logits], {})],
    ]);
    const executor = await createExecutor("onednn");
    const program = await executor.compile(graph.finish("sums", outputs), new Map());
    const numbers = Float32Array.of(1, -2, 3);
    const found = await program.run(
      new Map([
        ["rows", tensor([1, 3], numbers)],
        ["cells", tensor([1, 3, 1, 1], numbers)],
        ["logits", tensor([2, 1], Float32Array.of(0.5, 2))],
      ]),
    );
    await executor.dispose();
    assert.deepEqual(found.get("rows")?.data, numbers);
    assert.deepEqual(found.get("cells")?.data, numbers);
    const loss = found.get("loss")?.data ?? [];
    assert.ok(loss.length === 2 && loss.every((one) => Math.abs(one) < 1e-5));
  });

  it("names what a run lacks", async () => {
    const executor = await createExecutor("onednn");
    const { graph, parameters } = residual(16);
    const program = await executor.compile(graph, parameters);
    await assert.rejects(program.run(new Map()), {
      code: "TENSOR_MISSING",
      message: 'Cannot run: no tensor is given for "x"',
    });
    await executor.dispose();
  });
});

describe("createExecutor()", () => {
  it("refuses bf16 on engines that have it not", async () => {
    for (const engine of ["reference", "onnxruntime", "wasm"] as const) {
      await assert.rejects(createExecutor(engine, { precision: "bf16" }), {
        code: "PRECISION_UNSUPPORTED",
        message: `Cannot compute in bf16 on "${engine}": expected engine "onednn", the only one that has it`,
      });
    }
  });
});
