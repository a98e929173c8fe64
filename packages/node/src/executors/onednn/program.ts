/**
 * @file A graph in primitives, for inputs of one shape, over the weights of a store.
 */
import { GraphError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { NumberType } from "./api/api.js";
import type { Handles } from "./api/handles.js";
import { Site } from "./lowerings/lowering.js";
import { lowerings } from "./lowerings/lowerings.js";
import type { Copy, Store } from "./memory/store.js";
import type { Recorded, Timing } from "./recorded.js";
import { Recorder } from "./recorder.js";
import type { Placed, Runtime } from "./runtime.js";

/** A graph in primitives, for inputs of one shape. */
export class Program {
  readonly #handles: Handles;
  readonly #recorded: Recorded;
  readonly #inputs: ReadonlyMap<string, Placed>;
  readonly #outputs: ReadonlyMap<string, { readonly value: Value; readonly placed: Placed }>;
  readonly #copies: ReadonlySet<Copy>;

  constructor(
    runtime: Runtime,
    store: Store,
    graph: Graph,
    type: NumberType,
    assign?: ReadonlyMap<string, string>,
  ) {
    this.#handles = runtime.handles();
    try {
      using recorder = new Recorder(runtime, this.#handles);
      const targets = assign && new Map<Value, Placed>();
      for (const [output, variable] of assign ?? []) {
        const value = graph.outputs.get(output) as Value;
        const plain = recorder.api.layout(value.shape.length ? value.shape : [1], "f32", "plain");
        targets?.set(value, store.master(variable, plain));
      }
      const site = new Site(recorder, store, graph, type, targets);
      const inputs = new Map<string, Placed>();
      for (const input of graph.inputs) {
        const placed = recorder.slot(site.layout(input.shape, "f32"));
        recorder.touch(placed, -1);
        site.bind(input, placed);
        inputs.set(input.name, placed);
      }
      site.lower(lowerings);
      const outputs = new Map<string, { value: Value; placed: Placed }>();
      for (const [name, value] of graph.outputs) {
        if (assign?.has(name)) continue;
        const placed = site.request(value, site.layout(value.shape, "f32"));
        recorder.touch(placed, Number.POSITIVE_INFINITY);
        outputs.set(name, { value, placed });
      }
      this.#inputs = inputs;
      this.#outputs = outputs;
      this.#copies = site.copies;
      this.#recorded = recorder.finish();
    } catch (error) {
      this.#handles[Symbol.dispose]();
      throw error;
    }
  }

  run(inputs: Tensors): Map<string, Tensor> {
    this.#prepare(inputs);
    this.#recorded.run();
    return this.#results();
  }

  /** Runs once and gives the milliseconds of each primitive. */
  profile(inputs: Tensors): Timing[] {
    this.#prepare(inputs);
    return this.#recorded.profile();
  }

  dispose(): void {
    this.#handles[Symbol.dispose]();
  }

  #prepare(inputs: Tensors): void {
    for (const copy of this.#copies) copy.refresh();
    for (const [name, placed] of this.#inputs) {
      const given = inputs.get(name);
      if (!given)
        throw new GraphError("TENSOR_MISSING", `Cannot run: no tensor is given for "${name}"`);
      const numbers = this.#recorded.floats(placed);
      numbers.set(given.data.subarray(0, numbers.length));
    }
  }

  #results(): Map<string, Tensor> {
    return new Map(
      [...this.#outputs].map(([name, { value, placed }]) => {
        const numbers = this.#recorded.floats(placed);
        return [name, tensor(value.shape, numbers.slice(0, sizeOf(value.shape)))];
      }),
    );
  }
}
