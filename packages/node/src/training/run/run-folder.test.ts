import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { ModelError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  noAugmentation,
  slimAugmentation,
} from "@inception-resnet-v2/core/internal/image/augment.js";
import { defaultErasing } from "@inception-resnet-v2/core/internal/image/random-erasing.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { recipeNames } from "@inception-resnet-v2/core/internal/training/recipes.js";
import { schedules } from "@inception-resnet-v2/core/internal/training/schedule.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { type SettleOptions, settle } from "../settings.js";
import type { RunConfig } from "./config-schema.js";
import { checkRunPlace, createRunFolder, readRunConfig } from "./run-folder.js";

const folder = () => mkdtemp(join(tmpdir(), "irv2-"));

describe("a run folder", () => {
  it("is refused where there is a run, or no place for one", async () => {
    const at = await folder();
    await writeFile(join(at, "config.json"), "{}");
    await assert.rejects(checkRunPlace(at), {
      name: "UsageError",
      code: "RUN_EXISTS",
      message: `Cannot start a run in "${at}": expected a folder without one, got one with a config.json, which resume continues`,
    });
    const inFile = join(at, "config.json", "run");
    for (const check of [checkRunPlace, createRunFolder]) {
      await assert.rejects(check(inFile), {
        name: "UsageError",
        code: "RUN_UNWRITABLE",
        message: `Cannot start a run in "${inFile}": expected a folder to write to, got ENOTDIR`,
      });
    }
    const long = join(at, "a".repeat(300), "run");
    await assert.rejects(checkRunPlace(long), {
      message: `Cannot start a run in "${long}": expected a folder to write to, got ENAMETOOLONG`,
    });
    await checkRunPlace(join(at, "new", "run"));
    assert.deepEqual(await readdir(at), ["config.json"]);
  });

  it("cannot be resumed without its settings", async () => {
    const at = await folder();
    const sentence = (path: string, got: string) => ({
      name: "ModelError",
      code: "RUN_MISSING",
      message: `Cannot resume "${path}": expected a run folder with a config.json, got ${got}`,
    });
    await assert.rejects(readRunConfig(at), sentence(at, "none"));
    await mkdir(join(at, "config.json"));
    await assert.rejects(readRunConfig(at), sentence(at, "a folder of that name"));
    await writeFile(join(at, "file"), "");
    await assert.rejects(readRunConfig(join(at, "file")), sentence(join(at, "file"), "a file"));
  });
});

