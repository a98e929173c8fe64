/**
 * @file Run folders that something has damaged: resuming says what is wrong in one sentence, and changes
 * nothing in the folder.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { train } from "inception-resnet-v2";
import { readCheckpoint } from "inception-resnet-v2/internal/training/run/checkpoint.js";
import { writeSafetensors } from "inception-resnet-v2/internal/weights/write-safetensors.js";
import { colorPhotos } from "../helpers/color-photos.js";
import { withoutPackage } from "../helpers/hide-package.js";
import { runIrv2 } from "../helpers/run-irv2.js";

/** What is in a folder: names with the hashes of files. */
async function contents(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const described = names.sort().map(async (name) => {
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) return `${name}/`;
    return `${name} ${createHash("sha256")
      .update(await readFile(path))
      .digest("hex")}`;
  });
  return Promise.all(described);
}

describe("a damaged run", () => {
  let folder: string;
  let photos: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    ({ folder, photos } = await colorPhotos({ train: 2, validation: 1 }));
    const small = { data: photos, width: 0.1, inputSize: 75, batch: 3, epochs: 2 };
    for await (const _ of train({ ...small, out: at("run"), stopAfter: 1 }));
  });

  after(() => rm(folder, { recursive: true }));

  const inConfig = (change: (text: string) => string) => async (run: string) => {
    const path = join(run, "config.json");
    const text = await readFile(path, "utf8");
    assert.notEqual(change(text), text);
    await writeFile(path, change(text));
  };
  const inProgress = (change: (text: string) => string) => async (run: string) => {
    const path = join(run, "state.safetensors");
    const { metadata } = readSafetensors(await readFile(path), path);
    const { variables } = await readCheckpoint(path);
    const texts = Object.fromEntries(metadata);
    const progress = change(texts["progress"] ?? "");
    assert.notEqual(progress, texts["progress"]);
    await writeSafetensors(path, variables, { metadata: { ...texts, progress } });
  };
  const folderFor = (name: string) => async (run: string) => {
    await rm(join(run, name));
    await mkdir(join(run, name));
  };

  const cases: [name: string, damage: (run: string) => Promise<void>, message: string][] = [
    [
      "a config.json that is empty",
      inConfig(() => ""),
      'Cannot read "RUN/config.json": expected JSON, got an empty text',
    ],
    [
      "a config.json that breaks off",
      inConfig((text) => text.slice(0, text.length / 2)),
      'Cannot read "RUN/config.json": expected JSON, got a text that breaks off',
    ],
    [
      "a config.json with a number below zero",
      inConfig((text) => text.replace(/"weightDecay": [\d.]+/, '"weightDecay": -1')),
      'Cannot read "RUN/config.json": expected a number from 0 in "settings.weightDecay", got -1',
    ],
    [
      "a config.json of another version",
      inConfig((text) => text.replace('"version": 1', '"version": 2')),
      'Cannot read "RUN/config.json": expected 1 in "settings.version", got 2',
    ],
    [
      "a config.json with a field too many",
      inConfig((text) => text.replace('"seed": 0', '"seed": 0, "sead": 1')),
      'Cannot read "RUN/config.json": expected no such field in "settings.sead", got 1',
    ],
    [
      "a folder for its config.json",
      folderFor("config.json"),
      'Cannot resume "RUN": expected a run folder with a config.json, got a folder of that name',
    ],
    [
      "a folder for its checkpoint",
      folderFor("state.safetensors"),
      'Cannot read weights "RUN/state.safetensors": expected a weight file, got a folder',
    ],
    [
      "a checkpoint without its step",
      inProgress((text) => text.replace('"step":0,', "")),
      'Cannot resume from "RUN/state.safetensors": expected a whole number from 0 in "progress.step", got nothing',
    ],
    [
      "a checkpoint of a phase that config.json has not",
      inProgress((text) => text.replace('"phase":0', '"phase":1')),
      'Cannot resume from "RUN/state.safetensors": expected a phase below 1, as in config.json, in "progress.phase", got 1',
    ],
  ];
  for (const [index, [name, damage, message]] of cases.entries()) {
    it(`with ${name} stays as it is`, async () => {
      const run = at(`run-${index}`);
      await cp(at("run"), run, { recursive: true });
      await damage(run);
      const before = await contents(run);
      const { code, stdout, stderr } = await runIrv2(["train", "--resume", run]);
      assert.deepEqual([code, stdout], [4, ""]);
      assert.equal(stderr, `irv2: ${message.replaceAll("RUN", run)}\n`);
      assert.deepEqual(await contents(run), before);
    });
  }

  it("costs nobody else anything: what checks it is imported where a run is read", async () => {
    const env = withoutPackage("zod/mini");
    const photo = join(photos, "val/red/00.png");
    const { code, stderr } = await runIrv2(["classify", photo], { env });
    assert.equal(code, 0, stderr);
    const resumed = await runIrv2(["train", "--resume", at("run")], { env });
    assert.match(resumed.stderr, /zod/);
  });

  it("with nothing but a mark of byte order before its config.json goes on", async () => {
    const run = at("marked");
    await cp(at("run"), run, { recursive: true });
    await inConfig((text) => `\uFEFF${text}`)(run);
    const { code, stderr } = await runIrv2(["train", "--resume", run]);
    assert.equal(code, 0, stderr);
  });
});
