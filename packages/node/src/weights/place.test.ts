import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { publishedNames } from "@inception-resnet-v2/core/internal/weights/published.js";
import { placeText, resolveWeights } from "./place.js";

describe("resolveWeights()", () => {
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

  const file = (path: string, name = path) => ({ kind: "file", path, name });

  /** Resolves with a folder of its own as the working folder. */
  async function inFolder<T>(files: readonly string[], work: () => Promise<T>): Promise<T> {
    const elsewhere = await mkdtemp(join(tmpdir(), "irv2-"));
    for (const one of files) {
      await mkdir(dirname(join(elsewhere, one)), { recursive: true });
      await writeFile(join(elsewhere, one), "weights");
    }
    const here = process.cwd();
    process.chdir(elsewhere);
    try {
      return await work();
    } finally {
      process.chdir(here);
      await rm(elsewhere, { recursive: true });
    }
  }

  it("finds names and repositories in the cache", async () => {
    const hub = "timm/inception_resnet_v2.tf_in1k";
    for (const text of ["imagenet", hub, `hf:${hub}`]) {
      assert.deepEqual(await resolveWeights(text), file(snapshot, text));
    }
    assert.deepEqual(await resolveWeights("everyday"), { kind: "shipped", name: "everyday" });
  });

  it("leaves paths, addresses, bytes and places as they are", async () => {
    for (const path of ["./model", "best.safetensors", "runs/model.ckpt-9", "a/b/c"]) {
      assert.deepEqual(await resolveWeights(path), file(path));
    }
    const url = "https://example.org/model.safetensors";
    for (const one of [url, new URL(url)]) {
      assert.deepEqual(await resolveWeights(one), { kind: "url", url, name: url });
    }
    const here = pathToFileURL("/tmp/model.pth");
    assert.deepEqual(await resolveWeights(here), file("/tmp/model.pth", here.href));
    const bytes = new Uint8Array(3);
    const place = await resolveWeights(bytes);
    assert.deepEqual(place, { kind: "bytes", bytes, name: "bytes" });
    assert.equal(await resolveWeights(place), place);
  });

  it("gives places texts that mean the same again", async () => {
    for (const text of [
      "everyday",
      join(tmpdir(), "model.pth"),
      "https://example.org/a.h5",
      "imagenet",
    ]) {
      const place = await resolveWeights(text);
      const { name: _, ...again } = await resolveWeights(placeText(place));
      const { name: __, ...first } = place;
      assert.deepEqual(again, first);
    }
  });

  it("takes a file before a repository that is not here", async () => {
    const place = await inFolder(["owner/name"], () => resolveWeights("owner/name"));
    assert.deepEqual(place, file("owner/name"));
  });

  const hub = "timm/inception_resnet_v2.tf_in1k";
  const wrong: readonly (readonly [string, string, readonly string[], object])[] = [
    [
      "a path and a repository in the cache of one name",
      hub,
      [hub],
      {
        name: "UsageError",
        code: "WEIGHTS_AMBIGUOUS",
        message: `Ambiguous weights "${hub}": expected one match, got a local path and a repository in the hub's cache; write ./${hub} for the path, hf:${hub} for the repository`,
      },
    ],
    [
      "a mistyped path in a folder that is here",
      "mine/bets",
      ["mine/best"],
      {
        name: "ModelError",
        code: "WEIGHTS_MISSING",
        message:
          'Cannot read weights "mine/bets": expected a weight file, got no such file; for the repository of the hub write hf:mine/bets',
      },
    ],
    ["a path in a usual folder", "models/best", [], { code: "WEIGHTS_MISSING" }],
    [
      "no repository after hf:",
      "hf:best",
      [],
      {
        name: "UsageError",
        code: "WEIGHTS_UNKNOWN",
        message: 'Cannot find weights "hf:best": expected hf:owner/name or hf:owner/name@revision',
      },
    ],
    ["a word that names nothing", "evryday", [], { name: "UsageError", code: "WEIGHTS_UNKNOWN" }],
  ];
  for (const [what, text, files, error] of wrong) {
    it(`refuses ${what}`, async () => {
      await inFolder(files, () => assert.rejects(resolveWeights(text), error));
    });
  }

  it("says what cannot be had without network", async () => {
    assert.ok(publishedNames.includes("ens-adv"));
    for (const name of ["ens-adv", "owner/other", "hf:owner/other"]) {
      await assert.rejects(resolveWeights(name), (error: Error) => {
        assert.ok(error instanceof ResourceError, String(error));
        assert.match(error.message, /HF_HUB_OFFLINE/);
        return true;
      });
    }
  });

  it("rejects with the reason of a signal", async () => {
    const signal = AbortSignal.abort("enough");
    await assert.rejects(resolveWeights("imagenet", { signal }), (reason) => reason === "enough");
  });
});
