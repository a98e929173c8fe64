/**
 * @file Training steps on ONNX Runtime, and the variables that they share.
 *
 * A step with products is a session; a step of optimiser ops alone is loops over the variables. Both
 * write their results over the variables: sessions are given the buffers of their outputs beforehand,
 * which is safe because an output that overwrites a variable is computed element by element from it,
 * after every other use of it in the step.
 */
import { GraphError } from "@inception-resnet-v2/core/internal/errors.js";
import type { TrainingStep } from "@inception-resnet-v2/core/internal/executors/executor.js";
import { toTrainingOnnx } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { createVariable, OrtSession, type SessionOptions, type Variable } from "./session.js";
import { isUpdate, runUpdate } from "./update-loops.js";

interface CompiledStep {
  run(inputs: Tensors): Promise<Map<string, Tensor>>;
  release(): Promise<void>;
}

type Kept = Variable & { readonly shape: readonly number[] };

async function compileStep(
  { graph, assign }: TrainingStep,
  find: (name: string) => Variable,
  options: SessionOptions,
): Promise<CompiledStep> {
  if (isUpdate(graph)) {
    const data = (name: string) => find(name).data;
    return {
      run: async (inputs) => runUpdate(graph, assign, data, inputs),
      release: async () => {},
    };
  }
  // The passes of ONNX Runtime take longer than linear time in the size of the graph (half a minute
  // for this one) and find nothing to fuse in it.
  const settings = { ...options, optimize: false, memoryPattern: false };
  const session = await OrtSession.create(toTrainingOnnx(graph), settings);
  const feeds = new Map(graph.parameters.map(({ name }) => [name, find(name)]));
  const into = new Map([...assign].map(([output, name]) => [output, find(name)]));
  return {
    run: (inputs) => session.runInto(inputs, feeds, into),
    release: () => session.release(),
  };
}

/** Compiled steps with their variables, on the thread that owns ONNX Runtime. */
export class OrtTraining {
  readonly #steps: readonly CompiledStep[];
  readonly #variables: ReadonlyMap<string, Kept>;

  private constructor(steps: readonly CompiledStep[], variables: ReadonlyMap<string, Kept>) {
    this.#steps = steps;
    this.#variables = variables;
  }

  /** Creates a session for each step; the variables are changed where they are from now on. */
  static async create(
    { steps, variables }: { readonly steps: readonly TrainingStep[]; readonly variables: Tensors },
    options: SessionOptions,
  ): Promise<OrtTraining> {
    const own = new Map<string, Kept>();
    const taken = new Set<Float32Array>();
    for (const [name, { shape, data }] of variables) {
      // An average begins as the very array of its parameter.
      const value = { shape, data: taken.has(data) ? data.slice() : data };
      taken.add(value.data);
      own.set(name, { ...(await createVariable(value, options)), shape });
    }
    const find = (name: string): Variable => {
      const found = own.get(name);
      if (found) return found;
      throw new GraphError("TENSOR_MISSING", `Cannot train: no value is given for "${name}"`);
    };
    const compiled: CompiledStep[] = [];
    for (const step of steps) compiled.push(await compileStep(step, find, options));
    return new OrtTraining(compiled, own);
  }

  run(step: number, inputs: Tensors): Promise<Map<string, Tensor>> {
    return (this.#steps[step] as CompiledStep).run(inputs);
  }

  read(names: readonly string[]): Map<string, Tensor> {
    return new Map(
      names.map((name) => {
        const found = this.#variables.get(name);
        if (found) return [name, { shape: found.shape, data: found.data.slice() }];
        throw new GraphError("TENSOR_MISSING", `Cannot read: no variable is called "${name}"`);
      }),
    );
  }

  write(changed: Tensors): void {
    for (const [name, { data }] of changed) this.#variables.get(name)?.data.set(data);
  }

  async release(): Promise<void> {
    for (const step of this.#steps) await step.release();
  }
}
