/**
 * @file Chooses an executor by name; each one is imported only when it is asked for.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type {
  Executor,
  ExecutorOptions,
} from "@inception-resnet-v2/core/internal/executors/executor.js";

/** The engines that can be named. `auto` is the fastest that works here. */
export const engineNames = ["auto", "onednn", "onnxruntime", "wasm", "reference"] as const;

/** Name of an engine. */
export type EngineName = (typeof engineNames)[number];

/** Whether a text names an engine. */
export function isEngineName(name: string): name is EngineName {
  return (engineNames as readonly string[]).includes(name);
}

/**
 * Makes an executor. `auto` takes oneDNN where it is installed and faster on the processor, else ONNX
 * Runtime's native build and, where that cannot be loaded, its WebAssembly build. Throws `UsageError`
 * on an unknown name, `ResourceError` on a missing engine or one that has not the precision.
 */
export async function createExecutor(
  name: EngineName = "auto",
  options: ExecutorOptions = {},
): Promise<Executor> {
  switch (name) {
    case "reference": {
      requireFp32(name, options);
      const { createReferenceExecutor } = await import(
        "@inception-resnet-v2/core/internal/executors/reference/executor.js"
      );
      return createReferenceExecutor();
    }
    case "onednn": {
      const { createOneDnnExecutor } = await import("./onednn/executor.js");
      return createOneDnnExecutor(options);
    }
    case "onnxruntime":
    case "wasm": {
      requireFp32(name, options);
      const { createOnnxRuntimeExecutor } = await import("./onnxruntime/executor.js");
      return createOnnxRuntimeExecutor(name === "wasm" ? "wasm" : "native", options);
    }
    case "auto":
      return createExecutor(await chooseEngine(options), options);
    default:
      throw new UsageError(
        "ENGINE_UNKNOWN",
        `Unknown engine "${name}": expected one of ${engineNames.join(", ")}`,
      );
  }
}

/** The engine that `auto` stands for here. */
export async function chooseEngine({
  precision = "fp32",
}: ExecutorOptions = {}): Promise<Exclude<EngineName, "auto">> {
  if (precision === "bf16") return "onednn"; // the only one that has it
  const { isOneDnnFaster } = await import("./onednn/api/find-library.js");
  if (await isOneDnnFaster()) return "onednn";
  const { loadOrt } = await import("./onnxruntime/session.js");
  return loadOrt("native").then(
    () => "onnxruntime" as const,
    () => "wasm" as const,
  );
}

function requireFp32(engine: EngineName, { precision = "fp32" }: ExecutorOptions): void {
  if (precision === "fp32") return;
  throw new UsageError(
    "PRECISION_UNSUPPORTED",
    `Cannot compute in ${precision} on "${engine}": expected engine "onednn", the only one that has it`,
  );
}
