import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  noAugmentation,
  smallAugmentation,
} from "@inception-resnet-v2/core/internal/image/augment.js";
import { defaultErasing } from "@inception-resnet-v2/core/internal/image/random-erasing.js";
import { defaultSgd } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { trainingNetwork } from "./network.js";
import { type SettleOptions, settle } from "./settings.js";
import { checkNames, trainOptionNames, type Use, unusedOptions } from "./unused-options.js";

/** A telling value of every option. */
const values = {
  data: "photos",
  annotations: "labels.csv",
  recipe: "slim",
  weights: "model.safetensors",
  arch: "inception_resnet_v2",
  width: 0.05,
  inputSize: 107,
  preprocessing: "keras",
  freeze: "block8_9",
  fineTune: true,
  headEpochs: 2,
  epochs: 6,
  batch: 8,
  microBatch: 2,
  optimizer: defaultSgd,
  learningRate: 0.1,
  schedule: { kind: "step", factor: 0.1, at: [1] },
  warmupEpochs: 1,
  weightDecay: 0.1,
  clipNorm: 1,
  ema: 0.9,
  statisticsDecay: 0.8,
  freezeNorms: false,
  dropout: 0.5,
  labelSmoothing: 0.2,
  mixup: 0.3,
  cutmix: 0.3,
  auxiliary: true,
  auxiliaryWeight: 0.3,
  augmentation: smallAugmentation,
  stageRate: 0.5,
  memory: 1e9,
  valFraction: 0.5,
  folds: 5,
  fold: 1,
  balanced: true,
  classWeights: true,
  cache: "memory",
  seed: 3,
  engine: "onnxruntime",
  threads: 2,
  precision: "fp32",
  out: "run",
  stopAfter: 1,
} as const;

const weights = "model.safetensors";
const rates = ["epochs", "learningRate", "schedule", "warmupEpochs", "ema", "statisticsDecay"];
const body = ["microBatch", "mixup", "cutmix", "augmentation", "auxiliary", "auxiliaryWeight"];
const norms = ["freezeNorms", "statisticsDecay", "stageRate"];
const noAuxiliary = "auxiliaryWeight";
const keptNorms = "statisticsDecay";

/** What each kind of run is asked for, and the options that have no effect in it. */
const kinds: readonly {
  readonly name: string;
  readonly use?: Use;
  readonly base: Partial<SettleOptions>;
  readonly unused: readonly string[];
}[] = [
  {
    name: "the classifier alone",
    base: { weights, freeze: "body" },
    unused: [...body, ...norms, "cache", "fineTune"],
  },
  {
    name: "fine-tuning in two phases",
    base: { weights, fineTune: true },
    unused: [noAuxiliary, keptNorms],
  },
  {
    name: "the last blocks",
    base: { weights, freeze: "block17_20" },
    unused: [noAuxiliary, keptNorms],
  },
  {
    name: "the last stage",
    base: { weights, freeze: "conv2d_7b" },
    unused: [noAuxiliary, keptNorms, "stageRate"],
  },
  { name: "all of it", base: { weights }, unused: [noAuxiliary, keptNorms] },
  { name: "an untrained network", base: {}, unused: [noAuxiliary] },
  {
    name: "an untrained network with the auxiliary classifier",
    base: { auxiliary: true },
    unused: [],
  },
  {
    name: "photos one by one",
    base: { batch: 1, freezeNorms: true },
    unused: [noAuxiliary, keptNorms, "mixup", "cutmix"],
  },
  {
    name: "one epoch",
    base: { epochs: 1 },
    unused: [noAuxiliary, "cache", "schedule", "warmupEpochs", "stopAfter"],
  },
  {
    name: "a search for the learning rate",
    use: "find-rate",
    base: {},
    unused: [noAuxiliary, ...rates, "out", "stopAfter"],
  },
  { name: "a plan", use: "plan", base: {}, unused: [noAuxiliary, "out", "stopAfter"] },
];

