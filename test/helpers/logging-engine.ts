/**
 * @file The thread of an engine that computes as `reference` does and writes what it is asked into
 * the file that `workerData` names, a line each.
 *
 * A graph called "slow" takes 50 ms to compile, one called "unreleasable" fails to be released; an input called "end" ends the thread.
 */
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { createReferenceExecutor } from "@inception-resnet-v2/core/internal/executors/reference/executor.js";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { serveEngine } from "inception-resnet-v2/internal/executors/thread/serve.js";

const log = (line: string) => appendFileSync(workerData as string, `${line}\n`);
const reference = createReferenceExecutor();

serveEngine({
  compile: async (graph, parameters) => {
    log(`compile ${graph.name}`);
    if (graph.name === "slow") await setTimeout(50);
    const program = await reference.compile(graph, parameters);
    return {
      run: async (inputs, outputs) => {
        if (inputs.has("end")) process.exit();
        await setTimeout(20); // what comes meanwhile has to wait
        log(`run ${graph.name}`);
        return new Map(await program.run(inputs, { outputs }));
      },
      release: async () => {
        log(`release ${graph.name}`);
        for (const [name, { data }] of parameters) log(`${name} has ${data.byteLength} bytes`);
        if (graph.name === "unreleasable") throw new Error("it does not let go");
      },
    };
  },
  compileTraining: async (steps, variables) => {
    log("compile training");
    const training = await reference.compileTraining(steps, variables);
    return {
      run: async (step, inputs) => new Map(await training.run(step, inputs)),
      /** Gives one tensor for all names. */
      read: (names) => {
        const copy = tensor([1], Float32Array.of(7));
        return new Map(names.map((name) => [name, copy]));
      },
      write: (changed) => void training.write(changed),
      release: async () => log("release training"),
    };
  },
  dispose: async () => log("dispose engine"),
  explain: (error) =>
    error instanceof Error && error.message.startsWith("program")
      ? error
      : new ResourceError("OUT_OF_MEMORY", `Cannot go on: ${(error as Error).message}`),
});
