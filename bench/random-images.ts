/**
 * @file Input for benchmarks, and the loop that times it.
 */
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** Uniform noise in -1...1, [batch,3,size,size]. */
export function randomImages(batch: number, size = 299): Tensor {
  const images = tensor([batch, 3, size, size]);
  const random = createRandom(0);
  for (let at = 0; at < images.data.length; at++) images.data[at] = random.uniform() * 2 - 1;
  return images;
}

/** Milliseconds per image of each of some runs, after two that do not count. */
export async function timedRuns(batch: number, run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const counted = batch === 1 ? 25 : 8;
  for (let at = -2; at < counted; at++) {
    const start = performance.now();
    await run();
    if (at >= 0) times.push((performance.now() - start) / batch);
  }
  return times;
}
