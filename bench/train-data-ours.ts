/**
 * @file Prints figures of training beside the step itself, as JSON: what loading photos costs, and
 * how fast a classifier learns from kept features. Arguments: width, size, batch, threads.
 *
 * Steps on photos that are loaded, decoded and varied while training are timed in turn with steps on
 * one batch that is ready.
 */
import { existsSync } from "node:fs";
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { cutGraph } from "@inception-resnet-v2/core/internal/graph/passes/cut-graph.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { defaultSgd } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { type Part, Trainer } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Dataset, Sample } from "inception-resnet-v2/internal/data/dataset.js";
import { createExecutor } from "inception-resnet-v2/internal/executors/index.js";
import {
  startingParameters,
  trainingNetwork,
} from "inception-resnet-v2/internal/training/network.js";
import { openPhase } from "inception-resnet-v2/internal/training/open-phase.js";
import { type Phase, settle } from "inception-resnet-v2/internal/training/settings.js";
import { median } from "./measure.js";
import { photoPaths } from "./photos.js";

const [width = 0.35, size = 139, batch = 32, threads = 2] = process.argv.slice(2).map(Number);
const rounds = 4;
const stepsARound = width === 1 ? 2 : 6;
const classes = Array.from({ length: 10 }, (_, at) => `class ${at}`);
const executor = await createExecutor("auto", { threads });

const settings = settle({ data: "", width, inputSize: size, batch, epochs: 1 });
const [phase] = settings.phases as [Phase];
const files = await photoPaths(rounds * stepsARound * batch);
if (!files.every(existsSync)) throw new Error("the photos are gone");
const train: Sample[] = files.map((file, at) => ({ file, label: at % classes.length }));
const validation = train.slice(0, 1);
const found = { folder: "", isMultiLabel: false, notes: [], leftOut: [] };
const dataset: Dataset = { ...found, classes, train, validation };
const network = trainingNetwork(settings, { classes: classes.length, batch, given: [] });
const { parameters } = await startingParameters(network, { seed: 0, classes });
const opening = openPhase({ settings, dataset, phase, executor, parameters });
let opened = await opening.next();
while (!opened.done) opened = await opening.next();
const { trainer } = opened.value;
const batches = opened.value.batches(0);

let step = 0;
async function timeStep(parts: readonly Part[], started: number): Promise<number> {
  await trainer.gradients(step, parts);
  await trainer.update(step++, 1e-5);
  return (performance.now() - started) / 1000;
}

const [loaded, ready]: [number[], number[]] = [[], []];
let ratios: number[] = [];
const first = await batches.next();
if (first.done) throw new Error("there are no batches");
const kept = first.value;
for (let warm = 0; warm < 2; warm++) await timeStep(kept, performance.now());
for (let round = 0; round < rounds; round++) {
  const [withPhotos, without]: [number[], number[]] = [[], []];
  for (let at = 0; at < stepsARound; at++) {
    const started = performance.now();
    const next = await batches.next();
    if (next.done) break;
    withPhotos.push(await timeStep(next.value, started));
  }
  for (let at = 0; at < stepsARound; at++) without.push(await timeStep(kept, performance.now()));
  loaded.push(...withPhotos);
  ready.push(...without);
  ratios = [...ratios, sum(withPhotos) / withPhotos.length / (sum(without) / without.length)];
}
await opened.value[Symbol.asyncDispose]();

const head = await timeHead();
await executor.dispose();
const figures = {
  loadedSeconds: median(loaded) / batch,
  readySeconds: median(ready) / batch,
  ratio: median(ratios),
  headImagesPerSecond: head,
};
process.stdout.write(JSON.stringify(figures));

/** Images a second of a classifier of 1,536 features and 1,000 classes, 64 a step. */
async function timeHead(): Promise<number> {
  const rows = 64;
  const released = settle({ data: "", width: 1, inputSize: 299 });
  const whole = trainingNetwork(released, { classes: 1000, batch: rows, given: [] });
  const graph = cutGraph(whole, whole.outputs.get("features") as Value, "features");
  const trained = await Trainer.create({
    executor,
    network: graph,
    step: { optimizer: { ...defaultSgd, nesterov: true }, weightDecay: 1e-4, clipNorm: 5 },
    parameters: (await startingParameters(graph, { seed: 0, classes: [] })).parameters,
    seed: 0,
  });
  const random = createRandom(0);
  const input: Tensor = tensor([rows, 1536]);
  for (let at = 0; at < input.data.length; at++) input.data[at] = random.uniform();
  const targets = tensor([rows, 1000]);
  for (let row = 0; row < rows; row++) targets.data[row * 1000 + row] = 1;
  const times: number[] = [];
  for (let at = 0; at < 40; at++) {
    const started = performance.now();
    await trained.gradients(at, [{ input, targets }]);
    await trained.update(at, 1e-3);
    if (at >= 5) times.push((performance.now() - started) / 1000);
  }
  await trained.dispose();
  return rows / median(times);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
