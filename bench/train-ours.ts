/**
 * @file Prints the median seconds per image of our training step: images, width, size, batch,
 * threads, engine, precision, and a memory budget in bytes where there is one.
 */
import { readFileSync } from "node:fs";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import type { Precision } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { paperRmsProp } from "@inception-resnet-v2/core/internal/training/optimizer.js";
import { Trainer } from "@inception-resnet-v2/core/internal/training/trainer.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { createExecutor, type EngineName } from "inception-resnet-v2/internal/executors/index.js";
import { median } from "./measure.js";

const classes = 1000;
const counted = 5;
const rate = 1e-4;

const [file = "", ...settings] = process.argv.slice(2);
const [width = 1, size = 299, batch = 8, threads = 2] = settings.map(Number);
const [engine, precision, budget] = settings.slice(4) as [EngineName, Precision, string?];
const executor = await createExecutor(engine, { threads, precision });
const network = lower(configureNetwork({ classes, width, inputSize: size }), { batch });
const trainer = await Trainer.create({
  executor,
  network,
  step: { optimizer: paperRmsProp },
  ...(budget !== undefined && { memoryBudget: Number(budget) }),
  parameters: initializeParameters(network, { initializer: "slim", seed: 0 }),
  seed: 0,
});
const input = tensor([batch, 3, size, size], floats(file));
const targets: Tensor = tensor([batch, classes]);
for (let row = 0; row < batch; row++) targets.data[row * classes + row] = 1;
const times: number[] = [];
for (let step = -2; step < counted; step++) {
  const start = performance.now();
  await trainer.gradients(step + 2, [{ input, targets }]);
  await trainer.update(step + 2, rate);
  if (step >= 0) times.push((performance.now() - start) / 1000 / batch);
}
await trainer.dispose();
await executor.dispose();
process.stdout.write(String(median(times)));

function floats(path: string): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
}
