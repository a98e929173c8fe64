/**
 * @file Prints the median milliseconds per image of onnxruntime-node itself: ONNX file, batch, threads.
 */
import ort from "onnxruntime-node";
import { median } from "./measure.js";
import { randomImages, timedRuns } from "./random-images.js";

const [file = "", batch = "1", threads = "2"] = process.argv.slice(2);
const session = await ort.InferenceSession.create(file, { intraOpNumThreads: Number(threads) });
const { data, shape } = randomImages(Number(batch));
const feeds = { [session.inputNames[0] ?? ""]: new ort.Tensor("float32", data, shape) };
const times = await timedRuns(Number(batch), () => session.run(feeds));
process.stdout.write(String(median(times)));
