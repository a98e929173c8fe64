/**
 * @file Builds a program: descriptors while it is recorded, places and memory when it is done.
 */
import type { Api, Layout, PostOp } from "./api/api.js";
import { Descriptor } from "./api/descriptor.js";
import { Handles } from "./api/handles.js";
import { planArena, type Slot } from "./memory/arena.js";
import { type Command, Recorded } from "./recorded.js";
import { args, type Placed, type Runtime } from "./runtime.js";

const userScratchpad = 1; // dnnl_scratchpad_mode_user

/** A primitive with the layout of its scratchpad. */
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
  /** The node of the graph that commands are added for, for profiles. */
  node = "";

  constructor(runtime: Runtime, handles: Handles) {
    this.runtime = runtime;
    this.#handles = handles;
    this.#building = new Handles(runtime.library);
    this.api = runtime.api(handles);
  }

  /** Room in the arena for a tensor of a layout. */
  slot(layout: Layout): Placed & { readonly place: Slot } {
    const place: Slot = {
      bytes: layout.bytes,
      first: Number.POSITIVE_INFINITY,
      last: -1,
      offset: 0,
    };
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
    const list = this.#building.own(
      library.create("dnnl_post_ops_create"),
      "dnnl_post_ops_destroy",
    );
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
    this.#commands.push({ kind: "primitive", name, of: this.node, primitive, given: all });
  }

  /** Adds a step in JavaScript that reads and writes these tensors. */
  host(touched: readonly Placed[], run: (program: Recorded) => void): void {
    for (const placed of touched) this.touch(placed);
    this.#commands.push({ kind: "host", run });
  }

  /** Keeps a tensor until the command that comes next. */
  touch({ place }: Placed, at = this.#commands.length): void {
    if ("address" in place) return;
    const slot = "within" in place ? place.within : place;
    slot.first = Math.min(slot.first, at);
    slot.last = Math.max(slot.last, at);
  }

  /** Plans the arena and makes everything ready to run. */
  finish(): Recorded {
    this.#building[Symbol.dispose]();
    const bytes = planArena(this.#slots);
    const arena = this.#handles.allocate(bytes);
    return new Recorded(this.runtime, this.#handles, this.#commands, arena);
  }

  /** Drops what was recorded. */
  [Symbol.dispose](): void {
    this.#building[Symbol.dispose]();
  }
}
