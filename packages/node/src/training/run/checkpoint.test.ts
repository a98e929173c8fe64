import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
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
    const metadata = { format: "inception-resnet-v2-checkpoint", version: "1", progress: "{" };
    await writeSafetensors(path, variables, { metadata });
    await assert.rejects(readCheckpoint(path), {
      name: "ModelError",
      code: "CHECKPOINT_DAMAGED",
      message: `Cannot resume from "${path}": expected its progress as JSON, got something else`,
    });
    await assert.rejects(readCheckpoint(join(at, "none")), { code: "WEIGHTS_MISSING" });
    assert.deepEqual(await readdir(at), ["state.safetensors"]);
  });
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
