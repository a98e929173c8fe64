/**
 * @file Every call that takes time, given up before it starts and at several moments of its course: it
 * rejects with the signal's own reason and leaves no file and no thread.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import {
  calibrate,
  evaluate,
  exportFormats,
  exportWeights,
  findLearningRate,
  InceptionResNetV2,
  importWeights,
  type LoadedWeights,
  loadWeights,
  measurePlan,
  saveWeights,
  type TrainingEvent,
  train,
} from "inception-resnet-v2";
import { type Call, expectAbortable, leavingNoThread } from "./helpers/abort.js";
import { colorPhotos } from "./helpers/color-photos.js";
import { repositoryFile } from "./helpers/paths.js";
import { drawPicture, smallLabels, smallModelFolder, smallSize } from "./helpers/small-model.js";

let folder: string;
/** The only place that calls write to. */
let out: string;

async function drain<T>(stream: AsyncIterable<T>): Promise<void> {
  for await (const _ of stream);
}

/** Makes a model and disposes of it. */
async function opened(model: Promise<InceptionResNetV2>): Promise<void> {
  await using _ = await model;
}

describe("a call given up", () => {
  let weights: string;
  let photos: string;
  let colors: string;
  let files: string[];
  let loaded: LoadedWeights;
  let model: InceptionResNetV2;
  const at = (name: string) => join(out, name);

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
    out = join(folder, "out");
    photos = join(folder, "photos");
    await mkdir(out);
    files = [];
    for (const [at, label] of smallLabels.entries()) {
      await mkdir(join(photos, label), { recursive: true });
      for (let seed = 5 * at; seed < 5 * at + 5; seed++) {
        const file = join(photos, label, `${seed}.png`);
        await drawPicture(file, seed);
        files.push(file);
      }
    }
    ({ photos: colors } = await colorPhotos({ train: 4, validation: 2 }));
    loaded = await loadWeights(weights);
    model = await InceptionResNetV2.fromWeights(loaded);
    await exportWeights({ weights, out: join(folder, "small.onnx"), parity: false });
  });

  after(async () => {
    await model.dispose();
    await rm(folder, { recursive: true });
  });

  const network = { width: 0.1, inputSize: smallSize, classes: 6 } as const;
  const tensor = () => {
    const shape = [4, 3, smallSize, smallSize];
    return { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) };
  };
  const training = () => ({ data: colors, width: 0.1, inputSize: 75, batch: 6, epochs: 1 });
  const first = () => files[0] as string;

  const calls: Record<string, Call> = {
    load: (signal) => opened(InceptionResNetV2.load(weights, { signal })),
    create: (signal) => opened(InceptionResNetV2.create({ ...network, signal })),
    fromWeights: (signal) => opened(InceptionResNetV2.fromWeights(loaded, { signal })),
    classify: (signal) => model.classify(first(), { signal }),
    "classify, of several": (signal) => model.classify(files, { signal }),
    classifyAll: (signal) => drain(model.classifyAll(files, { signal, batch: 4 })),
    embed: (signal) => model.embed(first(), { signal }),
    "embed, of several": (signal) => model.embed(files, { signal }),
    features: (signal) => model.features(first(), ["mixed_6a", "block8_10"], { signal }),
    predict: (signal) => model.predict(tensor(), { signal }),
    loadWeights: (signal) => loadWeights(weights, { signal }),
    saveWeights: (signal) => saveWeights(at("saved.safetensors"), loaded.parameters, { signal }),
    importWeights: (signal) => importWeights({ weights, out: at("in.safetensors"), signal }),
    "importWeights, of onnx": (signal) =>
      importWeights({ weights: onnx(), out: at("in.safetensors"), signal }),
    evaluate: (signal) => evaluate({ weights, data: photos, signal }),
    calibrate: (signal) => calibrate({ weights, data: photos, out: at("c.safetensors"), signal }),
    findLearningRate: (signal) => drain(findLearningRate({ ...training(), steps: 5, signal })),
    measurePlan: (signal) => measurePlan({ ...training(), signal }),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`${name} rejects with the reason, and leaves nothing`, (context) =>
      expectAbortable(context, call, { folder: out }));
  }
  for (const format of Object.keys(exportFormats) as (keyof typeof exportFormats)[]) {
    it(`exportWeights to ${format} rejects with the reason, and leaves nothing`, (context) =>
      expectAbortable(
        context,
        (signal) => exportWeights({ weights, format, out: at(`exported-${format}`), signal }),
        { folder: out },
      ));
  }
  it("exportWeights of weights in memory rejects with the reason, and leaves them", async (context) => {
    const total = loaded.parameters.size;
    await expectAbortable(
      context,
      (signal) => exportWeights({ weights: loaded, out: at("memory.onnx"), signal }),
      { folder: out },
    );
    assert.ok([...loaded.parameters.values()].every(({ data }) => data.length > 0));
    assert.equal(loaded.parameters.size, total);
  });

  const onnx = () => join(folder, "small.onnx");
  const replacing: Record<string, Call> = {
    "exportWeights to onnx": (signal) =>
      exportWeights({ weights, out: at("older"), format: "onnx", signal }),
    "exportWeights to keras": (signal) =>
      exportWeights({ weights, out: at("older"), format: "keras", signal }),
    "importWeights of onnx": (signal) =>
      importWeights({ weights: onnx(), out: at("older"), signal }),
  };
  for (const [name, call] of Object.entries(replacing)) {
    it(`${name} over an older file leaves that, also where the new one is compared`, (context) =>
      expectAbortable(
        context,
        call,
        { folder: out, kept: ["older"] },
        {
          prepare: () => writeFile(at("older"), "what was there"),
          async check() {
            assert.equal(await readFile(at("older"), "utf8"), "what was there");
          },
        },
      ));
  }

  it("train throws the reason before there is a run, and leaves nothing", async () => {
    const reason = new Error("changed my mind");
    const options = { ...training(), out: at("run") };
    await assert.rejects(
      drain(train({ ...options, signal: AbortSignal.abort(reason) })),
      (error) => error === reason,
    );
    const controller = new AbortController();
    const stopAtData = async () => {
      const { signal } = controller;
      for await (const { event } of train({ ...options, signal })) {
        if (event === "data") controller.abort(reason);
      }
    };
    await assert.rejects(stopAtData(), (error) => error === reason);
    assert.deepEqual(await readdir(out), []);
  });

  it("train stops with a checkpoint once there is one, and leaves nothing unfinished", async () => {
    const controller = new AbortController();
    const options = { ...training(), out: at("run"), signal: controller.signal };
    let last: TrainingEvent | undefined;
    await leavingNoThread(async () => {
      for await (const event of train(options)) {
        last = event;
        if (event.event === "step") controller.abort();
      }
    });
    assert.equal(last?.event, "interrupted");
    const left = await readdir(at("run"), { recursive: true });
    assert.deepEqual(
      left.filter((name) => name.endsWith(".tmp")),
      [],
    );
    await rm(at("run"), { recursive: true });
  });

  it("lets a program end by itself", async () => {
    const door = repositoryFile("packages/node/dist/index.js");
    const script = `
      import { InceptionResNetV2, exportWeights } from ${JSON.stringify(door)};
      const weights = ${JSON.stringify(weights)};
      const [reason, out] = ["stop", ${JSON.stringify(join(out, "child.onnx"))}];
      const calls = [
        (signal) => InceptionResNetV2.load(weights, { signal }),
        (signal) => InceptionResNetV2.create({ width: 0.1, inputSize: 107, signal }),
        (signal) => exportWeights({ weights, out, signal }),
      ];
      for (const call of calls) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 100);
        await call(controller.signal).then(
          () => console.log("done"),
          (error) => console.log(error),
        );
      }
    `;
    const args = ["--input-type=module", "-e", script];
    const run = promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    const { stdout } = await run; // rejects where the program had to be killed
    assert.deepEqual(stdout.trim().split("\n"), ["stop", "stop", "stop"]);
    assert.deepEqual(await readdir(out), []);
  });
});