describe("config.json", () => {
  const settings = settle({ data: "photos", engine: "reference" });
  const whole: RunConfig = { settings, classes: ["a", "b"], fingerprint: "f" };
  const text = JSON.stringify(whole);

  async function reading(content: string | Uint8Array): Promise<RunConfig> {
    const at = await folder();
    await writeFile(join(at, "config.json"), content);
    return readRunConfig(at).catch((error: ModelError) => {
      assert.deepEqual([error.name, error.code], ["ModelError", "RUN_CONFIG"]);
      assert.equal(error.message.includes(at), true);
      throw new Error(error.message.replace(at, "."));
    });
  }

  it("comes back as it was written, whatever a run asks for", async () => {
    const asked: SettleOptions[] = [
      ...recipeNames.map((recipe) => ({ recipe })),
      { weights: "w.safetensors", fineTune: true, microBatch: 4, clipNorm: null, ema: 0.99 },
      { schedule: schedules.step, optimizer: paperRmsProp, preprocessing: "slim" },
      { schedule: schedules.plateau, memory: 1e9, threads: 2, valFraction: 0.1, cache: "disk" },
      {
        schedule: schedules.constant,
        arch: "inception_v4",
        precision: "bf16",
        inputSize: [99, 120],
      },
      { augmentation: { ...noAugmentation, randAugment: { operations: 2, magnitude: 9 } } },
      { augmentation: { ...slimAugmentation, erasing: defaultErasing } },
    ].map((one) => ({ data: "photos", ...one }) as SettleOptions);
    for (const options of asked) {
      const config: RunConfig = { ...whole, settings: settle(options) };
      assert.deepEqual(await reading(JSON.stringify(config)), config);
    }
  });

  it("is read as it was before runs named their network, and behind a mark of byte order", async () => {
    const older = await readFile(repositoryFile("test/golden/run-config-before-arch.json"), "utf8");
    const { settings } = await reading(`\uFEFF${older}`);
    assert.equal(settings.arch, "inception_resnet_v2");
    const { precision: _, ...rest } = JSON.parse(older).settings;
    const oldest = { ...JSON.parse(older), settings: rest };
    assert.equal((await reading(JSON.stringify(oldest))).settings.precision, "fp32");
  });

  const phase = text.slice(
    text.indexOf('"phases":['),
    text.indexOf("]", text.indexOf('"phases":[')) + 1,
  );
  const cases: [name: string, content: string | Uint8Array, problem: string][] = [
    ["empty", "", "expected JSON, got an empty text"],
    ["cut off", text.slice(0, 99), "expected JSON, got a text that breaks off"],
    ["of zeros, as after a power cut", new Uint8Array(64), "expected JSON, got other text"],
    ["another thing", "[]", "expected an object, got []"],
    ["of nothing", "{}", 'expected an object in "settings", got nothing'],
    [
      "of another version",
      text.replace('"version":1', '"version":7'),
      'expected 1 in "settings.version", got 7',
    ],
    [
      "of no version",
      text.replace('"version":1,', ""),
      'expected 1 in "settings.version", got nothing',
    ],
    [
      "of a wrong type",
      text.replace('"width":1', '"width":"1"'),
      'expected a number above 0 and at most 8 in "settings.width", got "1"',
    ],
    [
      "without a field",
      text.replace('"mixup":0,', ""),
      'expected a number from 0 in "settings.mixup", got nothing',
    ],
    [
      "with NaN, as JSON has it",
      text.replace('"mixup":0', '"mixup":null'),
      'expected a number from 0 in "settings.mixup", got null',
    ],
    [
      "of an infinite number",
      text.replace('"mixup":0', '"mixup":1e999'),
      'expected a number from 0 in "settings.mixup", got Infinity',
    ],
    [
      "of a negative seed",
      text.replace('"seed":0', '"seed":-2'),
      'expected a whole number from 0 in "settings.seed", got -2',
    ],
    [
      "of half a photo",
      text.replace(/"batch":\d+/, '"batch":1.5'),
      'expected a whole number from 1 in "settings.phases[0].batch", got 1.5',
    ],
    [
      "of a batch that its parts do not divide",
      text.replace('"parts":1', '"parts":5'),
      'expected a divisor of the batch in "settings.phases[0].parts", got 5',
    ],
    [
      "of no phase",
      text.replace(phase, '"phases":[]'),
      'expected a phase in "settings.phases[0]", got nothing',
    ],
    [
      "of an unknown engine",
      text.replace('"engine":"reference"', '"engine":"gpu"'),
      'expected one of auto, onednn, onnxruntime, wasm, reference in "settings.engine", got "gpu"',
    ],
    [
      "of an unknown optimiser",
      text.replace('"kind":"adamw"', '"kind":"lion"'),
      'expected one of rmsprop, sgd, adamw in "settings.optimizer.kind", got "lion"',
    ],
    [
      "with a field that is none",
      text.replace('"width":1', '"width":1,"widht":2'),
      'expected no such field in "settings.widht", got 2',
    ],
    [
      "of classes that are no texts",
      text.replace('["a","b"]', '["a",2]'),
      'expected a text in "classes[1]", got 2',
    ],
    [
      "without its fingerprint",
      text.replace(',"fingerprint":"f"', ""),
      'expected a text in "fingerprint", got nothing',
    ],
    [
      "of augmentation as the very first runs had it",
      text.replace(',"tries":100', ""),
      'expected a whole number from 0 in "settings.augmentation.crop.tries", got nothing',
    ],
  ];
  for (const [name, content, problem] of cases) {
    it(`is refused when ${name}`, async () => {
      assert.notEqual(content, text);
      await assert.rejects(reading(content), ({ message }: Error) => {
        assert.equal(message, `Cannot read "./config.json": ${problem}`);
        return true;
      });
    });
  }
});