/** Classes of one and of two photos. */
const uneven = {
  train: [0, 1, 1].map((label, at) => ({ file: `${at}`, label })),
  classes: ["a", "b"],
};

function unusedIn(asked: Partial<SettleOptions>, given: object, use: Use = "train"): string[] {
  const settings = settle({ data: "photos", width: 0.05, inputSize: 107, ...asked, ...given });
  const network = trainingNetwork(settings, { classes: 2, batch: 1, given: [] });
  const warnings = unusedOptions(given, { use, settings, network, dataset: uneven });
  return warnings.flatMap(({ options = [] }) => options);
}

describe("unusedOptions()", () => {
  it("is tested on every option", () => {
    assert.deepEqual(Object.keys(values).sort(), [...trainOptionNames].sort());
  });

  for (const { name, use, base, unused } of kinds) {
    it(`names what has no effect on ${name}`, () => {
      const found = Object.entries(values).flatMap(([option, value]) => {
        // These are refused where they do not fit, or decide which kind of run it is.
        if (["weights", "freeze", "batch", "width", "inputSize", "arch"].includes(option))
          return [];
        if (option === "headEpochs" && !base.fineTune) return [];
        if (option === "fineTune" && (!base.weights || base.freeze !== "body")) return [];
        if (option === "microBatch" && base.batch === 1) return [];
        return unusedIn(base, { [option]: value }, use);
      });
      assert.deepEqual(found.sort(), [...unused].sort());
    });
  }

  it("names all options of one reason in one sentence", () => {
    const given = { mixup: 0.2, augmentation: smallAugmentation, ema: 0.9 };
    const settings = settle({ data: "photos", width: 0.05, weights, freeze: "body", ...given });
    const network = trainingNetwork(settings, { classes: 2, batch: 1, given: [] });
    assert.deepEqual(unusedOptions(given, { use: "train", settings, network, dataset: uneven }), [
      {
        event: "warning",
        message:
          '"mixup", "augmentation" have no effect where the classifier alone is trained, on features computed once per photo.',
        options: ["mixup", "augmentation"],
      },
    ]);
  });

  it("has nothing to say of what is off anyway", () => {
    const off = {
      mixup: 0,
      cutmix: 0,
      augmentation: { ...noAugmentation, erasing: { ...defaultErasing, probability: 0 } },
      auxiliary: false,
      freezeNorms: true,
      stageRate: 1,
      classWeights: false,
      cache: "none",
      schedule: { kind: "constant" },
    };
    assert.deepEqual(unusedIn({ weights, freeze: "body" }, off), []);
  });

  it("knows schedules that never fall, classes of equal size and an engine of one thread", () => {
    const late = { kind: "step", factor: 0.1, at: [30, 60] };
    assert.deepEqual(unusedIn({ epochs: 30 }, { schedule: late }), ["schedule"]);
    assert.deepEqual(unusedIn({ epochs: 31 }, { schedule: late }), []);
    const both = { fineTune: true, headEpochs: 3 };
    assert.deepEqual(unusedIn({ weights, freeze: "body" }, both), ["fineTune", "headEpochs"]);
    assert.deepEqual(unusedIn({ engine: "reference" }, { threads: 2 }), ["threads"]);
    const settings = settle({ data: "photos", width: 0.05, inputSize: 107 });
    const network = trainingNetwork(settings, { classes: 2, batch: 1, given: [] });
    const dataset = { ...uneven, train: uneven.train.slice(0, 2) };
    const facts = { use: "train", settings, network, dataset } as const;
    assert.equal(unusedOptions({ classWeights: true }, facts).length, 1);
  });
});

describe("checkNames()", () => {
  it("refuses an option that no training has", () => {
    assert.throws(() => checkNames({ data: "photos", lr: 0.1 }), {
      name: "UsageError",
      code: "OPTION_UNKNOWN",
      message: /^Unknown option "lr": expected one of data, annotations, recipe, /,
    });
    checkNames({ data: "photos", learningRate: 0.1, stopAfter: 2, signal: undefined });
  });
});
