import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { colorPhotos } from "./helpers/color-photos.js";
import { repositoryFile } from "./helpers/paths.js";
import { drawPicture, smallModelFolder } from "./helpers/small-model.js";

const run = promisify(execFile);
const example = async (name: string, ...args: string[]) =>
  (await run(process.execPath, [repositoryFile(`dist/examples/${name}.js`), ...args])).stdout;

describe("the examples", () => {
  let weights: string;
  let photos: string[];

  before(async () => {
    const small = await smallModelFolder();
    weights = small.weights;
    photos = ["a.png", "b.png", "c.png"].map((name) => join(small.folder, name));
    await Promise.all(photos.map((photo, seed) => drawPicture(photo, seed === 2 ? 0 : seed)));
  });

  it("classify photos", async () => {
    const lines = (await example("classify-photo", weights, ...photos, "none.jpg"))
      .trim()
      .split("\n");
    assert.equal(lines.length, 4);
    assert.match(lines[0] ?? "", /a\.png: (ant|bee|cat|dog|elk|fox) \([\d.]+ %\)$/);
    assert.match(lines[3] ?? "", /none\.jpg/);
  });

  it("find the two photos that are the same", async () => {
    const found = await example("most-alike", weights, ...photos);
    assert.equal(found, `${photos[0]} and ${photos[2]}: 1.000\n`);
  });

  it("train a classifier", async () => {
    const { folder, photos: own } = await colorPhotos({ train: 4, validation: 2 });
    const lines = (await example("train-classifier", own, weights, join(folder, "run"))).trim();
    assert.match(lines, /^(epoch [123]: \d+ %\n){3}(blue|green|red): \d+ % found\n/);
    assert.equal(lines.split("\n").length, 6);
  });

  it("look inside the network", async () => {
    const text = await example("inside-the-network", repositoryFile("examples/lemon.png"));
    assert.match(text, /= concat\(.*\) : 1x32x35x35 {3}# block35_1\/concat/);
    assert.match(text, /Inception-ResNet-B +17 x 17 x /);
    assert.match(text, /block17_20: 1x\d+x17x17, \d+ % above zero/);
  });
});
