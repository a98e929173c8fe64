/**
 * @file Chooses an executor by name; each one is imported only when it is asked for.
 */
import { UsageError } from "../errors.js";
import type { Executor, ExecutorOptions } from "./executor.js";

/** The engines that can be named. `auto` is the fastest that works here. */
export const engineNames = ["auto", "onednn", "onnxruntime", "wasm", "reference"] as const;

/** Name of an engine. */
export type EngineName = (typeof engineNames)[number];

/** Whether a text names an engine. */
export function isEngineName(name: string): name is EngineName {
  return (engineNames as readonly string[]).includes(name);
}

/**
 * Makes an executor. `auto` takes ONNX Runtime's native build and, where that cannot be loaded, its
 * WebAssembly build. Throws `UsageError` on an unknown name, `ResourceError` on a missing engine.
 */
export async function createExecutor(
  name: EngineName = "auto",
  options: ExecutorOptions = {},
): Promise<Executor> {
  switch (name) {
    case "reference": {
      const { createReferenceExecutor } = await import("./reference/executor.js");
      return createReferenceExecutor();
    }
    case "onednn": {
      const { createOneDnnExecutor } = await import("./onednn/executor.js");
      return createOneDnnExecutor(options);
    }
    case "onnxruntime":
    case "wasm": {
      const { createOnnxRuntimeExecutor } = await import("./onnxruntime/executor.js");
      return createOnnxRuntimeExecutor(name === "wasm" ? "wasm" : "native", options);
    }
    case "auto":
      try {
        return await createExecutor("onnxruntime", options);
      } catch {
        return createExecutor("wasm", options);
      }
    default:
      throw new UsageError(
        "UNKNOWN_ENGINE",
        `Unknown engine "${name}": expected one of ${engineNames.join(", ")}`,
      );
  }
}
