/**
 * @file Prints the median milliseconds per image of our forward pass: weights, batch, threads, engine,
 * precision.
 */
import { type EngineName, InceptionResNetV2, type Precision } from "inception-resnet-v2";
import { median } from "./measure.js";
import { randomImages, timedRuns } from "./random-images.js";

const [weights = "", batch = "1", threads = "2", engine, precision] = process.argv.slice(2);
await using model = await InceptionResNetV2.load(weights, {
  threads: Number(threads),
  engine: engine as EngineName,
  precision: precision as Precision,
});
const images = randomImages(Number(batch));
const times = await timedRuns(Number(batch), () => model.predict(images));
process.stdout.write(String(median(times)));
