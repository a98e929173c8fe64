/**
 * @file A small network on oneDNN in this very thread, forward and two training steps: what valgrind
 * looks at, run as a program.
 */
import koffi from "koffi";
import { lower } from "../../src/architecture/lower.js";
import { configureNetwork } from "../../src/architecture/transforms.js";
import { OneDnnEngine } from "../../src/executors/onednn/engine.js";
import { declare, type Koffi, Library, system } from "../../src/executors/onednn/library.js";
import { Runtime } from "../../src/executors/onednn/runtime.js";
import { type Tensor, tensor } from "../../src/tensor/tensor.js";
import { paperRmsProp } from "../../src/training/optimizer.js";
import { buildStepGraphs } from "../../src/training/step-graphs.js";
import { initializeParameters } from "../../src/weights/initialize.js";

// Rooms of the size that is asked for: in whole pages, what is written behind one would not be seen.
const alignment = 64;
const { aligned_alloc: allocate } = declare(koffi as unknown as Koffi, null, system);
Library.prototype.allocate = (bytes) =>
  allocate?.(alignment, alignment * Math.ceil(Math.max(1, bytes) / alignment)) as bigint;

const batch = 2;
const size = 75;
const classes = 10;
const engine = new OneDnnEngine(await Runtime.open(1), "f32");
const photos = (count: number) => {
  const image = tensor([count, 3, size, size]);
  image.data.forEach((_, at) => {
    image.data[at] = Math.sin(at);
  });
  return image;
};

// Wide enough for whole blocks of channels, in which branches of one photo lie side by side.
for (const counts of [
  [1, 2],
  [2, 1],
]) {
  const [first = 1] = counts;
  const wide = lower(configureNetwork({ width: 0.5, inputSize: size, classes }), { batch: first });
  const parameters = initializeParameters(wide, { initializer: "slim", seed: 0 });
  const program = await engine.compile(wide, parameters, { consume: false });
  for (const count of counts) await program.run(new Map([["image", photos(count)]]), ["logits"]);
  await program.release();
}

const graph = lower(configureNetwork({ width: 0.1, inputSize: size, classes }), { batch });
const parameters = initializeParameters(graph, { initializer: "slim", seed: 0 });
const image = photos(batch);
const { gradients, update, state, masks } = buildStepGraphs(graph, { optimizer: paperRmsProp });
const variables = new Map<string, Tensor>(parameters);
for (const { name, shape } of state) variables.set(name, tensor(shape));
const training = await engine.compileTraining([gradients, update], variables);
const kept = masks.map(({ name, shape }): [string, Tensor] => [name, tensor(shape)]);
const inputs = new Map([["image", image], ["targets", tensor([batch, classes])], ...kept]);
const scalar = (value: number) => tensor([], Float32Array.of(value));
for (let step = 0; step < 2; step++) {
  await training.run(0, inputs);
  await training.run(
    1,
    new Map([
      ["rate", scalar(1e-3)],
      ["clip", scalar(1)],
    ]),
  );
}
await training.release();
await engine.dispose();
process.stdout.write("done\n");
