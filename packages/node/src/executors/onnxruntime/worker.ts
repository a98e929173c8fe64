/**
 * @file The thread that owns ONNX Runtime: passes, lowering, sessions and runs happen here.
 */
import { workerData } from "node:worker_threads";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import { toOnnx } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import { serveEngine } from "../thread/serve.js";
import { OrtSession, type SessionOptions } from "./session.js";
import { OrtTraining } from "./training.js";

const options = workerData as SessionOptions;

serveEngine({
  compile: async (graph, parameters, { consume }) => {
    const model = forInference({ graph, parameters }, { inPlace: consume });
    return OrtSession.create(toOnnx(model.graph, model.parameters), options);
  },
  compileTraining: (steps, variables) => OrtTraining.create({ steps, variables }, options),
  dispose: async () => {}, // the sessions were all there is
  explain,
});

/** Recognises running out of memory, which both builds report in words only. */
function explain(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (!/bad_alloc|failed to allocate|out of memory|allocation failed/i.test(message)) return error;
  return new ResourceError(
    "OUT_OF_MEMORY",
    `Cannot run on ONNX Runtime (${options.build}): expected enough memory, got "${message.split("\n")[0]}"`,
    { cause: error },
  );
}
