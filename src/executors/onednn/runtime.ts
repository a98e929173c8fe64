/**
 * @file The library in use: an engine and a stream, descriptors with what they chose, and programs
 * that run one primitive after the other.
 */
import type { Api, Layout, PostOp } from "./api.js";
import { createApi2 } from "./api-2.js";
import { createApi3 } from "./api-3.js";
import { planArena, type Slot } from "./arena.js";
import { Handles } from "./handles.js";
import { type Library, openLibrary } from "./library.js";

/** Where a tensor lies: in the arena of its program, or at an address that does not move. */
export type Place = Slot | { readonly address: bigint };

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
const userScratchpad = 1; // dnnl_scratchpad_mode_user
const queries = {
  name: 8, // dnnl_query_impl_info_str
  src: 129,
  diffSrc: 130,
  weights: 131,
  diffWeights: 132,
  dst: 133,
  diffDst: 134,
  workspace: 135,
  scratchpad: 136,
} as const;

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
    const memory = this.library.create(
      "dnnl_memory_create",
      layout.pointer,
      this.#engine,
      address,
    );
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
    this.library.call(
      "dnnl_primitive_execute",
      primitive,
      this.#stream,
      packed.length / 2,
      packed,
    );
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

type Command =
  | {
      readonly kind: "primitive";
      readonly name: string;
      readonly primitive: bigint;
      readonly given: readonly (readonly [number, Placed])[];
    }
  | { readonly kind: "host"; readonly run: (program: Recorded) => void };

/** A primitive with the layout of the room that it works in. */
export interface Prepared {
  readonly primitive: bigint;
  readonly scratchpad: Layout | undefined;
}

/** Builds a program: descriptors while it is recorded, primitives and memory when it is done. */
export class Recorder {
  readonly runtime: Runtime;
  readonly api: Api;
  readonly #handles: Handles;
  /** Descriptors, attributes and layouts of descriptors: gone when the program is finished. */
  readonly #building: Handles;
  readonly #commands: Command[] = [];
  readonly #slots: Slot[] = [];

  constructor(runtime: Runtime, handles: Handles) {
    this.runtime = runtime;
    this.#handles = handles;
    this.#building = new Handles(runtime.library);
    this.api = runtime.api(handles);
  }

  /** Room in the arena for a tensor of a layout. */
  slot(layout: Layout): Placed {
    const place: Slot = { bytes: layout.bytes, first: Number.POSITIVE_INFINITY, last: -1, offset: 0 };
    this.#slots.push(place);
    return { layout, place };
  }

  /** Attributes with post-ops; the scratchpad is ours, in the arena. */
  attributes(postOps: readonly PostOp[] = []): bigint {
    const { library } = this.runtime;
    const made = library.create("dnnl_primitive_attr_create");
    const attributes = this.#building.own(made, "dnnl_primitive_attr_destroy");
    library.call("dnnl_primitive_attr_set_scratchpad_mode", attributes, userScratchpad);
    if (postOps.length === 0) return attributes;
    const list = this.#building.own(library.create("dnnl_post_ops_create"), "dnnl_post_ops_destroy");
    for (const op of postOps) this.api.appendPostOp(list, op);
    library.call("dnnl_primitive_attr_set_post_ops", attributes, list);
    return attributes;
  }

  /** Takes a primitive descriptor of the library. */
  describe(descriptor: bigint): Descriptor {
    this.#building.own(descriptor, "dnnl_primitive_desc_destroy");
    return new Descriptor(this.runtime.library, this.api, descriptor);
  }

  /** Whether two layouts are the same. */
  same(a: Layout, b: Layout): boolean {
    return this.runtime.library.value("dnnl_memory_desc_equal", a.pointer, b.pointer) === 1;
  }

  /** Makes a primitive, which can be added any number of times. */
  prepare(descriptor: Descriptor): Prepared {
    const made = this.runtime.library.create("dnnl_primitive_create", descriptor.handle);
    const primitive = this.#handles.own(made, "dnnl_primitive_destroy");
    return { primitive, scratchpad: descriptor.scratchpad() };
  }

