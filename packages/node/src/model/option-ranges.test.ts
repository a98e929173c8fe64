import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { drawPicture, smallModelFolder } from "@inception-resnet-v2/test/helpers/small-model.js";
import { calibrate } from "../evaluation/calibrate.js";
import { evaluate } from "../evaluation/evaluate.js";
import { exportWeights } from "../export/export.js";
import { findLearningRate } from "../training/find-rate.js";
import { InceptionResNetV2 } from "./model.js";

const noCounts = [Number.NaN, 0, -1, 1.5, "2"] as number[];

describe("options of numbers", () => {
  let model: InceptionResNetV2;
  let weights: string;
  let photo: string;
  before(async () => {
    const made = await smallModelFolder();
    weights = made.weights;
    photo = join(made.folder, "photo.png");
    await drawPicture(photo, 1);
    model = await InceptionResNetV2.load(weights);
  });
  after(() => model.dispose());

  /** The promise of a call rejects for each value, naming the option. */
  async function refuses(
    option: string,
    values: readonly unknown[],
    call: (options: never) => unknown,
  ): Promise<void> {
    for (const value of values) {
      const calling = (async () => call({ [option]: value } as never))();
      await assert.rejects(calling, (error) => {
        assert.ok(error instanceof UsageError, `${option}: ${value}: ${error}`);
        assert.deepEqual([error.code, error.option], ["OPTION_RANGE", option]);
        return true;
      });
    }
  }

  it("of how a model runs are refused before anything is read", async () => {
    const load = (options: object) => InceptionResNetV2.load("no such file", options);
    await refuses("threads", noCounts, load);
    await refuses("maxPixels", noCounts, load);
    await refuses(
      "background",
      [
        [0, 0],
        [0, 0, 256],
        [0, 0, Number.NaN],
        [0.5, 0, 0],
      ],
      load,
    );
    const create = (options: object) => InceptionResNetV2.create({ width: 0.1, ...options });
    await refuses("seed", [Number.NaN, -1, 1.5], create);
    await refuses("classes", noCounts, create);
    await refuses("width", [Number.NaN, 0, -1, 9], create);
    await refuses("dropout", [Number.NaN, -0.1, 1], create);
    await refuses("inputSize", [Number.NaN, 10, 299.5, [299, Number.NaN]], create);
    const odd = { ...model.preprocessing, std: [0, 1, 1] };
    await refuses("preprocessing", [odd, "tim", { filter: "none" }], (options) =>
      InceptionResNetV2.load(weights, options),
    );
  });

  it("of calls are refused, with one image, with many and with none", async () => {
    for (const images of [photo, [photo, photo], []] as (string | string[])[]) {
      await refuses("topK", noCounts, (options) => model.classify(images as string[], options));
    }
    await refuses("batch", noCounts, (options) => model.classifyAll([photo], options).next());
    await refuses("batch", noCounts, (options) => model.embedAll([photo], options).next());
    assert.equal((await model.classify(photo, { topK: Number.POSITIVE_INFINITY })).length, 6);
  });

  it("of the other works are refused before they begin", async () => {
    const data = "no such folder";
    await refuses("batch", noCounts, (options: object) => evaluate({ weights, data, ...options }));
    await refuses("batch", noCounts, (options: object) =>
      calibrate({ weights, data, out: "a.safetensors", ...options }),
    );
    await refuses("batch", noCounts, (options: object) =>
      exportWeights({ weights, out: "a.onnx", ...options }),
    );
    const search = (options: object) => findLearningRate({ data, ...options }).next();
    await refuses("steps", noCounts, search);
    await refuses(
      "range",
      [
        [0, 1],
        [1, 1],
        [Number.NaN, 1],
        [1e-3, Number.POSITIVE_INFINITY],
      ],
      search,
    );
  });
});
