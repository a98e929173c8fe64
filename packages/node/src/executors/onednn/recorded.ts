/**
 * @file A finished program: primitives on tensors whose places are known, one after the other.
 */
import type { Handles } from "./api/handles.js";
import { type Placed, packArguments, type Runtime } from "./runtime.js";

/** One thing that a program does, for a node of a graph. */
export type Command =
  | {
      readonly kind: "primitive";
      readonly name: string;
      readonly of: string;
      readonly primitive: bigint;
      readonly given: readonly (readonly [number, Placed])[];
    }
  | { readonly kind: "host"; readonly run: (program: Recorded) => void };

/** How long a primitive took, and for which node of the graph it runs. */
export interface Timing {
  readonly name: string;
  readonly of: string;
  readonly ms: number;
}

/** A finished program. */
export class Recorded {
  readonly #runtime: Runtime;
  readonly #steps: readonly (() => void)[];
  readonly #names: readonly { readonly name: string; readonly of: string }[];
  readonly #arena: bigint;
  readonly #views = new Map<Placed, Float32Array>();

  constructor(runtime: Runtime, handles: Handles, commands: readonly Command[], arena: bigint) {
    this.#runtime = runtime;
    this.#arena = arena;
    const known = new Map<Placed, bigint>();
    const memoryOf = (placed: Placed): bigint => {
      const found =
        known.get(placed) ?? runtime.memory(handles, placed.layout, this.address(placed));
      known.set(placed, found);
      return found;
    };
    this.#names = commands.map((one) =>
      one.kind === "host" ? { name: "host", of: "" } : { name: one.name, of: one.of },
    );
    this.#steps = commands.map((command) => {
      if (command.kind === "host") return () => command.run(this);
      const packed = packArguments(
        command.given.map(([argument, placed]) => [argument, memoryOf(placed)]),
      );
      return () => runtime.execute(command.primitive, packed);
    });
  }

  /** Where a tensor lies. */
  address({ place }: Placed): bigint {
    if ("address" in place) return place.address;
    const offset = "within" in place ? place.within.offset + place.from : place.offset;
    return this.#arena + BigInt(offset);
  }

  /** The numbers of a tensor in a plain layout, where they are. */
  floats(placed: Placed): Float32Array {
    const { bytes } = placed.layout;
    const found =
      this.#views.get(placed) ??
      new Float32Array(this.#runtime.library.view(this.address(placed), bytes));
    this.#views.set(placed, found);
    return found;
  }

  run(): void {
    for (const step of this.#steps) step();
    this.#runtime.wait();
  }

  /** Runs once and gives the milliseconds of each command, for profiles. */
  profile(): Timing[] {
    return this.#steps.map((step, at) => {
      const start = performance.now();
      step();
      this.#runtime.wait();
      return { name: "", of: "", ...this.#names[at], ms: performance.now() - start };
    });
  }
}
