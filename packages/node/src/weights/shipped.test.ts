import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { loadWeights } from "./load.js";
import { readShipped } from "./shipped.js";

describe("readShipped()", () => {
  let folder: string;
  let models: URL;
  const bytes = new Uint8Array([1, 2, 3]);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const restore =
    'reinstalling the package restores it, or in a clone "git checkout -- packages/node/models/everyday"';
  const refused = (problem: string) =>
    assert.rejects(
      readShipped("everyday", models),
      new ModelError(
        "WEIGHTS_DAMAGED",
        `Cannot use weights "everyday": expected models/everyday/model.safetensors ${problem}; ${restore}`,
      ),
    );

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    models = pathToFileURL(`${folder}/`);
    await mkdir(join(folder, "everyday"));
  });
  after(() => rm(folder, { recursive: true }));

  it("gives the bytes whose hash is written beside them, and says how to restore others", async () => {
    await refused("and its SHA-256 in SHA256SUMS beside it, got none there");
    await writeFile(join(folder, "everyday/SHA256SUMS"), `${hash}  model.safetensors\n`);
    await refused(`with SHA-256 ${hash}, got no such file`);
    await writeFile(join(folder, "everyday/model.safetensors"), bytes);
    assert.deepEqual(await readShipped("everyday", models), bytes);
    const damaged = new Uint8Array([1, 2, 4]);
    await writeFile(join(folder, "everyday/model.safetensors"), damaged);
    const other = createHash("sha256").update(damaged).digest("hex");
    await refused(`with SHA-256 ${hash}, got ${other}`);
  });
});

describe("the model everyday", () => {
  it("fits in 16 MB of float16 and says everything of itself", async () => {
    const file = await readFile(repositoryFile("packages/node/models/everyday/model.safetensors"));
    assert.ok(file.length <= 16e6, `${file.length} bytes`);
    const { labels, temperature, preprocessing, network, parameters } =
      await loadWeights("everyday");
    assert.equal(labels?.length, 59);
    assert.ok(temperature !== undefined && temperature !== 1);
    assert.ok(preprocessing && network.width < 0.5);
    assert.ok([...parameters.values()].every(({ data }) => data instanceof Float32Array));
  });
});
