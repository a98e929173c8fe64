/**
 * @file The executor on oneDNN, which computes in a thread: see `worker.ts`.
 */
import { availableParallelism } from "node:os";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import type {
  Executor,
  ExecutorOptions,
} from "@inception-resnet-v2/core/internal/executors/executor.js";
import { ThreadExecutor } from "../thread/executor.js";
import { describeLibrary } from "./api/find-library.js";
import { memory } from "./memory/model.js";

/** An executor on oneDNN; throws `ResourceError` where that cannot be loaded or is too old. */
export async function createOneDnnExecutor(options: ExecutorOptions = {}): Promise<Executor> {
  const { threads, precision = "fp32" } = options;
  const found = await describeLibrary();
  if (precision === "bf16" && !found.hasBf16) {
    throw new ResourceError(
      "PROCESSOR_UNSUPPORTED",
      `Cannot compute in bf16: expected a processor with AVX512_BF16 or AMX, got one with ${found.instructions}`,
    );
  }
  const spoken = threads === undefined ? "" : `, ${threads} threads`;
  return new ThreadExecutor({
    name: "onednn",
    description: `oneDNN ${found.version} (${found.instructions}, ${precision}${spoken})`,
    memory,
    module: new URL("./worker.js", import.meta.url),
    // OpenMP would take every core of the machine, also in a container that has a few of them.
    workerData: { threads: threads ?? availableParallelism(), precision },
  });
}
