import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fit } from "inception-resnet-v2/internal/training/fit.js";
import { sharedFile } from "./helpers/paths.js";

const { path: clothing, skip } = sharedFile("datasets/clothing");
const photos = 64;

/** The first photos of each class in turn, both to train on and to validate with. */
async function someOf(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "irv2-"));
  const classes = (await readdir(join(source, "train"))).sort();
  for (let at = 0; at < photos; at++) {
    const name = classes[at % classes.length] ?? "";
    const from = join(source, "train", name);
    const file = (await readdir(from)).sort()[Math.floor(at / classes.length)] ?? "";
    for (const side of ["train", "val"]) {
      await mkdir(join(folder, side, name), { recursive: true });
      await symlink(join(from, file), join(folder, side, name, file));
    }
  }
  return folder;
}

describe("a small network", () => {
  it(`memorises ${photos} photos`, { skip }, async () => {
    const data = await someOf(clothing);
    const { status, epochs, best } = await fit({
      data,
      out: join(data, "run"),
      width: 0.25,
      inputSize: 107,
      batch: 16,
      epochs: 20,
      dropout: 0,
      labelSmoothing: 0,
      weightDecay: 0,
      augmentation: { crop: "none", flip: false, color: "none" },
    });
    assert.equal(status, "done");
    assert.equal(epochs.length, 20);
    assert.equal(best?.top1, 1);
    assert.equal(epochs.at(-1)?.trainTop1, 1);
  });
});
