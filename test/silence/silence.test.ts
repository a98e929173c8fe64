import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { colorPhotos } from "../helpers/color-photos.js";
import { runIrv2 } from "../helpers/run-irv2.js";
import { smallModelFolder } from "../helpers/small-model.js";
import { situations } from "./situations.js";

describe("irv2 does not keep silent about", () => {
  let photos: { folder: string; photos: string };
  let model: { folder: string; weights: string };

  before(async () => {
    photos = await colorPhotos({ train: 8, validation: 4 });
    model = await smallModelFolder();
  });
  after(async () => {
    for (const { folder } of [photos, model]) await rm(folder, { recursive: true });
  });

  for (const [topic, list] of Object.entries(situations)) {
    describe(topic, () => {
      for (const [index, { what, args, code, says }] of list.entries()) {
        it(what, async () => {
          const folder = join(photos.folder, `${topic}-${index}`);
          await mkdir(folder);
          const scene = { folder, photos: photos.photos, weights: model.weights };
          const result = await runIrv2(await args(scene), { cwd: folder });
          assert.equal(result.code, code, result.stderr);
          const lines = `${result.stderr}\n${result.stdout}`.split("\n");
          assert.ok(
            lines.some((line) => says.test(line)),
            `expected a line like ${says}, got:\n${lines.join("\n")}`,
          );
        });
      }
    });
  }
});
