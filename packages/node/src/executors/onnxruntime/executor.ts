/**
 * @file The executor on ONNX Runtime, which computes in a thread: see `worker.ts`.
 */
import type {
  Executor,
  ExecutorOptions,
} from "@inception-resnet-v2/core/internal/executors/executor.js";
import { ThreadExecutor } from "../thread/executor.js";
import { memory } from "./memory.js";
import { loadOrt, type OrtBuild, ortStackMb, type SessionOptions } from "./session.js";

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
    memory,
    module: new URL("./worker.js", import.meta.url),
    workerData,
    stackSizeMb: ortStackMb,
  });
}
