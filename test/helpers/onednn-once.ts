/**
 * @file A small network on oneDNN in this very thread, forward and two training steps: what valgrind
 * looks at, run as a program. With the argument `guards`, marks stand behind every room in memory,
 * and must stand there in the end.
 */

import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { buildStepGraphs } from "@inception-resnet-v2/core/internal/training/step-graphs.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import {
  declare,
  type Koffi,
  Library,
  system,
} from "inception-resnet-v2/internal/executors/onednn/api/library.js";
import { OneDnnEngine } from "inception-resnet-v2/internal/executors/onednn/engine.js";
import { Runtime } from "inception-resnet-v2/internal/executors/onednn/runtime.js";
import koffi from "koffi";
import { branches, wave } from "./branches.js";

// Rooms of the size that is asked for: in whole pages, what is written behind one would not be seen.
const alignment = 64;
const guard = process.argv.includes("guards") ? 4096 : 0;
const guards: Uint8Array[] = [];
const { aligned_alloc: allocate } = declare(koffi as unknown as Koffi, null, system);
Library.prototype.allocate = (bytes) => {
  const size = alignment * Math.ceil(Math.max(1, bytes) / alignment);
  const address = allocate?.(alignment, size + guard) as bigint;
  if (guard > 0) guards.push(new Uint8Array(koffi.view(address + BigInt(size), guard)).fill(0xa5));
  return address;
};
if (guard > 0) Library.prototype.free = () => {}; // guards are looked at in the end

const engine = new OneDnnEngine(await Runtime.open(1), "f32");
for (const counts of [
  [1, 2],
  [2, 1],
]) {
  const { graph, parameters } = branches(counts[0] ?? 1, [16, 32]);
  const program = await engine.compile(graph, parameters, { consume: false });
  for (const count of counts) {
    await program.run(new Map([["x", wave([count, 32, 5, 5], 0)]]), ["both"]);
  }
  await program.release();
}

const batch = 2;
const size = 75;
const classes = 10;
const graph = lower(configureNetwork({ width: 0.1, inputSize: size, classes }), { batch });
const parameters = initializeParameters(graph, { initializer: "slim", seed: 0 });
const image = wave([batch, 3, size, size], 0);
const program = await engine.compile(graph, parameters, { consume: false });
await program.run(new Map([["image", image]]), ["logits"]);
await program.release();

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
if (!guards.every((one) => one.every((byte) => byte === 0xa5))) {
  throw new Error("something was written behind a room in memory");
}
process.stdout.write("done\n");