  /** Adds a primitive to the program. */
  add(name: string, prepared: Prepared, given: readonly (readonly [number, Placed])[]): void {
    const { primitive, scratchpad } = prepared;
    const all = scratchpad ? [...given, [args.scratchpad, this.slot(scratchpad)] as const] : given;
    for (const [, placed] of all) this.touch(placed);
    this.#commands.push({ kind: "primitive", name, primitive, given: all });
  }

  /** Adds a step in JavaScript that reads and writes these tensors. */
  host(touched: readonly Placed[], run: (program: Recorded) => void): void {
    for (const placed of touched) this.touch(placed);
    this.#commands.push({ kind: "host", run });
  }

  /** Keeps a tensor until the command that comes next. */
  touch({ place }: Placed, at = this.#commands.length): void {
    if ("address" in place) return;
    place.first = Math.min(place.first, at);
    place.last = Math.max(place.last, at);
  }

  /** Plans the arena and makes everything ready to run. */
  finish(): Recorded {
    this.#building[Symbol.dispose]();
    const bytes = planArena(this.#slots);
    const arena = this.#handles.allocate(bytes);
    return new Recorded(this.runtime, this.#handles, this.#commands, arena, bytes);
  }

  /** Drops what was recorded. */
  [Symbol.dispose](): void {
    this.#building[Symbol.dispose]();
  }
}

/** A primitive that could be made, and what the library chose for it. */
export class Descriptor {
  readonly handle: bigint;
  readonly #library: Library;
  readonly #api: Api;

  constructor(library: Library, api: Api, handle: bigint) {
    this.#library = library;
    this.#api = api;
    this.handle = handle;
  }

  /** The implementation, for example `jit:avx512_core`. */
  get name(): string {
    const found: [string | null] = [null];
    this.#library.call("dnnl_primitive_desc_query", this.handle, queries.name, 0, found);
    return found[0] ?? "";
  }

  /** Whether it is the library's own slow definition of the primitive. */
  get isReference(): boolean {
    return this.name.startsWith("ref");
  }

  /** The layout that was chosen for a tensor of these dimensions. */
  layout(
    of: Exclude<keyof typeof queries, "name">,
    { dims, type }: Pick<Layout, "dims" | "type">,
  ): Layout {
    return this.#api.copyLayout(this.#query(of) as bigint, dims, type);
  }

  /** What a forward primitive leaves for its gradient, where it leaves something. */
  workspace(): Layout | undefined {
    return this.#some("workspace");
  }

  scratchpad(): Layout | undefined {
    return this.#some("scratchpad");
  }

  #some(what: "workspace" | "scratchpad"): Layout | undefined {
    const pointer = this.#query(what);
    if (!pointer) return undefined;
    const layout = this.#api.copyLayout(pointer, [], "f32");
    return layout.bytes > 0 ? layout : undefined;
  }

  #query(what: keyof typeof queries): bigint | null {
    const pointer = this.#library.value(
      "dnnl_primitive_desc_query_md",
      this.handle,
      queries[what],
      0,
    );
    return pointer as bigint | null;
  }
}

/** A finished program. */
export class Recorded {
  readonly #runtime: Runtime;
  readonly #steps: readonly (() => void)[];
  readonly #names: readonly string[];
  readonly #arena: bigint;
  readonly #views = new Map<Placed, Float32Array>();
  /** Bytes of the arena. */
  readonly arenaBytes: number;

  constructor(
    runtime: Runtime,
    handles: Handles,
    commands: readonly Command[],
    arena: bigint,
    arenaBytes: number,
  ) {
    this.#runtime = runtime;
    this.#arena = arena;
    this.arenaBytes = arenaBytes;
    const known = new Map<Placed, bigint>();
    const memoryOf = (placed: Placed): bigint => {
      const found =
        known.get(placed) ?? runtime.memory(handles, placed.layout, this.address(placed));
      known.set(placed, found);
      return found;
    };
    this.#names = commands.map((one) => (one.kind === "host" ? "host" : one.name));
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
    return "address" in place ? place.address : this.#arena + BigInt(place.offset);
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
  profile(): { readonly name: string; readonly ms: number }[] {
    return this.#steps.map((step, at) => {
      const start = performance.now();
      step();
      this.#runtime.wait();
      return { name: this.#names[at] ?? "", ms: performance.now() - start };
    });
  }
}
