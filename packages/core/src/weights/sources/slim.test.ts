import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { lower } from "../../architecture/lower.js";
import { configureNetwork } from "../../architecture/transforms.js";
import { tensor } from "../../tensor/tensor.js";
import { fromHwio, toHwio } from "./hwio.js";
import { isSlimBookkeeping, parameterOfSlim, slimName, slimVariables } from "./slim.js";

/** name, shape: made by scripts/python/make-slim-names.py and make-slim-inception-v4-names.py. */
const golden = (file: string) =>
  new Map(
    readFileSync(repositoryFile(`test/golden/${file}`), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t") as [string, string]),
  );

describe("slim's names", () => {
  const { parameters } = lower(configureNetwork({ auxiliary: true, classes: 1001 }));
  const networks = [
    ["inception_resnet_v2", "slim-names.tsv", 908],
    ["inception_v4", "slim-names-inception-v4.tsv", 608],
  ] as const;

  for (const [arch, file, count] of networks) {
    it(`are those of the ${count} variables of ${arch}, with their shapes in its layout`, () => {
      const theirs = golden(file);
      assert.equal(theirs.size, count);
      const { parameters } = lower(configureNetwork({ arch, auxiliary: true, classes: 1001 }));
      const names = parameters.map(({ name }) => slimName(name, arch));
      assert.deepEqual([...names].sort(), [...theirs.keys()].sort());
      for (const { name, shape } of parameters) {
        const empty = { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
        assert.equal(toHwio(empty).shape.join("x"), theirs.get(slimName(name, arch)), name);
      }
    });
  }

  it("come back as ours", () => {
    for (const { name } of parameters) assert.equal(parameterOfSlim(slimName(name)), name);
    const gamma = "block35_1/branch_0/conv2d_1x1/gamma";
    assert.equal(parameterOfSlim(slimName(gamma)), gamma);
  });

  it("are no names that look alike", () => {
    const strangers = [
      "global_step",
      "InceptionV3/Conv2d_1a_3x3/weights",
      "InceptionResnetV2/Conv2d_1a_3x3/kernel",
      "InceptionResnetV2/Conv2d_1a_5x5/BatchNorm/weights",
      "InceptionResnetV2/Repeat_1/block35_1/Conv2d_1x1/weights",
      "InceptionResnetV2/constructor/constructor",
      "InceptionResnetV2/weights",
    ];
    const known = new Set(parameters.map(({ name }) => name));
    for (const name of strangers) assert.ok(!known.has(parameterOfSlim(name) ?? ""), name);
  });
});

describe("slimVariables()", () => {
  const weights = "InceptionResnetV2/Conv2d_1a_3x3/weights";
  const beta = "InceptionResnetV2/Conv2d_1a_3x3/BatchNorm/beta";
  const averaged = `${weights}/ExponentialMovingAverage`;
  const all = [weights, averaged, beta, `${weights}/RMSProp`, `${weights}/RMSProp_1`];

  it("leave out counters and the memory of optimizers", () => {
    const kept = ["Momentum", "Adam", "Adam_1", "Adagrad", "Adadelta_1", "Ftrl", "biased"];
    const beside = ["global_step", "beta1_power", "train_op/beta2_power"];
    const names = [...kept.map((slot) => `${beta}/${slot}`), ...beside];
    assert.ok(names.every(isSlimBookkeeping));
    assert.deepEqual([...slimVariables([...names, beta, "stranger"]).keys()], [beta, "stranger"]);
  });

  it("are moving averages where there are some, unless told otherwise", () => {
    assert.deepEqual(Object.fromEntries(slimVariables(all)), { [weights]: averaged, [beta]: beta });
    const last = slimVariables(all, { movingAverages: false });
    assert.deepEqual(Object.fromEntries(last), { [weights]: weights, [beta]: beta });
    const alone = slimVariables([averaged], { movingAverages: false });
    assert.deepEqual([...alone], [[weights, averaged]]);
  });
});

describe("slim's layout", () => {
  it("has the kernel's window first, and the outputs last", () => {
    const kernel = tensor(
      [2, 3, 4, 5],
      Float32Array.from({ length: 120 }, (_, at) => at),
    );
    const ours = fromHwio(kernel);
    assert.deepEqual(ours.shape, [5, 4, 2, 3]);
    ours.data.forEach((value, at) => {
      const [w, h, i, o] = [at % 3, Math.floor(at / 3) % 2, Math.floor(at / 6) % 4, at / 24];
      assert.equal(value, ((h * 3 + w) * 4 + i) * 5 + Math.floor(o));
    });
    assert.deepEqual(toHwio(ours), kernel);
  });

  it("has dense weights transposed, and vectors as they are", () => {
    const dense = fromHwio(tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
    assert.deepEqual(dense, tensor([3, 2], Float32Array.of(1, 4, 2, 5, 3, 6)));
    const vector = tensor([2], Float32Array.of(1, 2));
    assert.equal(fromHwio(vector).data, vector.data);
  });
});
