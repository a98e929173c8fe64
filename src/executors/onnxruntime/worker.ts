/**
 * @file The thread that owns ONNX Runtime: passes, lowering, sessions and runs happen here.
 *
 * `run` of ONNX Runtime holds its thread while it computes, so that thread must not be the caller's.
 */
import { MessageChannel, parentPort, workerData } from "node:worker_threads";
import { packError, ResourceError } from "../../errors.js";
import { forInference } from "../../graph/passes/for-inference.js";
import type { Reply, Request } from "./executor.js";
import { OrtSession, type SessionOptions } from "./session.js";
import { toOnnx } from "./to-onnx.js";
import { OrtTraining } from "./training.js";

const options = workerData as SessionOptions;
const sessions = new Map<number, OrtSession>();
const trainings = new Map<number, OrtTraining>();
let pending: Promise<void> = Promise.resolve();

parentPort?.on("message", (request: Request) => {
  pending = pending.then(() => answer(request));
});

async function answer(request: Request): Promise<void> {
  const reply: Reply = { id: request.id };
  try {
    switch (request.kind) {
      case "compile":
        sessions.set(request.id, await compile(request));
        break;
      case "run":
        reply.outputs = await session(request.program).run(request.inputs, request.outputs);
        break;
      case "release":
        await (sessions.get(request.program) ?? training(request.program)).release();
        sessions.delete(request.program);
        trainings.delete(request.program);
        break;
      case "close":
        break;
      case "compileTraining":
        trainings.set(request.id, await OrtTraining.create(request, options));
        break;
      case "step":
        reply.outputs = await training(request.program).run(request.step, request.inputs);
        break;
      case "read":
        reply.outputs = training(request.program).read(request.names);
        break;
      case "write":
        training(request.program).write(request.variables);
        break;
    }
  } catch (error) {
    reply.error = packError(explain(error));
  }
  const results = [...(reply.outputs?.values() ?? [])];
  const buffers = new Set(results.map(({ data }) => data.buffer as ArrayBuffer)); // two may share one
  parentPort?.postMessage(reply, [...buffers]);
}

async function compile(request: Request & { kind: "compile" }): Promise<OrtSession> {
  const { graph, parameters, consume } = request;
  const model = forInference({ graph, parameters }, { inPlace: consume });
  const session = await OrtSession.create(toOnnx(model.graph, model.parameters), options);
  if (consume) free(new Set([...parameters.values()].map(({ data }) => data.buffer)));
  return session;
}

/**
 * Frees buffers now, not when the garbage collector comes by: the weights are a third of all memory.
 * A message to a closed port is dropped, with what was transferred to it.
 */
function free(buffers: ReadonlySet<ArrayBufferLike>): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  for (const buffer of buffers) {
    if (buffer instanceof ArrayBuffer) port1.postMessage(undefined, [buffer]);
  }
  port1.close();
}

function session(program: number): OrtSession {
  const found = sessions.get(program);
  if (!found) throw new Error(`program ${program} was disposed of`);
  return found;
}

function training(program: number): OrtTraining {
  const found = trainings.get(program);
  if (!found) throw new Error(`program ${program} was disposed of`);
  return found;
}

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
