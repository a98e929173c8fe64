/**
 * @file Classifies photos and prints figures as JSON: weights, images, batch, threads.
 *
 * The executor alone is timed before and after, on tensors that are ready, at the same batch.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { InceptionResNetV2 } from "inception-resnet-v2";
import { median } from "./measure.js";
import { photoPaths } from "./photos.js";
import { randomImages, timedRuns } from "./random-images.js";

const [weights = "", images = "200", batchText = "1", threads = "2"] = process.argv.slice(2);
const batch = Number(batchText);
const photos = await photoPaths(Number(images));
await using model = await InceptionResNetV2.load(weights, { threads: Number(threads) });
const tensors = randomImages(batch);
const alone = () => timedRuns(batch, () => model.predict(tensors));

const before = await alone();
for await (const _ of model.classifyAll(photos.slice(0, 8), { batch })); // warms the decoder
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const started = performance.now();
let done = 0;
for await (const result of model.classifyAll(photos, { batch })) {
  if ("error" in result) throw result.error;
  done++;
}
const seconds = (performance.now() - started) / 1000;
delay.disable();
const after = await alone();
const figures = {
  imagesPerSecond: done / seconds,
  aloneImagesPerSecond: 1000 / median([...before, ...after]),
  loopDelayP99Ms: delay.percentile(99) / 1e6,
  loopDelayMaxMs: delay.max / 1e6,
};
process.stdout.write(JSON.stringify(figures));
