import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { writeSafetensors } from "../../weights/write-safetensors.js";
import { type Checkpoint, readCheckpoint, saving, writeCheckpoint } from "./checkpoint.js";
import { start } from "./run.js";

const folder = () => mkdtemp(join(tmpdir(), "irv2-"));
const checkpoint: Checkpoint = {
  arch: "inception_resnet_v2",
  progress: { ...start, step: 3, sums: { loss: 0.1 + 0.2, correct: 5, images: 24 }, updates: 7 },
  variables: new Map([
    ["logits/weight", tensor([2, 2], Float32Array.of(1, -0, 1e-40, 3))],
    ["momentum/logits/weight", tensor([2, 2])],
  ]),
};

describe("checkpoints", () => {
  it("come back to the bit", async () => {
    const path = join(await folder(), "state.safetensors");
    await writeCheckpoint(path, checkpoint);
    assert.deepEqual(await readCheckpoint(path), checkpoint);
  });

  it("are refused when cut off, of another version, or another file", async () => {
    const at = await folder();
    const path = join(at, "state.safetensors");
    await writeCheckpoint(path, checkpoint);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 5));
    await assert.rejects(readCheckpoint(path), { name: "ModelError", code: "WEIGHTS_TRUNCATED" });
    const { variables } = checkpoint;
    for (const version of ["2", undefined]) {
      const metadata = version ? { format: "inception-resnet-v2-checkpoint", version } : {};
      await writeSafetensors(path, variables, { metadata });
      await assert.rejects(readCheckpoint(path), {
        name: "ModelError",
        code: "CHECKPOINT_VERSION",
        message: `Cannot resume from "${path}": expected a checkpoint of version 1, got ${version ? "version 2" : "another file"}`,
      });
    }
    await assert.rejects(readCheckpoint(join(at, "none")), { code: "WEIGHTS_MISSING" });
    assert.deepEqual(await readdir(at), ["state.safetensors"]);
  });
});

describe("the progress of a checkpoint", () => {
  const { progress } = checkpoint;
  const row = {
    epoch: 1,
    trainLoss: 1,
    trainTop1: 0.5,
    validationLoss: 1,
    validationTop1: 0.5,
    validationTop5: 1,
    learningRate: 0.1,
    imagesPerSecond: 9,
    seconds: 3,
  };
  const later = {
    ...progress,
    rows: [row],
    phaseEpochs: 1,
    best: { epoch: 1, top1: 0.5, loss: 1 },
  };
  const json = JSON.stringify;

  async function reading(progress?: string): Promise<Checkpoint> {
    const path = join(await folder(), "state.safetensors");
    const common = { format: "inception-resnet-v2-checkpoint", version: "1" };
    const metadata = progress === undefined ? common : { ...common, progress };
    await writeSafetensors(path, checkpoint.variables, { metadata });
    return readCheckpoint(path).catch((error: ModelError) => {
      assert.deepEqual([error.name, error.code], ["ModelError", "CHECKPOINT_DAMAGED"]);
      throw new Error(error.message.replace(path, "state"));
    });
  }

  it("is read, also of a checkpoint that names no network", async () => {
    const read = await reading(json(later));
    assert.deepEqual([read.progress, read.arch], [later, "inception_resnet_v2"]);
  });

  const cases: [progress: string | undefined, problem: string][] = [
    [undefined, 'expected JSON in "progress", got an empty text'],
    ["{", 'expected JSON in "progress", got a text that breaks off'],
    ["{}", 'expected a whole number from 0 in "progress.phase", got nothing'],
    [json({ ...later, phase: -1 }), 'expected a whole number from 0 in "progress.phase", got -1'],
    [json({ ...later, step: 1.5 }), 'expected a whole number from 0 in "progress.step", got 1.5'],
    [
      json({ ...later, step: Number.NaN }),
      'expected a whole number from 0 in "progress.step", got null',
    ],
    [
      json(later).replace('"updates":7', '"updates":1e999'),
      'expected a whole number from 0 in "progress.updates", got Infinity',
    ],
    [
      json({ ...later, sums: { loss: 1, correct: 2 } }),
      'expected a whole number from 0 in "progress.sums.images", got nothing',
    ],
    [
      json({ ...later, rows: [{ ...row, validationTop1: 50 }] }),
      'expected a number from 0 to 1 in "progress.rows[0].validationTop1", got 50',
    ],
    [
      json({ ...later, rows: [{ ...row, epoch: 2 }] }),
      'expected rows counted from 1 in "progress.rows[0].epoch", got 2',
    ],
    [
      json({ ...later, phaseEpochs: 2 }),
      'expected no more epochs than rows in "progress.phaseEpochs", got 2',
    ],
    [
      json({ ...later, best: { epoch: 4, top1: 1, loss: 0 } }),
      'expected an epoch that is done in "progress.best.epoch", got 4',
    ],
    [json({ ...later, more: 1 }), 'expected no such field in "progress.more", got 1'],
  ];
  for (const [text, problem] of cases) {
    it(`is refused: ${problem}`, async () => {
      await assert.rejects(reading(text), {
        message: `Cannot resume from "state": ${problem}`,
      });
    });
  }
});

describe("saving()", () => {
  it("tells a full disk from other trouble", async () => {
    const failing = (code: string) => async () => {
      throw Object.assign(new Error(code), { code });
    };
    await assert.rejects(saving("x", failing("ENOSPC")), {
      name: "ResourceError",
      code: "DISK_FULL",
    });
    await assert.rejects(saving("x", failing("EACCES")), { name: "Error", message: "EACCES" });
  });
});
