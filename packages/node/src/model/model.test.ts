import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { relativeL2, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import {
  drawPicture,
  smallLabels,
  smallModelFolder,
  smallSize,
} from "@inception-resnet-v2/test/helpers/small-model.js";
import sharp from "sharp";
import { InceptionResNetV2 } from "./model.js";

describe("InceptionResNetV2", () => {
  let folder: string;
  let weights: string;
  let model: InceptionResNetV2;
  let photos: string[];

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
    photos = [0, 1, 2, 3, 4].map((seed) => join(folder, `${seed}.png`));
    await Promise.all(photos.map((photo, seed) => drawPicture(photo, seed)));
    model = await InceptionResNetV2.load(weights);
  });
  after(() => model.dispose());

  it("takes classes, input size and preprocessing from the weights", () => {
    assert.deepEqual(model.labels, smallLabels);
    assert.deepEqual(model.inputSize, [smallSize, smallSize]);
    assert.equal(model.preprocessing.filter, "bicubic");
    assert.match(model.engine, /^(oneDNN|ONNX Runtime) /);
  });

  it("classifies an image into named, ranked classes", async () => {
    const predictions = await model.classify(photos[0] ?? "", { topK: 3 });
    assert.equal(predictions.length, 3);
    const all = await model.classify(photos[0] ?? "", { topK: 99 });
    assert.equal(all.length, 6);
    assert.ok(Math.abs(all.reduce((sum, { score }) => sum + score, 0) - 1) < 1e-6);
    assert.ok(all.every(({ index, label }) => label === smallLabels[index]));
    assert.deepEqual(predictions, all.slice(0, 3));
  });

  it("gives the same for a path, a URL, bytes and raw pixels", async () => {
    const path = photos[1] ?? "";
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    const pixels = { data: new Uint8Array(data), width: info.width, height: info.height };
    const rgba = await sharp(path).ensureAlpha().raw().toBuffer();
    const imageData = { ...pixels, data: new Uint8ClampedArray(rgba) };
    const sources = [
      path,
      pathToFileURL(path),
      await readFile(path),
      new Uint8Array(await readFile(path)).buffer,
      new Blob([await readFile(path)]),
      { ...pixels, channels: 3 as const },
      imageData,
    ];
    const [expected, ...others] = await model.embed(sources);
    for (const one of others) assert.deepEqual(one, expected);
  });

  it("gives the same alone, in a batch, and whatever the thread count", async () => {
    const alone = await Promise.all(photos.map((photo) => model.embed(photo)));
    const single = await InceptionResNetV2.load(weights, { threads: 1 });
    for (const [other, batch] of [
      [model, 2],
      [model, 5],
      [single, 3],
    ] as const) {
      let at = 0;
      for await (const result of other.embedAll(photos, { batch })) {
        assert.ok("features" in result);
        assert.ok(relativeL2(result.features, alone[at++] ?? []) < 1e-5);
      }
    }
    await single.dispose();
  });

  it("puts an image that cannot be read in its place, and goes on", async () => {
    const broken = join(folder, "broken.jpg");
    await writeFile(broken, "not a picture");
    const sources = [photos[0] ?? "", broken, photos[1] ?? "", join(folder, "none.png")];
    const results: string[] = [];
    for await (const result of model.classifyAll(sources, { batch: 2 })) {
      results.push("error" in result ? (result.error as Error & { code: string }).code : "ok");
    }
    assert.deepEqual(results, ["ok", "IMAGE_FORMAT", "ok", "IMAGE_MISSING"]);
    await assert.rejects(model.classify(sources), { code: "IMAGE_FORMAT" });
  });

  it("gives the features of any block", async () => {
    const features = await model.features(photos[0] ?? "", ["mixed_6a", "avg_pool", "block8_10"]);
    assert.deepEqual(features.get("mixed_6a")?.shape.slice(2), [5, 5]);
    assert.deepEqual(features.get("block8_10")?.shape.slice(2), [2, 2]);
    const embedded = await model.embed(photos[0] ?? "");
    assert.ok(relativeL2(features.get("avg_pool")?.data ?? [], embedded) < 1e-5);
    await assert.rejects(model.features(photos[0] ?? "", ["mixed_6b"]), {
      code: "BLOCK_UNKNOWN",
      message: /^Unknown block "mixed_6b": expected one of conv2d_1a, conv2d_2a, /,
    });
  });

  it("predicts logits from a tensor of any batch, and refuses other shapes", async () => {
    const images = tensor([3, 3, smallSize, smallSize]);
    assert.deepEqual((await model.predict(images)).shape, [3, 6]);
    assert.equal(images.data.length, 3 * 3 * smallSize * smallSize);
    await assert.rejects(model.predict(tensor([1, 3, 299, 299])), {
      code: "TENSOR_SHAPE",
      message: "Cannot predict: expected a tensor nx3x107x107, got 1x3x299x299",
    });
  });

  it("sums itself up", () => {
    const { rows, totals } = model.summary();
    assert.equal(rows[0]?.name, "Input");
    assert.equal(totals.tensors, 898);
  });

  it("can be made untrained, the same from the same seed, on every engine", async () => {
    const options = { width: 0.1, classes: 4, inputSize: 107, seed: 5 };
    const made = await Promise.all(
      (["onnxruntime", "wasm", "reference"] as const).map((engine) =>
        InceptionResNetV2.create({ ...options, engine }),
      ),
    );
    const images = tensor([1, 3, 107, 107]);
    images.data.forEach((_, at) => {
      images.data[at] = Math.sin(at);
    });
    const [first, ...others] = await Promise.all(made.map((one) => one.predict(images)));
    for (const one of others) assert.ok(relativeL2(one.data, first?.data ?? []) < 1e-4);
    await Promise.all(made.map((one) => one.dispose()));
  });

  it("refuses labels that do not fit, and a classifier that is not there", async () => {
    await assert.rejects(InceptionResNetV2.load(weights, { labels: ["one"] }), {
      code: "LABELS_COUNT",
      message: "Cannot name the classes: expected 6 labels, got 1",
    });
    const headless = await InceptionResNetV2.create({ width: 0.1, top: false, inputSize: 75 });
    await assert.rejects(headless.classify(photos[0] ?? ""), {
      code: "CLASSIFIER_MISSING",
      message: "Cannot compute logits: expected a model with a classifier, got one without top",
    });
    assert.equal((await headless.embed(photos[0] ?? "")).length, 152);
    await headless.dispose();
  });

  it("fails clearly after it was disposed of, and ends with `await using`", async () => {
    let kept: InceptionResNetV2;
    {
      await using inner = await InceptionResNetV2.load(weights);
      kept = inner;
    }
    await assert.rejects(kept.predict(tensor([1, 3, smallSize, smallSize])), {
      code: "ENGINE_STOPPED",
    });
  });

  it("leaves weights that it was given as bytes as they were", async () => {
    const bytes = new Uint8Array(await readFile(weights));
    const before = bytes.slice();
    await using inner = await InceptionResNetV2.load(bytes);
    await inner.classify(photos[0] ?? "");
    assert.deepEqual(bytes, before);
  });

  it("leaves the event loop free while it computes", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await model.predict(tensor([32, 3, smallSize, smallSize]));
    clearInterval(timer);
    assert.ok(turns > 2, `${turns} turns of the event loop`);
  });
});
