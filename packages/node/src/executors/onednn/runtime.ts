/**
 * @file The library in use: an engine, a stream, tensors at places, and primitives that run on them.
 */
import type { Api, Layout } from "./api/api.js";
import { createApi2 } from "./api/api-2.js";
import { createApi3 } from "./api/api-3.js";
import { openLibrary } from "./api/find-library.js";
import { Handles } from "./api/handles.js";
import type { Library } from "./api/library.js";
import type { Slot } from "./memory/arena.js";

/** Where a tensor lies: in the arena of its program, or at an address that does not move. */
export type Place = Slot | Range | { readonly address: bigint };

/** A part of a piece of the arena, from a byte on. */
export interface Range {
  readonly within: Slot;
  readonly from: number;
}

/** A tensor in a layout at a place. */
export interface Placed {
  readonly layout: Layout;
  readonly place: Place;
}

/** Arguments of a primitive, by oneDNN's `DNNL_ARG_*`. */
export const args = {
  src: 1,
  src1: 2,
  dst: 17,
  weights: 33,
  bias: 41,
  mean: 49,
  variance: 50,
  scale: 51,
  shift: 52,
  workspace: 64,
  scratchpad: 80,
  diffSrc: 129,
  diffDst: 145,
  diffWeights: 161,
  diffBias: 169,
  diffScale: 255,
  diffShift: 256,
  multipleSrc: 1024,
} as const;

const cpu = 1; // dnnl_cpu
const inOrder = 1; // dnnl_stream_in_order
/** An engine of the library with its stream; everything that is made with it ends before it. */
export class Runtime {
  readonly library: Library;
  readonly #handles: Handles;
  readonly #engine: bigint;
  readonly #stream: bigint;
  readonly #major: number;

  private constructor(library: Library) {
    this.library = library;
    this.#major = library.version()[0];
    this.#handles = new Handles(library);
    try {
      const engine = library.create("dnnl_engine_create", cpu, 0);
      this.#engine = this.#handles.own(engine, "dnnl_engine_destroy");
      const stream = library.create("dnnl_stream_create", engine, inOrder);
      this.#stream = this.#handles.own(stream, "dnnl_stream_destroy");
    } catch (error) {
      this.#handles[Symbol.dispose]();
      throw error;
    }
  }

  /** Loads the library and makes an engine. Throws `ResourceError` where there is none. */
  static async open(threads?: number): Promise<Runtime> {
    return new Runtime(await openLibrary(threads));
  }

  /** The library's functions; layouts live as long as the handles. */
  api(handles: Handles): Api {
    return this.#major === 2
      ? createApi2(this.library, this.#engine)
      : createApi3(this.library, this.#engine, handles);
  }

  /** A tensor as the library sees it. */
  memory(handles: Handles, layout: Layout, address: bigint): bigint {
    const memory = this.library.create("dnnl_memory_create", layout.pointer, this.#engine, address);
    return handles.own(memory, "dnnl_memory_destroy");
  }

  /** New handles, to be disposed of before this. */
  handles(): Handles {
    return new Handles(this.library);
  }

  /** Prepares to copy a tensor from one layout and place to another, both with an address. */
  reorder(handles: Handles, from: Placed, to: Placed): () => void {
    const { library } = this;
    const engine = this.#engine;
    const descriptor = library.create(
      "dnnl_reorder_primitive_desc_create",
      from.layout.pointer,
      engine,
      to.layout.pointer,
      engine,
      null,
    );
    handles.own(descriptor, "dnnl_primitive_desc_destroy");
    const made = library.create("dnnl_primitive_create", descriptor);
    const primitive = handles.own(made, "dnnl_primitive_destroy");
    const memory = ({ layout, place }: Placed) =>
      this.memory(handles, layout, (place as { address: bigint }).address);
    const packed = packArguments([
      [args.src, memory(from)],
      [args.dst, memory(to)],
    ]);
    return () => this.execute(primitive, packed);
  }

  /** Runs a primitive on arguments that `packArguments` made. */
  execute(primitive: bigint, packed: BigUint64Array): void {
    this.library.call("dnnl_primitive_execute", primitive, this.#stream, packed.length / 2, packed);
  }

  /** Waits until everything that was started is done. */
  wait(): void {
    this.library.call("dnnl_stream_wait", this.#stream);
  }

  [Symbol.dispose](): void {
    this.#handles[Symbol.dispose]();
  }
}

/** `dnnl_exec_arg_t`: a 32-bit number and, 8 bytes on, a handle. */
export function packArguments(given: readonly (readonly [number, bigint])[]): BigUint64Array {
  const packed = new BigUint64Array(2 * given.length);
  given.forEach(([argument, memory], index) => {
    packed[2 * index] = BigInt(argument);
    packed[2 * index + 1] = memory;
  });
  return packed;
}
