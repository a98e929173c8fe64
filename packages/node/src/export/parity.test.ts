import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { smallModelFolder, smallSize } from "@inception-resnet-v2/test/helpers/small-model.js";
import { loadWeights } from "../weights/load.js";
import { openWeights } from "../weights/open.js";
import { saveWeights } from "../weights/save.js";
import { exportWeights } from "./export.js";
import { importWeights } from "./import.js";
import { compareWithOnnx, type Difference, type Parity } from "./parity.js";

const stages = [
  "Stem",
  "Inception-A",
  "Inception-ResNet-A",
  "Reduction-A",
  "Inception-ResNet-B",
  "Reduction-B",
  "Inception-ResNet-C",
];
const outputs = ["probabilities", "logits", "features"];

function differencesOf(parity: Parity | undefined): readonly Difference[] {
  assert.ok(parity && !("reason" in parity), JSON.stringify(parity));
  return parity;
}

describe("the comparison with an ONNX file", () => {
  let folder: string;
  let weights: string;

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
  });
  after(() => rm(folder, { recursive: true }));

  for (const [how, options, bound] of [
    ["as it is", {}, 1e-5],
    ["in fp16", { dtype: "F16" }, 1e-2],
    ["for four images", { batch: 4 }, 1e-5],
    ["with preprocessing inside", { preprocessing: true }, 1e-2],
  ] as const) {
    it(`goes through the stages of an export ${how}, and of its import`, async () => {
      const out = join(folder, "model.onnx");
      const { check } = await exportWeights({ weights, out, ...options });
      const imported = await importWeights({ weights: out });
      for (const parity of [check?.parity, imported.parity]) {
        const differences = differencesOf(parity);
        assert.deepEqual(
          differences.map(({ at }) => at),
          [...stages, ...outputs],
        );
        for (const { at, difference } of differences) assert.ok(difference < bound, at);
      }
    });
  }

  it("sets the classes that an import keeps against the same of the file", async () => {
    const nowhere = await mkdtemp(join(tmpdir(), "irv2-"));
    const network = {
      arch: "inception_resnet_v2",
      width: 0.1,
      inputSize: [smallSize, smallSize],
      pooling: "avg",
    } as const;
    const graph = lower(configureNetwork({ ...network, classes: 1001 }));
    const parameters = initializeParameters(graph, { initializer: "slim", seed: 1 });
    const [plain, out] = ["x.safetensors", "x.onnx"].map((name) => join(nowhere, name));
    assert.ok(plain && out);
    await saveWeights(plain, parameters, { metadata: { network: { ...network, dropout: 0 } } });
    await exportWeights({ weights: plain, out, dropBackground: false });
    const { droppedClasses, parity } = await importWeights({ weights: out });
    assert.equal(droppedClasses, 1);
    const differences = differencesOf(parity);
    assert.deepEqual(
      differences.map(({ at }) => at),
      [...stages, ...outputs],
    );
    for (const { at, difference } of differences) assert.ok(difference < 1e-5, at);
    await rm(nowhere, { recursive: true });
  });

  it("shows in which stage other weights begin to differ", async () => {
    const out = join(folder, "model.onnx");
    await exportWeights({ weights, out, parity: false });
    const opened = await openWeights({ kind: "file", path: out, name: out });
    assert.equal(opened.format, "onnx");
    const other = await loadWeights(weights);
    const changed = other.parameters.get("block17_3/branch_1/conv2d_0b_1x7/weight");
    assert.ok(changed?.data.fill(1));
    const differences = differencesOf(await compareWithOnnx(opened as never, other));
    const far = differences.filter(({ difference }) => difference > 1e-3);
    assert.deepEqual(
      far.map(({ at }) => at),
      ["Inception-ResNet-B", "Reduction-B", "Inception-ResNet-C", ...outputs],
    );
  });

  it("says why there is none", async () => {
    const out = join(folder, "model.onnx");
    await exportWeights({ weights, out, parity: false });
    const opened = await openWeights({ kind: "file", path: out, name: out });
    assert.equal(opened.format, "onnx");
    const cut = { ...opened, bytes: opened.bytes.subarray(0, 1000) };
    const parity = await compareWithOnnx(cut as never, await loadWeights(weights));
    assert.match((parity as { reason: string }).reason, /protobuf/i);
  });

  it("is left out where nobody asks for it", async () => {
    const nowhere = await mkdtemp(join(tmpdir(), "irv2-"));
    const out = join(nowhere, "model.onnx");
    assert.equal((await exportWeights({ weights, out, parity: false })).check, undefined);
    assert.equal((await importWeights({ weights: out, parity: false })).parity, undefined);
    await rm(nowhere, { recursive: true });
  });
});
