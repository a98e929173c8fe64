import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { assertAsTensorFlow, fixture } from "@inception-resnet-v2/test/helpers/tf-checkpoints.js";
import { findTfCheckpoint, openTfCheckpoint } from "./tf-checkpoint-files.js";

const bundle = [
  "v2-sharded.ckpt.index",
  ...[0, 1].map((at) => `v2-sharded.ckpt.data-0000${at}-of-00002`),
];
const shards = [0, 1].map((at) => `v1-sharded.ckpt-0000${at}-of-00002`);

/** A folder with some of the fixtures, and a file "checkpoint" where its text is given. */
async function folderOf(files: readonly string[], checkpoint?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "irv2-slim-"));
  for (const file of files) await copyFile(fixture(file), join(folder, file));
  if (checkpoint !== undefined) await writeFile(join(folder, "checkpoint"), checkpoint);
  return folder;
}

describe("openTfCheckpoint()", () => {
  const paths: [string, string][] = [
    ["v1.ckpt", "v1.ckpt"],
    ["v2.ckpt", "v2.ckpt"],
    ["v2.ckpt.index", "v2.ckpt"],
    ["v2.ckpt.meta", "v2.ckpt"],
    ["v2.ckpt.data-00000-of-00001", "v2.ckpt"],
    ["v2-sharded.ckpt", "v2-sharded.ckpt"],
    ["v2-sharded.ckpt.data-00001-of-00002", "v2-sharded.ckpt"],
    ["v1-sharded.ckpt", "v1-sharded.ckpt"],
    ["v1-sharded.ckpt-00001-of-00002", "v1-sharded.ckpt"],
    ["", "v2-sharded.ckpt"], // what TensorFlow's own file "checkpoint" says
  ];
  for (const [path, name] of paths) {
    it(`opens ${name} by "${path}"`, async () => {
      assertAsTensorFlow(await openTfCheckpoint(fixture(path)), name);
    });
  }

  it("opens the only checkpoint of a folder", async () => {
    assertAsTensorFlow(await openTfCheckpoint(await folderOf(bundle)), "v2-sharded.ckpt");
    assertAsTensorFlow(await openTfCheckpoint(await folderOf(["v1.ckpt"])), "v1.ckpt");
  });

  it("names the shards that are missing", async () => {
    const folder = await folderOf([...bundle.slice(0, 2), ...shards.slice(1)]);
    const index = join(folder, "v2-sharded.ckpt.index");
    await assert.rejects(openTfCheckpoint(join(folder, "v2-sharded.ckpt")), {
      name: "ModelError",
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${index}": expected 2 data files beside it, got no "v2-sharded.ckpt.data-00001-of-00002"`,
    });
    const path = join(folder, "v1-sharded.ckpt-00001-of-00002");
    await assert.rejects(openTfCheckpoint(path), {
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${join(folder, "v1-sharded.ckpt")}": expected a TensorFlow checkpoint, got no "v1-sharded.ckpt-00000-of-00002"`,
    });
  });
});

describe("findTfCheckpoint()", () => {
  const latest = async (files: readonly string[], text: string) =>
    basename((await findTfCheckpoint(await folderOf(files, text))).main);

  it("takes the latest of several, also where the folder has moved since", async () => {
    const files = ["v1.ckpt", ...bundle];
    assert.equal(await latest(files, 'model_checkpoint_path: "v1.ckpt"\n'), "v1.ckpt");
    const moved =
      'all_model_checkpoint_paths: "a"\nmodel_checkpoint_path: "/gone/v2-sharded.ckpt"\n';
    assert.equal(await latest(files, moved), "v2-sharded.ckpt.index");
  });

  it("reads names as TensorFlow escapes them", async () => {
    const folder = await folderOf(
      ["v1.ckpt"],
      'model_checkpoint_path: "gr\\303\\266\\"/v1.ckpt"\n',
    );
    await mkdir(join(folder, 'grö"'));
    await copyFile(fixture("v1.ckpt"), join(folder, 'grö"/v1.ckpt'));
    const { main } = await findTfCheckpoint(folder);
    assert.equal(basename(dirname(main)), 'grö"');
  });

  const cases: [string, readonly string[], string | undefined, string][] = [
    ["none", [], undefined, "a folder without one"],
    ["two", ["v1.ckpt", "v2.ckpt.index"], undefined, '"v1.ckpt", "v2.ckpt.index"'],
    ["a note of nothing", [], "\n", 'a file "checkpoint" without a model_checkpoint_path'],
  ];
  for (const [what, files, text, found] of cases) {
    it(`refuses a folder with ${what}`, async () => {
      const folder = await folderOf(files, text);
      await assert.rejects(findTfCheckpoint(folder), {
        name: "ModelError",
        code: "WEIGHTS_MISSING",
        message: `Cannot read weights "${folder}": expected a TensorFlow checkpoint, got ${found}`,
      });
    });
  }

  it("refuses a path where nothing is", async () => {
    const path = join(tmpdir(), "irv2-none", "model.ckpt");
    await assert.rejects(findTfCheckpoint(path), {
      code: "WEIGHTS_MISSING",
      message: `Cannot read weights "${path}": expected a TensorFlow checkpoint, got no "model.ckpt.index"`,
    });
  });
});
