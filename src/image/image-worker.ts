/**
 * @file The thread that reads, decodes, resizes and scales images, one at a time: what it holds is
 * bounded by one image. Tensors leave by transfer.
 */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "../errors.js";
import { loadSharp } from "./decode-node.js";
import type { LoaderOptions, PackedSource, Reply } from "./loader.js";
import { preprocess } from "./preprocess.js";
import { readImage } from "./read-node.js";

const options = workerData as LoaderOptions;

loadSharp().catch(() => {}); // the first image reports what is wrong

parentPort?.on("message", async (packed: PackedSource) => {
  const reply = await answer(packed);
  const buffers = "tensor" in reply ? [reply.tensor.data.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(reply, buffers);
});

async function answer(packed: PackedSource): Promise<Reply> {
  try {
    const source = "url" in packed ? new URL(packed.url) : packed.source;
    const pixels = await readImage(source, options);
    return { tensor: preprocess(pixels, options.preprocessing, options) };
  } catch (error) {
    return { error: packError(error) };
  }
}
