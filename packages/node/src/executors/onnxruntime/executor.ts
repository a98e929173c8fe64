/**
 * @file The executor on ONNX Runtime, which computes in a thread: see `worker.ts`.
 */
import type {
  Executor,
  ExecutorOptions,
} from "@inception-resnet-v2/core/internal/executors/executor.js";
import { ThreadExecutor } from "../thread/executor.js";
import { loadOrt, type OrtBuild, type SessionOptions } from "./session.js";

/**
 * ONNX Runtime matches the command line of the process against regular expressions, and libstdc++'s
 * matcher recurses once a character: a few hundred file names overflow the usual 4 MiB. Memory is
 * taken only as the stack grows.
 */
const stackSizeMb = 256;

/** An executor on one build of ONNX Runtime; throws `ResourceError` when that cannot be loaded. */
export async function createOnnxRuntimeExecutor(
  build: OrtBuild,
  options: ExecutorOptions = {},
): Promise<Executor> {
  const { env } = await loadOrt(build);
  const version = env.versions[build === "native" ? "node" : "web"] ?? env.versions["common"];
  const threads = options.threads === undefined ? "" : `, ${options.threads} threads`;
  const workerData: SessionOptions = { build, threads: options.threads };
  return new ThreadExecutor({
    name: build === "native" ? "onnxruntime" : "wasm",
    description: `ONNX Runtime ${version} (${build}${threads})`,
    module: new URL("./worker.js", import.meta.url),
    workerData,
    stackSizeMb,
  });
}
