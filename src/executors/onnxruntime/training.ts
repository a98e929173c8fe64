/**
 * @file Training steps on ONNX Runtime: a session for each, and the variables that they share.
 *
 * A step reads its variables where they are and writes its results over them: outputs are given
 * their buffers beforehand. That is safe because an output that overwrites a variable is computed
 * element by element from it, after every other use of it in the step (see `optimizer-ops.ts`).
 */
import { GraphError } from "../../errors.js";
import type { Tensor, Tensors } from "../../tensor/tensor.js";
import type { TrainingStep } from "../executor.js";
import { OrtSession, type SessionOptions, type Variable } from "./session.js";
import { toTrainingOnnx } from "./to-onnx.js";

interface CompiledStep {
  readonly session: OrtSession;
  readonly feeds: ReadonlyMap<string, Variable>;
  readonly into: ReadonlyMap<string, Variable>;
}

/** Compiled steps with their variables, on the thread that owns ONNX Runtime. */
export class OrtTraining {
  readonly #steps: readonly CompiledStep[];
  readonly #variables: ReadonlyMap<string, Variable & { readonly shape: readonly number[] }>;

  private constructor(
    steps: readonly CompiledStep[],
    variables: ReadonlyMap<string, Variable & { readonly shape: readonly number[] }>,
  ) {
    this.#steps = steps;
    this.#variables = variables;
  }

  /** Creates a session for each step and copies the variables in. */
  static async create(
    { steps, variables }: { readonly steps: readonly TrainingStep[]; readonly variables: Tensors },
    options: SessionOptions,
  ): Promise<OrtTraining> {
    const sessions: OrtSession[] = [];
    for (const { graph } of steps) {
      sessions.push(await OrtSession.create(toTrainingOnnx(graph), options));
    }
    const [first] = sessions;
    if (!first)
      throw new GraphError("NO_STEP", "Cannot train: expected at least one step, got none");
    const own = new Map(
      [...variables].map(([name, value]) => [
        name,
        { ...first.variable(value), shape: value.shape },
      ]),
    );
    const find = (name: string): Variable => {
      const found = own.get(name);
      if (found) return found;
      throw new GraphError("NO_VARIABLE", `Cannot train: no value is given for "${name}"`);
    };
    const compiled = steps.map(({ graph, assign }, index) => ({
      session: sessions[index] as OrtSession,
      feeds: new Map(graph.parameters.map(({ name }) => [name, find(name)])),
      into: new Map([...assign].map(([output, name]) => [output, find(name)])),
    }));
    return new OrtTraining(compiled, own);
  }

  run(step: number, inputs: Tensors): Promise<Map<string, Tensor>> {
    const { session, feeds, into } = this.#steps[step] as CompiledStep;
    return session.runInto(inputs, feeds, into);
  }

  read(names: readonly string[]): Map<string, Tensor> {
    return new Map(
      names.map((name) => {
        const found = this.#variables.get(name);
        if (found) return [name, { shape: found.shape, data: found.data.slice() }];
        throw new GraphError("NO_VARIABLE", `Cannot read: no variable is called "${name}"`);
      }),
    );
  }

  write(changed: Tensors): void {
    for (const [name, { data }] of changed) this.#variables.get(name)?.data.set(data);
  }

  async release(): Promise<void> {
    for (const { session } of this.#steps) await session.release();
  }
}
