/**
 * @file Prints the median milliseconds an image of our forward pass: weights, batch, threads.
 */
import { InceptionResNetV2 } from "../src/index.js";
import { median } from "./measure.js";
import { randomImages, timedRuns } from "./random-images.js";

const [weights = "", batch = "1", threads = "2"] = process.argv.slice(2);
await using model = await InceptionResNetV2.load(weights, { threads: Number(threads) });
const images = randomImages(Number(batch));
const times = await timedRuns(Number(batch), () => model.predict(images));
process.stdout.write(String(median(times)));
