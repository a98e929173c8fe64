/**
 * @file The thread that reads, decodes, resizes and scales images, one at a time: what it holds is
 * bounded by one image. Tensors leave by transfer.
 */
import { parentPort, workerData } from "node:worker_threads";
import { packError } from "@inception-resnet-v2/core/internal/errors.js";
import { augment } from "@inception-resnet-v2/core/internal/image/augment.js";
import { preprocess } from "@inception-resnet-v2/core/internal/image/preprocess.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { createDecodeCache } from "./decode-cache.js";
import { loadSharp } from "./decode-sharp.js";
import type { LoaderOptions, LoadRequest, Reply } from "./loader.js";
import { readImage, readKnownImage } from "./read-node.js";

const options = workerData as LoaderOptions;

loadSharp().catch(() => {}); // the first image reports what is wrong

const cache = options.cache && createDecodeCache(options.cache, options.cache);

parentPort?.on("message", async (request: LoadRequest) => {
  const reply = await answer(request);
  const buffers = "tensor" in reply ? [reply.tensor.data.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(reply, buffers);
});

async function answer({ packed, stream, sha256 }: LoadRequest): Promise<Reply> {
  try {
    const source = "url" in packed ? new URL(packed.url) : packed.source;
    const read = () =>
      typeof source === "string" && sha256 !== undefined
        ? readKnownImage(source, sha256, options)
        : readImage(source, options);
    const { preprocessing, augmentation, seed = 0 } = options;
    const random = augmentation && stream ? createRandom(seed, stream) : undefined;
    const isKept = cache && random && sha256 !== undefined;
    const pixels = isKept ? await cache.get(sha256, read) : await read();
    const tensor =
      augmentation && random
        ? augment(pixels, options, preprocessing, augmentation, random)
        : preprocess(pixels, preprocessing, options);
    return { tensor };
  } catch (error) {
    return { error: packError(error) };
  }
}
