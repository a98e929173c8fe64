import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { publishedNames } from "@inception-resnet-v2/core/internal/weights/published.js";
import { findWeights } from "./find.js";

describe("findWeights()", () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const environment = { ...process.env };
  let folder: string;
  let snapshot: string;

  /** A cache as Python leaves it, with one repository, and no network. */
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const repository = join(folder, "models--timm--inception_resnet_v2.tf_in1k");
    snapshot = join(repository, "snapshots", commit, "model.safetensors");
    await mkdir(join(repository, "snapshots", commit), { recursive: true });
    await mkdir(join(repository, "refs"));
    await writeFile(join(repository, "refs", "main"), commit);
    await writeFile(snapshot, "weights");
    process.env["HF_HUB_CACHE"] = folder;
    process.env["HF_HUB_OFFLINE"] = "1";
    process.env["KERAS_HOME"] = join(folder, "keras");
  });
  after(async () => {
    for (const name of ["HF_HUB_CACHE", "HF_HUB_OFFLINE", "KERAS_HOME"]) {
      if (environment[name] === undefined) delete process.env[name];
      else process.env[name] = environment[name];
    }
    await rm(folder, { recursive: true });
  });

  it("finds names and repositories in the cache, and leaves paths as they are", async () => {
    assert.equal(await findWeights("imagenet"), snapshot);
    assert.equal(await findWeights("timm/inception_resnet_v2.tf_in1k"), snapshot);
    for (const path of [
      "everyday",
      "./model",
      "runs/best.safetensors",
      "runs/model.ckpt-9",
      "a/b/c",
      "word",
    ]) {
      assert.equal(await findWeights(path), path);
    }
  });

  it("takes a file before a repository of the same name", async () => {
    await mkdir(join(folder, "owner"));
    await writeFile(join(folder, "owner", "name"), "weights");
    const here = process.cwd();
    process.chdir(folder);
    try {
      assert.equal(await findWeights("owner/name"), "owner/name");
    } finally {
      process.chdir(here);
    }
  });

  it("says what cannot be had without network", async () => {
    assert.ok(publishedNames.includes("ens-adv"));
    for (const name of ["ens-adv", "owner/other"]) {
      await assert.rejects(findWeights(name), (error: Error) => {
        assert.ok(error instanceof ResourceError, String(error));
        assert.match(error.message, /HF_HUB_OFFLINE/);
        return true;
      });
    }
  });
});
